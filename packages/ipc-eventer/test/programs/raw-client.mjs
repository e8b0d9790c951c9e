/* oxlint-disable -- plain JavaScript that prints, as users write it */
// raw-client.mjs <socket path>: a whole client in ten lines, without the library.
import { connect } from "node:net";
import { createInterface } from "node:readline";

const socket = connect(process.argv[2]);
const say = (line) => socket.write(`${JSON.stringify(line)}\n`);
say({ ipc: [1], role: "client", mode: "plain" });
say({ hello: { name: "ten lines" } });
for await (const line of createInterface(socket)) {
  const message = JSON.parse(line);
  if (message.welcome) say(["echo", { text: "hi" }]);
  if (message[0] === "echo") say({ bye: { reason: "requested" } });
  console.log(line);
}
