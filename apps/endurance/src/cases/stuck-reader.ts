import { median } from "simple-statistics";
import type { Case, Outcome, Row, Setting } from "../case.ts";
import { CrowdedServer } from "../crowded-server.ts";
import { inMebibytes } from "../in-mebibytes.ts";
import type { BroadcastFigures } from "../processes/broadcaster.ts";

/** Each round sends five times what the bound lets wait, so that every policy comes into play. */
const plans = {
  short: { rounds: 1, bound: 2 ** 19 },
  long: { rounds: 12, bound: 8 * 2 ** 20 },
} as const;

const policies = ["disconnect", "drop-oldest", "drop-newest"] as const;

const readers = 49;

/** Small enough to be copied for each session: the worst case for the server's memory. */
const eventBytes = 1024;

/** The least share of the rate without a stuck reader. */
const leastRatio = 0.9;

/** Bytes beside what the formula counts: the batches' own objects, and what a collection has left. */
const slack = 2 ** 20;

/** Runs fifty clients, one of which does not read, while the server sends to all at full speed. */
export const stuckReader: Case = {
  name: "stuck-reader",
  promise:
    "a client that does not read costs bounded memory and none of the others' events or speed",
  async run(setting) {
    const rows: Row[] = [];
    const broken: string[] = [];
    for (const policy of policies) {
      const outcome = await tryPolicy(setting, policy);
      rows.push(...outcome.rows);
      broken.push(...outcome.broken.map((sentence) => `${policy}: ${sentence}`));
    }
    return { rows, broken };
  },
};

async function tryPolicy(
  { form, stage }: Setting,
  policy: (typeof policies)[number],
): Promise<Outcome> {
  const { rounds, bound } = plans[form];
  const events = (5 * bound) / eventBytes;
  const crowded = new CrowdedServer(stage, policy, {
    slowConsumer: policy,
    maxQueuedBytes: bound,
    maxUnconfirmedBytes: bound,
    recoveryWindow: 100,
    heartbeatInterval: 0,
  });
  const { server } = crowded;
  await server.routines.open();
  const crowd = await crowded.fill(readers, { reconnect: true });
  const broken: string[] = [];
  const calm: BroadcastFigures[] = [];
  const stuck: BroadcastFigures[] = [];
  // Once for nothing: the first round compiles the code.
  await server.routines.broadcast(events / 2, eventBytes);
  await crowd.routines.heard();
  for (let round = 0; round < rounds; round++) {
    calm.push(await server.routines.broadcast(events, eventBytes));
    broken.push(...missed(await crowd.routines.heard(), calm.at(-1)));
    const reader = await crowded.fill(1, { name: "stuck", reconnect: true });
    reader.signal("SIGSTOP");
    stuck.push(await server.routines.broadcast(events, eventBytes));
    broken.push(...missed(await crowd.routines.heard(), stuck.at(-1)));
    await reader.kill();
    await crowded.has(readers);
  }
  const ends = await server.routines.ends();
  await Promise.all([crowd.kill(), server.kill()]);
  const sign = policy === "disconnect" ? "IPC_SLOW_CONSUMER" : "IPC_EVENT_DROPPED";
  if ((ends[sign] ?? 0) < rounds) broken.push(`${ends[sign] ?? 0} × ${sign} in ${rounds} rounds`);
  const ratio = ratioOf(stuck, calm, rate);
  const extra =
    Math.max(...stuck.map(({ heldBytes }) => heldBytes)) -
    Math.min(...calm.map(({ heldBytes }) => heldBytes));
  const most = 2 * bound + slack;
  if (extra > most) {
    broken.push(`the stuck reader costs ${inMebibytes(extra)} MiB, more than ${inMebibytes(most)}`);
  }
  // A second on a busy machine says nothing of speed.
  if (form === "long" && ratio < leastRatio) broken.push(`the others get ${ratio} of their rate`);
  const row: Row = {
    policy,
    "events/s": Math.round(median(stuck.map(rate)) * readers),
    "rate with ÷ without": ratio.toFixed(3),
    "server's work per event, with ÷ without": ratioOf(stuck, calm, work).toFixed(3),
    "held for it, MiB": inMebibytes(extra),
    "formula, MiB": inMebibytes(2 * bound),
    "resident with, MiB": inMebibytes(Math.max(...stuck.map((one) => one.residentBytes))),
    "resident without, MiB": inMebibytes(Math.max(...calm.map((one) => one.residentBytes))),
    reports: JSON.stringify(ends),
  };
  return { rows: [row], broken };
}

function missed(heard: readonly number[], figures: BroadcastFigures | undefined): string[] {
  const less = heard.filter((count) => count !== figures?.sent);
  return less.length === 0 ? [] : [`${less.length} readers have missed some of ${figures?.sent}`];
}

/** The middle one of the ratios, round by round. */
function ratioOf(
  some: readonly BroadcastFigures[],
  others: readonly BroadcastFigures[],
  measure: (figures: BroadcastFigures) => number,
): number {
  return median(some.map((figures, round) => measure(figures) / measure(others[round] ?? figures)));
}

function work({ processorTime, sent }: BroadcastFigures): number {
  return processorTime / sent;
}

function rate({ sent, seconds }: BroadcastFigures): number {
  return sent / seconds;
}
