import { checkDirectory } from "./check-directory.ts";
import type { Connection } from "./connection.ts";
import { openConnection } from "./open-connection.ts";
import { readDirectoryFacts, readFacts } from "./read-facts.ts";
import { nextTurn } from "./real-time.ts";
import type { Place } from "./resolve-endpoint.ts";
import { systemCode, systemError } from "./system-error.ts";
import { TransportError } from "./transport-error.ts";

/** Who dials, and whose sockets he accepts. */
export interface Caller {
  readonly uid: number;
  /** The user ids that may own the socket. */
  readonly owners: readonly number[];
}

/**
 * Dial the first place that answers. When none does, rejects with the first error that is not
 * `ENOENT`, else with an `ENOENT` that names all places.
 */
export async function dialSocket(
  places: readonly [Place, ...Place[]],
  caller: Caller,
  signal: AbortSignal,
): Promise<Connection> {
  const paths = places.map((place) => place.path).join(" or ");
  let failure: Error | undefined;
  for (const place of places) {
    signal.throwIfAborted();
    try {
      checkPlace(place, caller);
      return await openConnection(place.path, signal);
    } catch (error) {
      signal.throwIfAborted();
      const missing = systemCode(error) === "ENOENT";
      if (failure === undefined || (!missing && systemCode(failure) === "ENOENT")) {
        failure = systemError("dial", missing ? paths : place.path, error);
      }
    }
  }
  // Whoever tries again at once must not keep the event loop from turning: nothing was waited for here.
  await nextTurn();
  throw failure ?? new TransportError("ENOENT", paths, `Cannot dial ${paths}.`);
}

/** Looking before connecting is no race: only an accepted owner may change what the path names. */
function checkPlace(place: Place, caller: Caller): void {
  const { path, directory } = place;
  const owners = [caller.uid, 0, ...caller.owners];
  checkDirectory(readDirectoryFacts(directory, owners), place, caller.uid, owners);
  const facts = readFacts(path);
  if (facts.type !== "socket") {
    throw new TransportError(
      "IPC_NOT_A_SOCKET",
      path,
      `"${path}" is no socket${facts.type === "symlink" ? " but a symlink" : ""}. Dial the socket itself.`,
    );
  }
  if (!caller.owners.includes(facts.uid)) {
    throw new TransportError(
      "IPC_WRONG_OWNER",
      path,
      `"${path}" belongs to user ${facts.uid}. If that is the server you mean, say so with \`owner\`.`,
    );
  }
}
