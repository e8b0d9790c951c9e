import { JobServer } from "./job-server.ts";
import { readSettings } from "./settings.ts";

// The manager's process. It ends when its work is done, when it is told to, and with the process that started it.

const server = new JobServer(readSettings(process.env));
const stop = (): void => void server.stop();

process.once("SIGINT", stop);
process.once("SIGTERM", stop);
process.stdin.once("end", stop).resume().unref();

await server.start();
