/* oxlint-disable -- plain JavaScript that prints, as users write it */
import { once } from "node:events";
import { IPCClient, IPCServer } from "ipc-eventer";

const options = { directory: process.env.PLACE };
const server = new IPCServer("debug", options);
await server.start();
const client = new IPCClient("debug", options);
const socket = await client.connect();
socket.emit("secret-free", "payload");
await once(server, "secret-free");
await client.disconnect();
await server.stop();
process.disconnect?.();
