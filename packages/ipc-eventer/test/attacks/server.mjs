/* oxlint-disable -- plain JavaScript in a process of its own */
// A server in a process of its own that measures itself: node server.mjs <directory> [password]
import { monitorEventLoopDelay } from "node:perf_hooks";
import { IPCServer } from "ipc-eventer";

const [directory, password] = process.argv.slice(2);
const server = new IPCServer("vault", { directory, ...(password && { password }) });
const codes = {};
let errors = 0;
server.on("error", ({ code, context }) => {
  errors += 1;
  codes[code] = (codes[code] ?? 0) + (context?.count ?? 1);
});
const delay = monitorEventLoopDelay({ resolution: 1 });

/** Milliseconds, memory in MiB. */
function measure() {
  globalThis.gc?.();
  const { rss } = process.memoryUsage();
  return {
    rss: Math.round(rss / 2 ** 20),
    p99: delay.percentile(99) / 1e6,
    max: delay.max / 1e6,
    codes,
    errors,
    cpu: process.cpuUsage().user / 1e3,
  };
}

process.on("message", (message) => {
  if (message === "reset") delay.reset();
  process.send(measure());
});
await server.start();
delay.enable();
process.send({ address: server.address });
