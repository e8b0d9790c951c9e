import { ProtocolError } from "@ipc/protocol";
import { realTime } from "@ipc/transport";

/** Milliseconds whose strangers are told of together. */
const period = 1_000;

/** Strangers that ended alike. */
interface Alike {
  /** What ended the last of them. */
  error: ProtocolError;
  /** Those that were not told of yet. */
  count: number;
}

/**
 * Tells of the connections that a server ended before anybody had come in by them: of each kind the
 * first at once, and those of the same second together. Who floods a server shall not flood its log.
 */
export class TurnedAway {
  readonly #tell: (error: ProtocolError) => void;
  readonly #kinds = new Map<string, Alike>();
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: (error: ProtocolError) => void) {
    this.#tell = tell;
  }

  /** One more was turned away, or has gone itself over an error. */
  add(error: ProtocolError, byPeer: boolean): void {
    this.#timer ??= realTime.setTimeout(flush, period, this).unref();
    const kind = `${error.code} ${byPeer}`;
    const alike = this.#kinds.get(kind);
    if (alike !== undefined) {
      alike.error = error;
      alike.count += 1;
      return;
    }
    // One of a crowd is no news: how many there were is.
    const isCrowd = isOfCrowd(error);
    this.#kinds.set(kind, { error, count: isCrowd ? 1 : 0 });
    if (!isCrowd) this.#tell(error);
  }

  /** Tell now of those that were not told of yet. */
  flush(): void {
    realTime.clearTimeout(this.#timer);
    this.#timer = undefined;
    const kinds = [...this.#kinds.values()];
    this.#kinds.clear();
    for (const alike of kinds) if (alike.count > 0) this.#tell(summary(alike));
  }
}

function flush(turnedAway: TurnedAway): void {
  turnedAway.flush();
}

function isOfCrowd({ code }: ProtocolError): boolean {
  return code === "IPC_TOO_MANY_HANDSHAKES";
}

function summary({ error, count }: Alike): ProtocolError {
  const who = count === 1 ? "1 connection was" : `${count} connections were`;
  const more = count === 1 ? "1 more connection" : `${count} more connections`;
  const text = isOfCrowd(error)
    ? `${who} turned away within a second, because too many had not been accepted at once. Find out who connects.`
    : `${more} ended alike within a second. Of the last: ${error.message}`;
  return new ProtocolError(error.code, error.blame, text, { context: { count } });
}
