import type { Buffer } from "node:buffer";
import { Party, type PartyOptions } from "./party.ts";

export interface SessionPairOptions {
  readonly client?: PartyOptions;
  readonly server?: PartyOptions;
  /** Milliseconds a byte is on its way; 1 unless said otherwise. */
  readonly latency?: number;
  /** Sizes of the chunks in which bytes arrive, over and over; whole writes if empty. */
  readonly cuts?: readonly number[];
}

interface Flight {
  readonly to: Party;
  readonly chunk: Buffer;
  readonly at: number;
}

/** A client and a server session over a simulated link with a virtual clock. */
export class SessionPair {
  readonly client: Party;
  readonly server: Party;
  now = 0;
  readonly #latency: number;
  readonly #cuts: readonly number[];
  #cut = 0;
  #flights: Flight[] = [];

  constructor(options: SessionPairOptions = {}) {
    this.client = new Party("client", { hello: { name: "probe" }, ...options.client });
    this.server = new Party("server", options.server);
    this.#latency = options.latency ?? 1;
    this.#cuts = options.cuts ?? [];
  }

  /** Let everything that is on its way arrive, and what it causes; deadlines are not reached. */
  settle(): void {
    for (;;) {
      this.#pump();
      const next = this.#flights.shift();
      if (next === undefined) return;
      this.#set(Math.max(this.now, next.at));
      next.to.feed(next.chunk);
    }
  }

  /** Let time pass, arrivals and deadlines each at their instant. */
  pass(milliseconds: number): void {
    const until = this.now + milliseconds;
    for (;;) {
      this.#pump();
      const arrival = this.#flights[0]?.at ?? Infinity;
      const deadline = Math.min(this.client.deadline, this.server.deadline);
      const next = Math.min(arrival, deadline);
      if (next > until) break;
      this.#set(Math.max(this.now, next));
      if (arrival <= deadline) this.#arrive();
      else this.#expire();
    }
    this.#set(until);
  }

  /** Cut the link in both directions: what is on its way is lost. */
  cut(): void {
    this.#flights = [];
    this.client.disconnect();
    this.server.disconnect();
  }

  #arrive(): void {
    const next = this.#flights.shift();
    next?.to.feed(next.chunk);
  }

  #expire(): void {
    for (const party of [this.client, this.server]) party.tick(this.now);
  }

  #set(now: number): void {
    this.now = now;
    this.client.now = now;
    this.server.now = now;
  }

  #pump(): void {
    this.#carry(this.client, this.server);
    this.#carry(this.server, this.client);
  }

  #carry(from: Party, to: Party): void {
    from.pump();
    for (let rest = from.takeBytes(); rest.length > 0;) {
      const size = this.#nextSize(rest.length);
      this.#flights.push({ to, chunk: rest.subarray(0, size), at: this.now + this.#latency });
      rest = rest.subarray(size);
    }
    this.#flights.sort((one, other) => one.at - other.at);
  }

  #nextSize(available: number): number {
    if (this.#cuts.length === 0) return available;
    const size = this.#cuts[this.#cut++ % this.#cuts.length] ?? available;
    return Math.min(available, size);
  }
}
