import type { Entry, Mark } from "./journal.ts";

/** The journal of a process, and how it ended. */
export interface Journal {
  readonly process: number;
  /** True if it was killed: what it said and was not confirmed has died with it. */
  readonly killed: boolean;
  readonly entries: readonly Entry[];
}

/** The verdict on all journals together. */
export interface Judgement {
  readonly said: number;
  readonly heard: number;
  readonly confirmed: number;
  readonly unsent: number;
  readonly unconfirmed: number;
  /** The number of events that a full queue refused, as reported. */
  readonly dropped: number;
  /** Sent by a process that was killed, and neither received nor reported. */
  readonly diedWithSpeaker: number;
  readonly faults: readonly string[];
}

/**
 * Lay all journals side by side. Each message was heard once at most and in order; what was confirmed
 * was heard; and of what a living process said, each was heard, reported as lost by the right word, or
 * counted as dropped.
 */
export function judgeJournals(journals: readonly Journal[]): Judgement {
  const faults: string[] = [];
  const heard = hearings(journals, faults);
  const sums = { said: 0, confirmed: 0, unsent: 0, unconfirmed: 0, dropped: 0, diedWithSpeaker: 0 };
  for (const { killed, entries } of journals) {
    const unsent = marksIn(entries, "unsent");
    const unconfirmed = marksIn(entries, "unconfirmed");
    sums.unsent += unsent.size;
    sums.unconfirmed += unconfirmed.size;
    const confirmed = confirmations(entries);
    const gone: string[] = [];
    for (const { session, mark } of entries.filter((entry) => entry.is === "said")) {
      const key = keyOf(mark);
      sums.said++;
      const isConfirmed = mark[1] <= (confirmed.get(session) ?? 0);
      if (isConfirmed) sums.confirmed++;
      if (isConfirmed && !heard.has(key)) faults.push(`${key} was confirmed and not heard`);
      if (isConfirmed && unconfirmed.has(key)) faults.push(`${key} was confirmed, then lost`);
      if (unsent.has(key) && heard.has(key)) faults.push(`${key} was reported unsent, but heard`);
      if (heard.has(key) || unsent.has(key) || unconfirmed.has(key)) continue;
      if (killed) sums.diedWithSpeaker++;
      else gone.push(key);
    }
    const dropped = dropsIn(entries);
    sums.dropped += dropped;
    if (gone.length > dropped) {
      const words = `${gone[0]} to ${gone.at(-1)}, and ${dropped} were reported as dropped`;
      faults.push(`${gone.length} are gone without a word, from ${words}`);
    }
  }
  return { ...sums, heard: heard.size, faults };
}

/** The senders that were received, in all journals; a message received twice or in the wrong order is a fault. */
function hearings(journals: readonly Journal[], faults: string[]): ReadonlySet<string> {
  const heard = new Set<string>();
  for (const { entries } of journals) {
    const last = new Map<string, number>();
    for (const entry of entries) {
      if (entry.is !== "heard") continue;
      const { session, mark } = entry;
      const key = keyOf(mark);
      if (heard.has(key)) faults.push(`${key} was heard twice`);
      heard.add(key);
      const speaker = `${session}/${mark[0]}`;
      if (mark[1] < (last.get(speaker) ?? 0)) faults.push(`${key} was heard too late`);
      last.set(speaker, mark[1]);
    }
  }
  return heard;
}

/** Up to which number each session of a process was confirmed. */
function confirmations(entries: readonly Entry[]): ReadonlyMap<number, number> {
  const confirmed = new Map<number, number>();
  for (const entry of entries) {
    if (entry.is === "confirmed") {
      confirmed.set(entry.session, Math.max(entry.upTo, confirmed.get(entry.session) ?? 0));
    }
  }
  return confirmed;
}

function dropsIn(entries: readonly Entry[]): number {
  return entries.reduce((sum, entry) => sum + (entry.is === "dropped" ? entry.events : 0), 0);
}

function marksIn(entries: readonly Entry[], what: "unsent" | "unconfirmed"): ReadonlySet<string> {
  return new Set(entries.flatMap((entry) => (entry.is === "lost" ? entry[what].map(keyOf) : [])));
}

function keyOf([process, number]: Mark): string {
  return `${process}#${number}`;
}
