import { ProtocolError } from "@ipc/protocol";
import { realTime } from "@ipc/transport";
import { codeOf } from "../errors.ts";
import type { AnySocket } from "../ipc-socket.ts";

/** Milliseconds whose errors are reported together. */
const period = 1_000;

/** Errors that are alike: of one code, and with the same side at fault. */
interface Alike {
  /** The last of them. */
  error: Error;
  socket: AnySocket | undefined;
  /** The number of errors that were not reported yet. */
  count: number;
  /** True if they are connections that this side refused because there were too many. */
  readonly isCrowd: boolean;
}

/** Reports an error to the application. */
export interface Tell {
  /** Calls the listeners of a server or client; `socket` is the one that the error is about, if there is one. */
  all(error: Error, socket: AnySocket | undefined): void;
  /** Calls the socket's own listeners. */
  own(error: Error, socket: AnySocket): void;
}

/**
 * Sums up the errors that peers can cause, so that peers cannot fill a log: the first of each kind is reported at
 * once, all more of the same second together at its end, with the last of them.
 *
 * Listeners of a socket's `error` get a sum for that socket, those of the server or client one for all sockets, since
 * a peer may have any number of them.
 */
export class ErrorDigest {
  readonly #tell: Tell;
  readonly #kinds = new Map<AnySocket | undefined, Map<string, Alike>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  /** Adds an error. `byPeer` separates errors that the peer has announced from those that this side has found. */
  add(error: Error, socket: AnySocket | undefined, byPeer = false): void {
    this.#timer ??= realTime.setTimeout(flush, period, this).unref();
    const kind = `${codeOf(error)} ${"blame" in error ? String(error.blame) : ""} ${byPeer}`;
    const isCrowd = isOfCrowd(error) && !byPeer;
    if (socket !== undefined && socket.listenerCount("error") > 0) {
      if (this.#isFirst(socket, kind, { error, socket, isCrowd })) this.#tell.own(error, socket);
    }
    if (this.#isFirst(undefined, kind, { error, socket, isCrowd })) this.#tell.all(error, socket);
  }

  /** Reports now the errors that were not reported yet. */
  flush(): void {
    realTime.clearTimeout(this.#timer);
    this.#timer = undefined;
    const sums = [...this.#kinds];
    this.#kinds.clear();
    for (const [listener, kinds] of sums) {
      for (const alike of kinds.values()) {
        if (alike.count === 0) continue;
        if (listener === undefined) this.#tell.all(summaryOf(alike), alike.socket);
        else this.#tell.own(summaryOf(alike), listener);
      }
    }
  }

  /** Counts an error for the listeners of this socket, or of all; true if it is reported at once. */
  #isFirst(
    listener: AnySocket | undefined,
    kind: string,
    { error, socket, isCrowd }: Omit<Alike, "count">,
  ): boolean {
    const kinds = this.#kinds.get(listener) ?? new Map<string, Alike>();
    this.#kinds.set(listener, kinds);
    const alike = kinds.get(kind);
    if (alike !== undefined) {
      alike.error = error;
      alike.socket = socket;
      alike.count += 1;
      return false;
    }
    // Of refused connections only the number is reported.
    kinds.set(kind, { error, socket, isCrowd, count: isCrowd ? 1 : 0 });
    return !isCrowd;
  }
}

function flush(digest: ErrorDigest): void {
  digest.flush();
}

function isOfCrowd(error: Error): boolean {
  return codeOf(error) === "IPC_TOO_MANY_HANDSHAKES";
}

/** Makes the error of the same code that stands for all. Its cause is that of the last one, or the last one itself. */
function summaryOf({ error, count, isCrowd }: Alike): Error {
  const text = isCrowd
    ? `${count === 1 ? "1 connection was" : `${count} connections were`} refused within a second, because the limit of connections that are not accepted yet was reached. Find out which programs connect.`
    : `${count === 1 ? "1 more error" : `${count} more errors`} with the code ${codeOf(error)} within a second. The last of them: ${error.message}`;
  const { cause = isCrowd ? undefined : error } = error;
  if (error instanceof ProtocolError) {
    return new ProtocolError(error.code, error.blame, text, { context: { count }, cause });
  }
  // An error of the layers below: their classes have sentences of their own.
  const { name } = error;
  const blame = "blame" in error ? error.blame : undefined;
  const summary = Object.assign(new Error(text, { cause }), { code: codeOf(error), blame });
  return Object.assign(summary, { name, context: { count } });
}
