import { statSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The settings of a demo, from the environment. */
export interface Settings {
  /** The folder to count, `IPC_DEMO_FOLDER`. Default: this repository. */
  readonly folder: string;
  /** The least time of three workers in seconds, `IPC_DEMO_SECONDS`. Default 4: time to watch. */
  readonly seconds: number;
  /** Seconds without any news after which the demo gives up, `IPC_DEMO_PATIENCE`. Default 30. */
  readonly patience: number;
  /** The fault of one worker, `IPC_DEMO_BREAK`: `hash` or `lose`. Default: nothing. */
  readonly spoil: string | undefined;
}

const repository = fileURLToPath(new URL("../../..", import.meta.url));

/** Read the settings; a folder as the first argument goes before the variable. Throws an `Error` that says what is wrong. */
export function readSettings(environment: NodeJS.ProcessEnv, folder: string | undefined): Settings {
  const spoil = environment["IPC_DEMO_BREAK"] || undefined;
  if (spoil !== undefined && spoil !== "hash" && spoil !== "lose") {
    throw new Error("IPC_DEMO_BREAK is hash or lose.");
  }
  const chosen = resolve(folder || environment["IPC_DEMO_FOLDER"] || repository);
  const stats = statSync(chosen, { throwIfNoEntry: false });
  if (stats?.isDirectory() !== true) throw new Error(`${chosen} is no folder.`);
  return {
    folder: chosen,
    seconds: secondsOf("IPC_DEMO_SECONDS", environment, 4),
    patience: secondsOf("IPC_DEMO_PATIENCE", environment, 30),
    spoil,
  };
}

function secondsOf(variable: string, environment: NodeJS.ProcessEnv, otherwise: number): number {
  const value = Number(environment[variable] || otherwise);
  if (value > 0) return value;
  throw new Error(`${variable} is a number of seconds above 0.`);
}
