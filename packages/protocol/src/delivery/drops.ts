import { ProtocolError } from "../error.ts";

/** Why an event was dropped before it left: a closed set. */
export type DropReason = "expired" | "queue-full" | "not-ready" | "conflated";

/** Names that a summary counts one by one; all further ones are counted together. */
const namedEvents = 16;

/** The events of one side that were dropped before they were written, until somebody is told. */
export class Drops {
  #counts: Map<string, number> | undefined;
  #reason: DropReason = "expired";
  #total = 0;

  /** True if nothing was dropped since the last summary. */
  get empty(): boolean {
    return this.#total === 0;
  }

  /** Count one. */
  add(event: string, reason: DropReason): void {
    this.#counts ??= new Map();
    const name = this.#counts.size < namedEvents || this.#counts.has(event) ? event : "…";
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    this.#reason = reason;
    this.#total++;
  }

  /** The report of what was dropped; counting begins anew. */
  take(): ProtocolError {
    const events = [...(this.#counts ?? [])].map(([name, count]) => `"${name}" ${count}`);
    const error = new ProtocolError(
      "IPC_EVENT_DROPPED",
      "peer",
      `${this.#total} events were not sent (${this.#reason}): ${events.join(", ")}.`,
      { context: { events: this.#total, reason: this.#reason } },
    );
    this.#counts = undefined;
    this.#total = 0;
    return error;
  }
}
