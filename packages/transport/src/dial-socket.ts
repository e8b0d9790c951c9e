import { checkDirectory, mayLink, othersMayWrite, settlePlace } from "./directory.ts";
import type { Place } from "./endpoint.ts";
import { systemCode, systemError, TransportError } from "./errors.ts";
import {
  type FileFacts,
  pinDirectory,
  type PinnedFile,
  pinSocket,
  readFacts,
  readStamp,
  readTargetFacts,
} from "./file-facts.ts";
import { openConnection } from "./net-connection.ts";
import { nextTurn } from "./real-time.ts";
import type { Connection } from "./transport.ts";

/** The user that dials, and the owners of the sockets that it accepts. */
export interface Caller {
  readonly uid: number;
  /** The user ids that may own the socket. */
  readonly owners: readonly number[];
  /** True if the system lets a process hold on to a file while it checks it and connects to it. */
  readonly pins: boolean;
}

/** The most attempts to dial again a socket that is replaced while it is dialled. */
const MAX_DIAL_ROUNDS = 10;

/**
 * Dial the first place that answers. When none does, rejects with the first error that is not
 * `ENOENT`, else with an `ENOENT` that names all places. A fallback whose directory is refused is no
 * place: another user may have made it.
 */
export async function dialSocket(
  places: readonly [Place, ...Place[]],
  caller: Caller,
  signal: AbortSignal,
): Promise<Connection> {
  const missing: string[] = [];
  let absence: unknown;
  let failure: Error | undefined;
  for (const place of places) {
    signal.throwIfAborted();
    try {
      return await dialPlace(place, caller, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (place !== places[0] && isRefusedDirectory(error)) continue;
      if (systemCode(error) === "ENOENT") {
        missing.push(place.path);
        absence ??= error;
      } else {
        failure ??= systemError("dial", place.path, error);
      }
    }
  }
  // A program that tries again at once must not keep the event loop from turning: nothing was waited for here.
  await nextTurn();
  if (failure !== undefined) throw failure;
  const absent = systemError("dial", missing.join(" or "), absence);
  throw places.length === 1 && isInSharedTmp(places[0]) ? withPrivateTmp(absent) : absent;
}

/** Tells whether the only place is the user's directory in /tmp, of which services can have one of their own. */
function isInSharedTmp({ directory, origin }: Place): boolean {
  return origin === "default" && directory.startsWith("/tmp/") && process.platform === "linux";
}

function withPrivateTmp(absent: Error): Error {
  if (!(absent instanceof TransportError)) return absent;
  const { code, address, message, cause } = absent;
  const hint =
    "A service with a /tmp of its own (PrivateTmp) is found only by a `directory` elsewhere.";
  return new TransportError(code, address, `${message} ${hint}`, cause);
}

function isRefusedDirectory(error: unknown): boolean {
  return error instanceof TransportError && error.code === "IPC_DIRECTORY_REFUSED";
}

async function dialPlace(given: Place, caller: Caller, signal: AbortSignal): Promise<Connection> {
  const owners = [caller.uid, 0, ...caller.owners];
  const { place, isSteady } = settlePlace(given, owners);
  const check = (facts: FileFacts): void => checkDirectory(facts, place, caller.uid, owners);
  const facts = directoryFacts(place, owners);
  check(facts);
  const othersMayAdd = othersMayWrite(facts);
  try {
    if (isSteady && !othersMayAdd) return await dialChecked(place, caller, signal);
    if (caller.pins) return await dialPinned(place, caller, check, signal);
    return await (othersMayAdd ? dialWatched : dialChecked)(place, caller, signal);
  } catch (error) {
    throw systemCode(error) === "ECONNREFUSED" && isMounted(place.path, facts)
      ? staleMount(place.path, error)
      : error;
  }
}

/** Looking before connecting is no race where only an accepted owner may change what the path names. */
async function dialChecked(
  { path }: Place,
  caller: Caller,
  signal: AbortSignal,
): Promise<Connection> {
  checkSocket(readFacts(path), path, caller);
  return openConnection(path, signal);
}

/**
 * Hold on to the directory and to the socket, check what is held, and connect to just that. What
 * the path names meanwhile, or any part of it, does not matter.
 */
async function dialPinned(
  place: Place,
  caller: Caller,
  checkFacts: (facts: FileFacts) => void,
  signal: AbortSignal,
): Promise<Connection> {
  const { path } = place;
  const directory = pinDirectory(place.directory);
  let socket: PinnedFile | undefined;
  try {
    checkFacts(directory.facts);
    socket = pinSocket(directory, path);
    checkSocket(socket.facts, path, caller);
    return await openConnection(socket.path, signal, path);
  } finally {
    socket?.close();
    directory.close();
  }
}

/** Tells whether a socket lies on another file system than its directory. */
function isMounted(path: string, directory: FileFacts): boolean {
  return deviceOf(readFacts(path)) !== deviceOf(directory);
}

function deviceOf({ identity }: FileFacts): string | undefined {
  return identity.split(":")[0];
}

/** The error of a socket file that is mounted by itself: it is another file than a new server's. */
function staleMount(path: string, cause: unknown): TransportError {
  return new TransportError(
    "ECONNREFUSED",
    path,
    `Cannot dial ${path}: the socket is mounted by itself, and its server has ended. Mount its directory instead, so that the socket of the next server appears in it. (ECONNREFUSED)`,
    cause,
  );
}

/**
 * Look, connect, and look again: for systems that cannot hold on to a file. In a sticky directory
 * others can neither remove nor rename a socket that is not theirs, so between two looks that show
 * an accepted owner's, the path can have named another file only if the owner took the first away
 * and then published one. Both change the time of last change that is compared, also where the new
 * file has the number of the old one.
 */
async function dialWatched(place: Place, caller: Caller, signal: AbortSignal): Promise<Connection> {
  for (let round = 0; round < MAX_DIAL_ROUNDS; round++) {
    const before = readStamp(place.path);
    const connection = await dialChecked(place, caller, signal);
    if (hasStamp(place.path, before)) return connection;
    connection.abort();
  }
  throw new TransportError(
    "EAGAIN",
    place.path,
    `Cannot dial ${place.path}: it was replaced ${MAX_DIAL_ROUNDS} times while it was dialled. Try again in a moment. (EAGAIN)`,
  );
}

/** True if a file is still the one that was looked at. */
function hasStamp(path: string, stamp: string): boolean {
  try {
    return readStamp(path) === stamp;
  } catch {
    // It is gone, or may not be read any longer: the next look says why.
    return false;
  }
}

function directoryFacts(place: Place, owners: readonly number[]): FileFacts {
  const facts = readFacts(place.directory);
  const isLink = facts.type === "symlink" && mayLink(facts, place, owners);
  return isLink ? readTargetFacts(place.directory) : facts;
}

function checkSocket(facts: FileFacts, path: string, caller: Caller): void {
  if (facts.type !== "socket") {
    throw new TransportError(
      "IPC_NOT_A_SOCKET",
      path,
      `"${path}" is no socket but a ${facts.type === "other" ? "file" : facts.type}. Give both sides the name or the path of the socket itself.`,
      undefined,
      facts.uid !== caller.uid,
    );
  }
  if (!caller.owners.includes(facts.uid)) {
    throw new TransportError(
      "IPC_WRONG_OWNER",
      path,
      `"${path}" belongs to user ${facts.uid}, and only a socket of user ${caller.owners.join(" or ")} is trusted. If that server is meant, give \`owner: ${facts.uid}\`.`,
      undefined,
      true,
    );
  }
}
