import type { Steps } from "./file-operation.ts";
import { inUse } from "./in-use.ts";
import type { Place } from "./resolve-endpoint.ts";

/**
 * Throw `EADDRINUSE` if a server of ours lives at a place that we would not choose today, such as
 * one in /tmp that was started before /run/user existed: clients must not find two.
 */
export function* findLiving(place: Place, uid: number): Steps<void> {
  const { facts } = yield { kind: "lstat", path: place.path };
  if (facts?.type !== "socket" || facts.uid !== uid) return;
  const answer = yield { kind: "connect", path: place.path };
  if (answer.code !== "ECONNREFUSED" && answer.code !== "ENOENT") throw inUse(place);
}
