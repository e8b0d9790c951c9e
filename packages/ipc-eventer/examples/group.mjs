import { connectOrServe } from "ipc-eventer";

/**
 * Each of these would be a process of its own.
 * @param {string} name
 */
function join(name) {
  return connectOrServe("group", {
    serve: (server) => server.handle("who serves?", () => name),
    connect: (client) => client.on("error", () => undefined),
  });
}

const first = await join("first");
const second = await join("second");
console.log(first.role, second.role, await second.client?.socket?.invoke("who serves?"));

await first.leave();
while (second.role !== "server") await new Promise((resolve) => setTimeout(resolve, 10));
console.log(first.role, second.role);
await second.leave();
