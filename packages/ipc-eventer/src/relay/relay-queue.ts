import { ProtocolError, Queue } from "@ipc/protocol";
import type { Parcel } from "./parcel.ts";
import type { ServerPeer } from "../server/server-peer.ts";

/** The decision of a hook: true to pass the message on, or why not. */
export type Verdict = true | { readonly why: string | undefined };

/** How much of one client may wait for the hook. */
export interface RelayBounds {
  readonly messages: number;
  readonly bytes: number;
}

interface Waiting {
  readonly parcel: Parcel;
  verdict: Verdict | undefined;
}

/**
 * The messages of one client that wait for the hook's decision. Those for the same client are passed
 * on in their order, whenever the decisions come.
 */
export class RelayQueue {
  readonly #bounds: RelayBounds;
  readonly #lines = new Map<ServerPeer, Queue<Waiting>>();
  #messages = 0;
  #bytes = 0;

  constructor(bounds: RelayBounds) {
    this.#bounds = bounds;
  }

  /** Pass a message on as soon as the hook has agreed and what came before it has gone. */
  add(parcel: Parcel, to: ServerPeer, ask: () => Verdict | Promise<Verdict>): void {
    if (this.#messages >= this.#bounds.messages || this.#bytes >= this.#bounds.bytes) {
      parcel.fail(this.#full());
      return;
    }
    const answer = ask();
    const line = this.#lines.get(to);
    if (line === undefined && isDecided(answer)) {
      settle(parcel, to, answer);
      return;
    }
    const waiting: Waiting = { parcel, verdict: undefined };
    const queue = line ?? new Queue<Waiting>();
    queue.push(waiting);
    if (line === undefined) this.#lines.set(to, queue);
    this.#messages++;
    this.#bytes += parcel.size;
    void this.#await(waiting, to, answer);
  }

  async #await(
    waiting: Waiting,
    to: ServerPeer,
    answer: Verdict | Promise<Verdict>,
  ): Promise<void> {
    waiting.verdict = await answer;
    const line = this.#lines.get(to);
    if (line === undefined) return;
    for (;;) {
      const { first } = line;
      if (first?.verdict === undefined) break;
      line.shift();
      this.#messages--;
      this.#bytes -= first.parcel.size;
      settle(first.parcel, to, first.verdict);
    }
    if (line.size === 0) this.#lines.delete(to);
  }

  #full(): ProtocolError {
    const { messages, bytes } = this.#bounds;
    return new ProtocolError(
      "IPC_QUEUE_FULL",
      "caller",
      `${messages} messages (maxCalls), or ${bytes} bytes of them (maxQueuedBytes), wait for the server to decide whether it passes them on: send slower.`,
      { context: { messages, bytes } },
    );
  }
}

function settle(parcel: Parcel, to: ServerPeer, verdict: Verdict): void {
  if (verdict !== true) parcel.refuse("IPC_RELAY_REFUSED", verdict.why);
  else if (isThere(to)) parcel.deliver(to);
  else parcel.refuse("IPC_UNKNOWN_CLIENT");
}

/** Tell whether a client can still be sent something, now or over its next connection. */
function isThere({ driver }: ServerPeer): boolean {
  const { phase } = driver.session;
  return phase === "open" || phase === "parked";
}

function isDecided(answer: Verdict | Promise<Verdict>): answer is Verdict {
  return answer === true || !("then" in answer);
}
