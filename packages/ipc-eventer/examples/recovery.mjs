import { once } from "node:events";
import { IPCClient, IPCServer } from "ipc-eventer";
import { createFaults, createMemoryTransport } from "ipc-eventer/testing";

// A carrier in memory whose connections can be cut; leave `transport` out for the real one.
const faults = createFaults();
const transport = createMemoryTransport({ faults });

const server = new IPCServer("recovery", { transport });
server.on("line", (line) => console.log(`the server hears ${line}`));
server.on("connect", (socket, { recovered }) => console.log("recovered:", recovered));
await server.start();

const client = new IPCClient("recovery", { transport, reconnect: true });
client.on("lost", ({ unsent, unconfirmed }) => console.log(unsent, unconfirmed));
const socket = await client.connect();
socket.emit("line", 1);
await socket.flush(); // the server's listeners have run

faults.cut();
await once(client, "disconnect");
socket.emit("line", 2); // it is kept, and leaves over the next connection
await once(client, "connect");
await socket.flush();

await client.disconnect();
await server.stop();
