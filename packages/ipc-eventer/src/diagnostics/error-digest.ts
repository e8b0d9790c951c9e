import { ProtocolError } from "@ipc/protocol";
import { realTime } from "@ipc/transport";
import { codeOf } from "../error.ts";
import type { AnySocket } from "../ipc-socket.ts";

/** Milliseconds of which the errors are told together. */
const period = 1_000;

/** Errors that are alike: of one code, and with the same side at fault. */
interface Alike {
  /** The last of them. */
  error: Error;
  socket: AnySocket | undefined;
  /** Those that were not told yet. */
  count: number;
  /** True if they are connections of a crowd that this side turns away. */
  readonly isCrowd: boolean;
}

/** Tells an application of an error. */
export interface Tell {
  /** Tell the listeners of a server or client; `socket` is the one that it is about, if there is one. */
  all(error: Error, socket: AnySocket | undefined): void;
  /** Tell the socket's own listeners. */
  own(error: Error, socket: AnySocket): void;
}

/**
 * Sums up the errors that peers can cause, so that none of them can fill a log: of each kind the
 * first is told at once, and all more of the same second together at its end, with the last of them.
 *
 * The listeners of a socket's own `error` are told in sums of their own; those of the server or client in one for
 * all sockets, since a peer may have as many as it likes.
 */
export class ErrorDigest {
  readonly #tell: Tell;
  readonly #kinds = new Map<AnySocket | undefined, Map<string, Alike>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  /** One more. `byPeer` tells what the peer announced from what this side has found. */
  add(error: Error, socket: AnySocket | undefined, byPeer = false): void {
    this.#timer ??= realTime.setTimeout(flush, period, this).unref();
    const kind = `${codeOf(error)} ${"blame" in error ? String(error.blame) : ""} ${byPeer}`;
    const isCrowd = isOfCrowd(error) && !byPeer;
    if (socket !== undefined && socket.listenerCount("error") > 0) {
      if (this.#isFirst(socket, kind, { error, socket, isCrowd })) this.#tell.own(error, socket);
    }
    if (this.#isFirst(undefined, kind, { error, socket, isCrowd })) this.#tell.all(error, socket);
  }

  /** Tell now of those that were not told yet. */
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

  /** Count an error for those who listen to this socket, or to all; true if it is to be told at once. */
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
    // One of a crowd is no news: how many there were is.
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

/** An error of the same code that stands for all, the last of which is its cause if that has none. */
function summaryOf({ error, count, isCrowd }: Alike): Error {
  const text = isCrowd
    ? `${count === 1 ? "1 connection was" : `${count} connections were`} turned away within a second, because as many were not accepted yet as are kept at once. Find out which programs connect.`
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
