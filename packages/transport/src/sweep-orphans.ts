import { posix } from "node:path";
import { SWEEPER_MARK } from "./claim-place.ts";
import type { Starter } from "./claim.ts";
import { CLAIM_NAME_LENGTH, type Place } from "./endpoint.ts";
import type { Steps } from "./operations.ts";

/** Milliseconds before a private directory counts as left by a crash: starting takes far less. */
export const ORPHAN_AGE = 60_000;

const ORPHAN = new RegExp(`^\\.([0-9a-f]{${CLAIM_NAME_LENGTH}}${SWEEPER_MARK}?)(x?)$`, "u");

/**
 * Remove the private directories that starters left behind when they crashed. Never fails.
 *
 * An orphan is first renamed to `.<r>x`: should its starter only have slept, it finds its directory
 * gone and begins anew, instead of publishing a directory that is being emptied.
 */
export function* sweepOrphans(place: Place, starter: Starter): Steps<void> {
  const listing = yield { kind: "readdir", path: place.directory };
  for (const file of listing.names ?? []) {
    const match = ORPHAN.exec(file);
    if (match !== null) yield* sweepOne(posix.join(place.directory, file), match, starter);
  }
}

function* sweepOne(directory: string, match: RegExpExecArray, starter: Starter): Steps<void> {
  const [, name = "", marked = ""] = match;
  const { facts } = yield { kind: "lstat", path: directory };
  if (facts?.type !== "directory" || facts.uid !== starter.uid || facts.age < ORPHAN_AGE) return;
  const answer = yield { kind: "connect", path: posix.join(directory, name) };
  if (answer.code !== "ECONNREFUSED" && answer.code !== "ENOENT") return;
  const grave = marked === "" ? `${directory}x` : directory;
  const moved = yield { kind: "rename", path: directory, to: grave };
  if (moved.code !== undefined) return;
  yield { kind: "unlink", path: posix.join(grave, name) };
  yield { kind: "rmdir", path: grave };
}
