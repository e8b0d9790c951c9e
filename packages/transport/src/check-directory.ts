import type { FileFacts } from "./file-operation.ts";
import type { Place } from "./resolve-endpoint.ts";
import { TransportError } from "./transport-error.ts";

/** Bits that let anybody but the owner use a directory, and those that let them change it. */
const OTHERS_MAY_USE = 0o077;
const OTHERS_MAY_WRITE = 0o022;
/** In a sticky directory only a file's owner may rename or remove it. */
const STICKY = 0o1000;

/**
 * Refuse a directory in which somebody else could replace a socket, with `IPC_DIRECTORY_REFUSED`.
 *
 * A directory of ours must be private: our own, no symlink, no bits for group or others. A chosen
 * one, and the parent of an absolute path, may be open for others to read, as a daemon for several
 * users needs, but belongs to one of `owners` and is writable for its owner alone, or sticky as
 * /tmp is.
 */
export function checkDirectory(
  facts: FileFacts,
  { directory, origin }: Place,
  uid: number,
  owners: readonly number[],
): void {
  const problem =
    origin === "default" ? privacyProblem(facts, uid) : writabilityProblem(facts, owners);
  if (problem === undefined) return;
  throw new TransportError(
    "IPC_DIRECTORY_REFUSED",
    directory,
    `The directory ${directory} ${problem}, or choose another with \`directory\` or IPC_EVENTER_DIR.`,
  );
}

function privacyProblem(facts: FileFacts, uid: number): string | undefined {
  if (facts.type !== "directory") return "is no directory. Remove what is there";
  if (facts.uid !== uid) return `belongs to user ${facts.uid}. Remove it`;
  if ((facts.mode & OTHERS_MAY_USE) !== 0) return `is open to others. Make it private (chmod 700)`;
  return undefined;
}

function writabilityProblem(facts: FileFacts, owners: readonly number[]): string | undefined {
  if (facts.type !== "directory") return "is no directory. Remove what is there";
  if (!owners.includes(facts.uid)) return `belongs to user ${facts.uid}. Use one of your own`;
  if ((facts.mode & OTHERS_MAY_WRITE) !== 0 && (facts.mode & STICKY) === 0) {
    return "may be written by others. Take that permission away (chmod go-w)";
  }
  return undefined;
}
