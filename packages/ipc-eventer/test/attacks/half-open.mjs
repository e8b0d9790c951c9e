/* oxlint-disable -- plain JavaScript in a process of its own */
// Opens connections and says nothing on them: node half-open.mjs <address> <count>
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

const [address, count] = process.argv.slice(2);
const result = { opened: 0, ended: 0 };

/** Resolves with the error's code, if there was one. */
function open() {
  return new Promise((resolve) => {
    // With half of it open the socket stays when the server has ended its side.
    const socket = connect({ path: address, allowHalfOpen: true });
    socket.on("connect", () => resolve());
    socket.on("error", ({ code }) => resolve(code));
    socket.on("end", () => result.ended++);
    socket.on("data", () => undefined);
  });
}

while (result.opened < Number(count)) {
  const code = await open();
  if (code === undefined) result.opened++;
  else if (code === "EAGAIN") await wait(1);
  else throw new Error(`${code} after ${result.opened} connections`);
}
process.on("message", () => process.send(result));
process.send(result);
