// The least that is a client: it introduces itself, emits one event, prints what it hears, and leaves.
import { connect } from "node:net";
import { createInterface } from "node:readline";

const answers = ['{"hello":{"name":"raw"}}', '["greet","hello"]\n{"bye":{"reason":"requested"}}'];
const socket = connect(process.argv[2] ?? "");
socket.write('{"ipc":1,"role":"client","mode":"plain"}\n');
for await (const line of createInterface({ input: socket })) {
  console.log(line);
  const answer = answers.shift();
  if (answer !== undefined) socket.write(`${answer}\n`);
}
