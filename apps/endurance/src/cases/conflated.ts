import { setTimeout as sleep } from "node:timers/promises";
import type { Case, Row } from "../case.ts";
import { inMebibytes } from "../in-mebibytes.ts";
import type { SlowReader, SlowReaderBrief, Seen } from "../processes/slow-reader.ts";
import type { TickFigures, Ticker, TickerBrief } from "../processes/ticker.ts";

const plans = {
  short: { rounds: 3, milliseconds: 400 },
  long: { rounds: 10, milliseconds: 6_000 },
} as const;

/** The system's buffer holds some fifty of these, which are read before the newest. */
const eventBytes = 4096;

/** Milliseconds that the reader takes for each value. */
const busy = 10;

/** Bytes that the server may hold more in the last round than in the first. */
const slack = 2 ** 20;

/** Milliseconds in which the newest value must have come. */
const patience = 20_000;

/** A value that changes at full speed, and a reader that takes its time. */
export const conflated: Case = {
  name: "conflated",
  promise: "of a value that changes faster than it is read, memory holds one, and the last arrives",
  async run({ form, stage }) {
    const { rounds, milliseconds } = plans[form];
    const endpoint = stage.path("ticker.sock");
    const ticker = stage.start<Ticker>({
      label: "the server",
      module: "./processes/ticker.js",
      brief: { endpoint } satisfies TickerBrief,
      execArgv: ["--expose-gc"],
    });
    await ticker.routines.open();
    const reader = stage.start<SlowReader>({
      label: "the slow reader",
      module: "./processes/slow-reader.js",
      brief: { endpoint, busy } satisfies SlowReaderBrief,
    });
    await reader.routines.open();
    // Once for nothing: the first round compiles the code.
    await ticker.routines.tick(milliseconds / 2, eventBytes);
    const broken: string[] = [];
    const figures: TickFigures[] = [];
    let seen: Seen = await reader.routines.seen();
    for (let round = 0; round < rounds; round++) {
      const one = await ticker.routines.tick(milliseconds, eventBytes);
      figures.push(one);
      const end = performance.now() + patience;
      do {
        await sleep(20);
        seen = await reader.routines.seen();
      } while (seen.last !== one.last && performance.now() < end);
      if (seen.last !== one.last) broken.push(`the reader has ${seen.last}, not ${one.last}`);
      if (!seen.inOrder) broken.push("an older value came behind a newer one");
    }
    await Promise.all([reader.kill(), ticker.kill()]);
    const held = figures.map(({ heldBytes }) => heldBytes);
    const [first = 0] = held;
    const growth = Math.max(...held) - first;
    if (growth > slack)
      broken.push(`the server holds ${inMebibytes(growth)} MiB more than at first`);
    const emitted = figures.reduce((sum, one) => sum + one.emitted, 0);
    const row: Row = {
      rounds,
      emitted,
      "emitted/s": Math.round((emitted * 1000) / (rounds * milliseconds)),
      heard: seen.count,
      replaced: figures.at(-1)?.replaced ?? 0,
      "held at first, MiB": inMebibytes(first),
      "most later, MiB": inMebibytes(Math.max(...held)),
      "last value": seen.last,
    };
    return { rows: [row], broken };
  },
};
