import type { IPCSocket } from "ipc-eventer";
import { setImmediate, setTimeout } from "node:timers/promises";
import { answerRequests } from "./answer.ts";
import { countObjects, startCounting, takeCalls, type FunctionCount } from "./inspect.ts";

// Clients of the build whose URL is the first argument, in the directory that is the second.
const [facade = "", directory = ""] = process.argv.slice(2);
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a build of the same entry point
const { IPCClient } = (await import(facade)) as typeof import("ipc-eventer");
const sockets: IPCSocket[] = [];

async function connect(count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    sockets.push(await new IPCClient("measured", { directory }).connect());
  }
}

/** Makes what is made once for all events, and waits until both sides are quiet again. */
async function warmUp(): Promise<void> {
  sockets[0]?.emit("news", { of: "yesterday" });
  await sockets[0]?.flush();
  await setTimeout(300);
  startCounting();
}

/** Returns the functions that an event passes up to the end of its turn of the loop. */
async function emit(): Promise<FunctionCount[]> {
  takeCalls();
  sockets[0]?.emit("news", { of: "today" });
  await setImmediate();
  const calls = takeCalls();
  await sockets[0]?.flush();
  return calls;
}

answerRequests({ connect, objects: countObjects, "warm up": warmUp, emit });
