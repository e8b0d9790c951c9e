import { setTimeout as sleep } from "node:timers/promises";
import type { Case, Row } from "../case.ts";
import { inMebibytes } from "../in-mebibytes.ts";
import type { Attacker, AttackerBrief, AttackName } from "../processes/attacker.ts";
import type { Prober, ProberBrief } from "../processes/prober.ts";
import type { Victim, VictimBrief } from "../processes/victim.ts";

/** The attacks, and how long each is kept up; all together take a minute in the long form. */
const attacks: readonly AttackName[] = [
  "bytes one by one",
  "small values",
  "values of objects",
  "streams that end unread",
  "calls of objects",
  "small calls",
  "calls of a serial handler",
  "answers that are not read",
  "refusals that are not read",
  "events before the welcome",
  "unfinished messages",
  "empty attachments",
];

const durations = { short: 400, long: 5_000 } as const;

const mebibyte = 2 ** 20;

/** Narrow limits, so that an attack reaches them in its time. */
const limits = {
  maxMessageBytes: 256 * 1024,
  maxQueuedBytes: 2 * mebibyte,
  maxUnconfirmedBytes: 2 * mebibyte,
  maxCalls: 256,
  maxCallBytes: mebibyte,
  maxStreams: 16,
  streamWindow: 256 * 1024,
} as const;

/** Bytes of objects that a byte of JSON becomes at most. */
const blowUp = 40;

/** The bytes that a server holds for the clients of one attack, as the README's formula says, in bytes. */
const formula =
  2 * limits.maxQueuedBytes +
  limits.maxUnconfirmedBytes +
  blowUp * limits.maxCallBytes +
  2 * limits.maxStreams * limits.streamWindow +
  4 * 2 * limits.maxMessageBytes +
  // The lines of 20 clients that are not accepted yet, and the rest that a collection has left.
  8 * mebibyte;

/** The most that the others' p99 may grow. */
const mostTimes = 3;

/** Below this many milliseconds a delay says more of the machine than of the server. */
const leastDelay = 10;

/** A member does its worst at one container after the other, while others call. */
export const hostileMember: Case = {
  name: "hostile-member",
  promise: "a member that does its worst costs memory by the formula and none of the others' calls",
  async run({ form, stage }) {
    const endpoint = stage.path("victim.sock");
    const victim = stage.start<Victim>({
      label: "the server",
      module: "./processes/victim.js",
      brief: { endpoint, options: { ...limits, handshakeTimeout: 2_000 } } satisfies VictimBrief,
      execArgv: ["--expose-gc"],
    });
    await victim.routines.open();
    const [honest, attacker] = [
      stage.start<Prober>({
        label: "the other clients",
        module: "./processes/prober.js",
        brief: { endpoint, options: { reconnect: false } } satisfies ProberBrief,
      }),
      stage.start<Attacker>({
        label: "the member",
        module: "./processes/attacker.js",
        brief: { endpoint } satisfies AttackerBrief,
      }),
    ];
    await honest.routines.open();
    const duration = durations[form];
    const rows: Row[] = [];
    const broken: string[] = [];
    await honest.routines.probe(duration);
    for (const name of attacks) {
      const quiet = await honest.routines.probe(duration);
      const before = await victim.routines.footprint();
      const [ended, probe] = await Promise.all([
        attacker.routines.attack(name, duration),
        honest.routines.probe(duration),
      ]);
      const during = await victim.routines.footprint();
      await attacker.routines.stop();
      await sleep(200);
      const after = await victim.routines.footprint();
      const errors = await victim.routines.errors();
      const held = during.held - before.held;
      const [calm, hurt] = [quiet.idle.call.p99, probe.idle.call.p99];
      if (held > formula) broken.push(`${name}: ${inMebibytes(held)} MiB are held`);
      // A second on a busy machine says nothing of delays.
      const most = mostTimes * Math.max(calm, leastDelay);
      if (form === "long" && hurt > most) broken.push(`${name}: calls take ${hurt.toFixed(1)} ms`);
      if (probe.idle.call.count === 0) broken.push(`${name}: no call was answered`);
      rows.push({
        attack: name,
        "connections ended": ended,
        "held, MiB": inMebibytes(held),
        "formula, MiB": inMebibytes(formula),
        "left behind, MiB": inMebibytes(after.held - before.held),
        "resident, MiB": inMebibytes(during.resident),
        "calls beside it, p50 / p99 ms": `${probe.idle.call.p50.toFixed(1)} / ${hurt.toFixed(1)}`,
        "quiet, p50 / p99 ms": `${quiet.idle.call.p50.toFixed(1)} / ${calm.toFixed(1)}`,
        "p99, times": (hurt / calm).toFixed(2),
        errors: JSON.stringify(errors),
      });
    }
    await honest.routines.close();
    return { rows, broken };
  },
};
