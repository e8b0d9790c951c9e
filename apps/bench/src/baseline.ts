import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** Names the folder to the processes of the contenders. */
const variable = "IPC_EVENTER_BASELINE";

/** The names of the contenders that run another build of ipc-eventer. */
export const baselineNames: readonly string[] = ["baseline", "baseline + password"];

/** The exports of a build of ipc-eventer that are used here. */
export type Library = Pick<typeof import("ipc-eventer"), "IPCClient" | "IPCServer">;

/** Let the contenders of the baseline run the package in this folder. Throws if there is none. */
export function setBaseline(folder: string): void {
  entryOf(folder);
  process.env[variable] = folder;
}

/** Load the build in the folder that was set. */
export async function loadBaseline(): Promise<Library> {
  const folder = process.env[variable];
  if (folder === undefined) throw new Error("No folder of a baseline is given: use --baseline.");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- another build of the same package
  return (await import(pathToFileURL(entryOf(folder)).href)) as Library;
}

/** The file that a program loads which imports the package in a folder. */
function entryOf(folder: string): string {
  return createRequire(join(folder, "package.json")).resolve("ipc-eventer");
}
