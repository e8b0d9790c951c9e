import { allFeatures } from "../src/wire/preface.ts";
import { Party, type PartyOptions } from "./party.ts";

/** Bytes that a connection holds before it wants no more. */
const heldBytes = 2_048;

/** A party on a link whose bytes wait until the other side takes them. */
export class LinkedParty extends Party {
  readonly #way: Buffer[] = [];
  #wantsDrain = false;

  constructor(role: "client" | "server", options: PartyOptions) {
    super(role, { features: allFeatures, ...options });
  }

  override sendAll(chunks: readonly Uint8Array[]): boolean {
    for (const chunk of chunks) {
      this.#way.push(Buffer.from(chunk));
      this.bufferedBytes += chunk.length;
    }
    this.#wantsDrain = this.bufferedBytes >= heldBytes;
    return !this.#wantsDrain;
  }

  /** Take up to so many bytes off the link. */
  takeOff(most: number): Buffer {
    const parts: Buffer[] = [];
    let left = most;
    while (left > 0 && this.#way.length > 0) {
      const [first = Buffer.alloc(0)] = this.#way;
      parts.push(first.subarray(0, left));
      if (first.length > left) this.#way[0] = first.subarray(left);
      else this.#way.shift();
      left -= Math.min(left, first.length);
    }
    const taken = Buffer.concat(parts);
    this.bufferedBytes -= taken.length;
    if (this.bufferedBytes === 0 && this.#wantsDrain) {
      this.#wantsDrain = false;
      this.machine.handleDrain(this.now);
      this.pump();
    }
    return taken;
  }
}

/** The pace at which a reader takes what comes. */
export type Pace = "at once" | "slowly" | "never" | "without an answer";

/** A server that emits, and a client that reads at its own pace, on a virtual clock. */
export class SlowLink {
  readonly server: LinkedParty;
  readonly client: LinkedParty;
  /** From the end of the opening on. */
  pace: Pace = "at once";
  /** Bytes of each step of a slow reader. */
  step = 100;
  /** Most bytes that ever waited for the reader. */
  most = 0;
  #now = 0;

  constructor(server: PartyOptions, client: PartyOptions) {
    this.server = new LinkedParty("server", server);
    this.client = new LinkedParty("client", { hello: { name: "probe" }, ...client });
    for (const party of [this.client, this.server]) party.pump();
    for (let round = 0; round < 10; round++) this.pass(0);
  }

  /** Let time pass, meet the deadlines of both sides, and let the reader read. */
  pass(milliseconds: number): void {
    const until = this.#now + milliseconds;
    for (;;) {
      const next = Math.min(this.server.deadline, this.client.deadline);
      if (next > until) break;
      this.#now = Math.max(this.#now, next);
      this.#tick();
    }
    this.#now = until;
    this.#tick();
    if (this.server.begun) this.most = Math.max(this.most, this.server.session.queuedBytes);
    this.#read();
  }

  #tick(): void {
    for (const party of [this.server, this.client]) party.tick(this.#now);
  }

  #read(): void {
    if (this.pace === "never") return;
    const bytes = this.server.takeOff(this.pace === "slowly" ? this.step : Infinity);
    if (this.pace === "without an answer") return;
    if (bytes.length > 0) this.client.feed(bytes);
    const answer = this.client.takeOff(Infinity);
    if (answer.length > 0) this.server.feed(answer);
  }
}
