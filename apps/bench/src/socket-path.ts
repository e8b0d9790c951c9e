import { basename, join } from "node:path";

/** The address at which a contender listens: a socket in `directory`, or the pipe that stands for it on Windows. */
export function socketPath(directory: string, contender: string): string {
  const file = contender.replaceAll(/[^a-z0-9]+/g, "-");
  return process.platform === "win32"
    ? `\\\\.\\pipe\\${basename(directory)}-${file}`
    : join(directory, `${file}.sock`);
}
