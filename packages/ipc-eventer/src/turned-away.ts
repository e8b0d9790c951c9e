import { ProtocolError } from "@ipc/protocol";

/** Milliseconds whose strangers make one error. */
const period = 1_000;

/**
 * Counts the strangers that a server turned away, and tells of them once a second: who floods a server
 * shall not flood its log.
 */
export class TurnedAway {
  readonly #tell: (error: ProtocolError) => void;
  #count = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: (error: ProtocolError) => void) {
    this.#tell = tell;
  }

  /** One more was turned away. */
  add(): void {
    this.#count += 1;
    this.#timer ??= setTimeout(flush, period, this).unref();
  }

  /** Tell now of those that were not told of yet. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const count = this.#count;
    this.#count = 0;
    if (count > 0) this.#tell(summary(count));
  }
}

function flush(turnedAway: TurnedAway): void {
  turnedAway.flush();
}

function summary(count: number): ProtocolError {
  const who = count === 1 ? "1 connection was" : `${count} connections were`;
  return new ProtocolError(
    "IPC_TOO_MANY_HANDSHAKES",
    "peer",
    `${who} turned away within a second, because too many had not proved the password at once. Find out who connects.`,
    { context: { count } },
  );
}
