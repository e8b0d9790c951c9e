import { env } from "node:process";
import { Worker } from "./worker.ts";

// A worker's process. It ends when it is sent home, when it is told to, and with the process that started it.

const worker = new Worker({
  endpoint: env["IPC_DEMO_NAME"] ?? "",
  password: env["IPC_DEMO_PASSWORD"] ?? "",
  name: env["IPC_DEMO_WORKER"] ?? "",
  folder: env["IPC_DEMO_FOLDER"] ?? "",
  spoil: env["IPC_DEMO_SPOIL"],
});
const stop = (): void => void worker.stop();

process.once("SIGINT", stop);
process.once("SIGTERM", stop);
process.stdin.once("end", stop).resume().unref();

await worker.start();
