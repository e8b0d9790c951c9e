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
}

/** Tells an application of an error; `socket` is the one that it is about, if there is one. */
export type Tell = (error: Error, socket: AnySocket | undefined) => void;

/**
 * Sums up the errors that peers can cause, so that none of them can fill a log: of each kind the
 * first is told at once, and all more of the same second together at its end, with the last of them.
 *
 * A socket with listeners of its own for `error` has a sum of its own.
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
    const kinds = this.#kindsOf(socket);
    const kind = `${codeOf(error)} ${"blame" in error ? String(error.blame) : ""} ${byPeer}`;
    const alike = kinds.get(kind);
    if (alike !== undefined) {
      alike.error = error;
      alike.socket = socket;
      alike.count += 1;
      return;
    }
    // One of a crowd is no news: how many there were is.
    const isCrowd = isOfCrowd(error);
    kinds.set(kind, { error, socket, count: isCrowd ? 1 : 0 });
    if (!isCrowd) this.#tell(error, socket);
  }

  /** Tell now of those that were not told yet. */
  flush(): void {
    realTime.clearTimeout(this.#timer);
    this.#timer = undefined;
    const sums = [...this.#kinds.values()];
    this.#kinds.clear();
    for (const kinds of sums) {
      for (const alike of kinds.values()) {
        if (alike.count > 0) this.#tell(summaryOf(alike), alike.socket);
      }
    }
  }

  #kindsOf(socket: AnySocket | undefined): Map<string, Alike> {
    const key = socket !== undefined && socket.listenerCount("error") > 0 ? socket : undefined;
    const known = this.#kinds.get(key);
    if (known !== undefined) return known;
    const kinds = new Map<string, Alike>();
    this.#kinds.set(key, kinds);
    return kinds;
  }
}

function flush(digest: ErrorDigest): void {
  digest.flush();
}

function isOfCrowd(error: Error): boolean {
  return codeOf(error) === "IPC_TOO_MANY_HANDSHAKES";
}

/** An error of the same code that stands for all, the last of which is its cause if that has none. */
function summaryOf({ error, count }: Alike): Error {
  const text = isOfCrowd(error)
    ? `${count === 1 ? "1 connection was" : `${count} connections were`} turned away within a second, because as many were not accepted yet as are kept at once. Find out which programs connect.`
    : `${count === 1 ? "1 more error" : `${count} more errors`} with the code ${codeOf(error)} within a second. The last of them: ${error.message}`;
  const { cause = isOfCrowd(error) ? undefined : error } = error;
  if (error instanceof ProtocolError) {
    return new ProtocolError(error.code, error.blame, text, { context: { count }, cause });
  }
  // An error of the layers below: their classes have sentences of their own.
  const { name } = error;
  const blame = "blame" in error ? error.blame : undefined;
  const summary = Object.assign(new Error(text, { cause }), { code: codeOf(error), blame });
  return Object.assign(summary, { name, context: { count } });
}
