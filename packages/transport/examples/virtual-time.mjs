import { createMemoryTransport } from "@ipc/transport/testing";

/** @type {(() => void)[]} */
const tasks = [];
const transport = createMemoryTransport({ schedule: (task) => tasks.push(task) });

await transport.listen("anywhere", {
  handleConnection(connection) {
    connection.attach({
      handleChunk: (chunk) => console.log(Buffer.from(chunk).toString()),
      handleDrain() {},
      handleClose: () => console.log("the end"),
    });
  },
  handleError() {},
});
const dialled = transport.dial("anywhere");
tasks.shift()?.();
const connection = await dialled;
connection.send("nothing happens by itself:");
connection.send("each delivery is one task");
connection.close();

let tick = 0;
for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
  tick += 1;
  console.log(`tick ${tick}`);
  task();
}
