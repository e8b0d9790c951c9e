import { IPCClient, IPCServer, RefusedError } from "ipc-eventer";

// A validator of any library that speaks Standard Schema can stand here: z.object(...), v.object(...), type(...)
/** @type {import("ipc-eventer").StandardSchema<string>} */
const shortText = {
  "~standard": {
    version: 1,
    vendor: "by hand",
    validate: (value) =>
      typeof value === "string" && value.length < 20
        ? { value: value.trim() }
        : { issues: [{ message: "a text of less than 20 characters is wanted" }] },
  },
};

const server = new IPCServer("door", { schemas: { say: shortText } });
server.use((socket, { version }) => {
  if (version === undefined) throw new RefusedError("tell your version", { code: "NO_VERSION" });
  socket.data["since"] = version;
});
server.on("say", (text, socket) => console.log(text, "of", socket.data["since"]));
server.on("error", (error) => console.log(error.code, error.cause.message));
await server.start();

await new IPCClient("door").connect().catch((error) => {
  console.log(error.message, error.cause.code);
});

const client = new IPCClient("door", { version: "2.0" });
const socket = await client.connect();
socket.emit("say", "  hello  ");
socket.emit("say", 5);

await client.disconnect();
await server.stop();
