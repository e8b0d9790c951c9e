import { Buffer } from "node:buffer";
import { ProtocolError, quoted } from "../error.ts";
import { type Batch, messagesIn } from "./batch.ts";

/** Why an event was dropped before it left: a closed set. */
export type DropReason = "expired" | "queue-full" | "not-ready";

/** Events whose drops are counted one by one for the whole session; all further ones are counted together. */
const countedEvents = 64;

/** Kinds that a summary counts one by one; all further ones are counted together. */
const namedKinds = 16;

/** Characters of a name that are kept: a name may be as long as a message, and chosen by a peer. */
const keptLength = 64;

/** The events of one side that were dropped before they were written, until they are reported. */
export class Drops {
  #counts: Map<string, number> | undefined;
  #total = 0;
  #all: Map<string, number> | undefined;

  /** All that were dropped in this session, by the event's name. */
  get all(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#all ?? []);
  }

  /** True if nothing was dropped since the last summary. */
  get empty(): boolean {
    return this.#total === 0;
  }

  /** Count one. */
  add(event: string, reason: DropReason): void {
    this.#counts ??= new Map();
    const kind = `${quoted(event, keptLength)} ${reason}`;
    const name = this.#counts.size < namedKinds || this.#counts.has(kind) ? kind : "others";
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    this.#total++;
    this.count(event);
  }

  /** Count one that is not reported: a newer one has taken its place. */
  count(event: string): void {
    this.#all ??= new Map();
    const short = shorten(event);
    const name = this.#all.size < countedEvents || this.#all.has(short) ? short : "…";
    this.#all.set(name, (this.#all.get(name) ?? 0) + 1);
  }

  /** The report of what was dropped; counting begins anew. */
  take(): ProtocolError {
    const kinds = [...(this.#counts ?? [])].map(([kind, count]) => `${count} ${kind}`);
    const error = new ProtocolError(
      "IPC_EVENT_DROPPED",
      "peer",
      `${this.#total} events were not sent: ${kinds.join(", ")}.`,
      { context: { events: this.#total } },
    );
    this.#counts = undefined;
    this.#total = 0;
    return error;
  }
}

/** The beginning of a name, in memory of its own: a part of a string keeps the whole. */
function shorten(name: string): string {
  if (name.length <= keptLength) return name;
  return `${Buffer.from(name.slice(0, keptLength), "utf16le").toString("utf16le")}…`;
}

/**
 * Take events out of a batch, oldest first, until `bytes` are free. Calls, replies and cancellations
 * stay: a policy drops events only.
 */
export function dropEvents(batch: Batch, bytes: number, drops: Drops): void {
  const kept: Uint8Array[] = [];
  let [freed, dropped, passed] = [0, 0, 0];
  for (const message of messagesIn(batch)) {
    if (freed >= bytes) break;
    if (message.kind === "event") {
      drops.add(message.name, "queue-full");
      freed += message.size;
      dropped++;
    } else {
      kept.push(message.bytes);
    }
    passed += message.size;
  }
  if (dropped === 0) return;
  batch.chunks = [...kept, ...behind(batch, passed)];
  batch.size -= freed;
  batch.messages -= dropped;
}

/** The chunks of a batch behind so many bytes, uncopied. */
function behind(batch: Batch, bytes: number): Uint8Array[] {
  const rest: Uint8Array[] = [];
  let at = 0;
  for (const chunk of batch.chunks) {
    if (typeof chunk === "string") continue;
    const start = Math.max(0, bytes - at);
    if (start < chunk.byteLength) rest.push(chunk.subarray(start));
    at += chunk.byteLength;
  }
  return rest;
}
