// The smallest client: it connects, emits one event, prints what it reads, and closes.
import { connect } from "node:net";
import { createInterface } from "node:readline";

const socket = connect(process.argv[2] ?? "");
socket.write('{"ipc":[1],"role":"client","mode":"plain"}\n{"hello":{"name":"raw"}}\n');
for await (const line of createInterface({ input: socket })) {
  console.log(line);
  if (line.startsWith('{"welcome":')) {
    socket.write('["greet","hello"]\n{"bye":{"reason":"requested"}}\n');
  }
}
