/* oxlint-disable -- plain JavaScript that prints, as users write it */
// failing.mjs <start|connect|listener> <awaited|not> <told|not>: meets a failure and says what it saw of it.
import { IPCClient, IPCServer } from "ipc-eventer";

const [what, awaited, told] = process.argv.slice(2);

process.on("exit", (code) => console.log(`exit ${code}`));

const end =
  what === "start"
    ? new IPCServer("taken", { directory: process.env.TAKEN })
    : new IPCClient("nobody", { directory: process.env.TAKEN });
if (told === "told") end.on("error", (error) => console.log(`error ${error.code}`));

const promise = what === "start" ? end.start() : end.connect();
if (awaited === "awaited") {
  try {
    await promise;
  } catch (error) {
    console.log(`rejected ${error.code}`);
  }
}
