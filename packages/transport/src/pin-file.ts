import { closeSync, constants, existsSync, fstatSync, openSync } from "node:fs";
import { posix } from "node:path";
import type { FileFacts } from "./file-operation.ts";
import { seesEverything, toFacts } from "./read-facts.ts";

/** Linux's fcntl.h; node:fs does not name it. Holds on to a file without opening it: a socket cannot be opened. */
const O_PATH = 0o10000000;

/** Where Linux names what a process holds: a path of this kind means that very file. */
const DESCRIPTORS = "/proc/self/fd";

/** A file that stays the same whatever becomes of its name, until it is closed. */
export interface PinnedFile {
  readonly facts: FileFacts;
  /** Leads to the file itself. */
  readonly path: string;
  close(): void;
}

let able: boolean | undefined;

/** Whether this system and this runtime can hold on to files: on Linux, with /proc. */
export function canPin(): boolean {
  able ??= process.platform === "linux" && seesEverything() && tryPinning();
  return able;
}

/** Other runtimes may not know the flag, or not give access to /proc. */
function tryPinning(): boolean {
  try {
    const root = pin("/", constants.O_DIRECTORY);
    const found = existsSync(`${root.path}/proc`);
    root.close();
    return found;
  } catch {
    return false;
  }
}

/** Hold on to a directory; a symlink is followed. Throws the system's errors. */
export function pinDirectory(path: string): PinnedFile {
  return pin(path, constants.O_DIRECTORY);
}

/** Hold on to a directory's entry of a path's last name, a symlink itself included. Throws the system's errors. */
export function pinSocket(directory: PinnedFile, path: string): PinnedFile {
  return pin(posix.join(directory.path, posix.basename(path)), constants.O_NOFOLLOW);
}

function pin(path: string, flags: number): PinnedFile {
  const descriptor = openSync(path, O_PATH | flags);
  try {
    return {
      facts: toFacts(fstatSync(descriptor)),
      path: `${DESCRIPTORS}/${descriptor}`,
      close: () => closeSync(descriptor),
    };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}
