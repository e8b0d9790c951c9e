import { posix } from "node:path";
import type { Claim, Starter } from "./claim.ts";
import { systemError, TransportError } from "./errors.ts";
import type { FileFacts } from "./file-facts.ts";
import { inUse } from "./in-use.ts";
import type { Steps } from "./operations.ts";

/** The codes of `link` on file systems that have no hard links, or none for sockets. */
const NO_HARD_LINKS: ReadonlySet<string> = new Set([
  "EINVAL",
  "EMLINK",
  "ENOSYS",
  "ENOTSUP",
  "EOPNOTSUPP",
  "EPERM",
  "EXDEV",
]);

/**
 * Step 4: give the socket of an owned claim its public path; replaces a dead socket of ours, or the
 * one whose identity is `former`. Throws when anything else is there.
 */
export function* publishSocket(own: Claim, starter: Starter, former?: string): Steps<Claim> {
  const { place } = own;
  const obstacle = yield* inspectPublicPath(own, starter, former);
  if (obstacle !== undefined) throw obstacle;
  const socket = posix.join(place.claim, own.name);
  const spare = `${socket}p`;
  let { bound } = own;
  let placed = yield { kind: "link", path: socket, to: spare };
  if (placed.code !== undefined && NO_HARD_LINKS.has(placed.code)) {
    // A second socket of the same server serves as well; an earlier one has lost its path.
    if (bound.includes(spare)) yield { kind: "shut", path: spare };
    else bound = [...bound, spare];
    placed = yield { kind: "listen", path: spare };
    if (placed.code === undefined)
      placed = yield { kind: "chmod", path: spare, mode: starter.mode };
  }
  const { facts } = yield { kind: "lstat", path: spare };
  if (placed.code === undefined) placed = yield { kind: "rename", path: spare, to: place.path };
  if (placed.code !== undefined) {
    if (bound.includes(spare)) yield { kind: "shut", path: spare };
    yield { kind: "unlink", path: spare };
    if (placed.code === "EBUSY") throw mounted(place.path, placed.cause);
    throw systemError("listen on", place.path, placed.cause);
  }
  return { ...own, bound, identity: facts?.identity };
}

function* inspectPublicPath(
  own: Claim,
  starter: Starter,
  former?: string,
): Steps<Error | undefined> {
  const { path } = own.place;
  const { facts } = yield { kind: "lstat", path };
  if (facts === undefined || facts.identity === former) return undefined;
  if (!isOwnSocket(facts, starter)) {
    return new TransportError(
      "IPC_NOT_A_SOCKET",
      path,
      `"${path}" is no socket of this user, and is not replaced. Move it away, or choose another name.`,
      undefined,
      facts.uid !== starter.uid,
    );
  }
  const answer = yield { kind: "connect", path };
  const dead = answer.code === "ECONNREFUSED" || answer.code === "ENOENT";
  return dead ? undefined : inUse(own.place);
}

function isOwnSocket(facts: FileFacts, starter: Starter): boolean {
  return facts.type === "socket" && facts.uid === starter.uid;
}

/** The error of a public path that is a mount point, as with `docker run -v /run/app.sock:/run/app.sock`. */
function mounted(path: string, cause: unknown): TransportError {
  return new TransportError(
    "EBUSY",
    path,
    `Cannot listen on ${path}: a file is mounted there, which cannot be replaced. Mount its directory instead of the socket. (EBUSY)`,
    cause,
  );
}
