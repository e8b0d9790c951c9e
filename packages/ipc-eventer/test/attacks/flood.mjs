/* oxlint-disable -- plain JavaScript in a process of its own */
// Sends prefaces that are not followed up, at a rate: node flood.mjs <address> <per second> <seconds>
import { randomBytes } from "node:crypto";
import { connect } from "node:net";

const [address, perSecond, seconds] = process.argv.slice(2);
const text = () => randomBytes(32).toString("base64");
const interval = 10;
let sent = 0;
const begin = performance.now();
const timer = setInterval(() => {
  const passed = performance.now() - begin;
  if (passed > seconds * 1000) {
    clearInterval(timer);
    process.send({ sent }, () => process.exit());
    return;
  }
  for (; sent < (passed / 1000) * perSecond; sent++) {
    const socket = connect(address);
    socket.on("error", () => undefined);
    socket.on("data", () => undefined);
    const secure = { ipc: [1], role: "client", mode: "secure", random: text(), share: text() };
    socket.write(`${JSON.stringify(secure)}\n`);
  }
}, interval);
process.send({ started: true });
