import { answerRequests } from "./answer.ts";
import { countObjects, startCounting, takeCalls, type FunctionCount } from "./inspect.ts";

// A server of the build whose URL is the first argument, in the directory that is the second.
const [facade = "", directory = ""] = process.argv.slice(2);
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a build of the same entry point
const { IPCServer } = (await import(facade)) as typeof import("ipc-eventer");
const server = new IPCServer("measured", { directory });
let calls: FunctionCount[] = [];
// Functions are counted when they are entered: those that call the listener are among them.
server.on("news", () => {
  calls = takeCalls();
});
await server.start();
startCounting();
answerRequests({ objects: countObjects, reset: takeCalls, heard: () => calls });
