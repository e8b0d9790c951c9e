import { median, quantile } from "simple-statistics";
import type { Case, Row } from "../case.ts";
import type { Child } from "../child.ts";
import type { Pourer, PourerBrief } from "../processes/pourer.ts";
import type { Sink, SinkBrief } from "../processes/sink.ts";

const plans = {
  short: { rounds: 8, events: 50_000 },
  long: { rounds: 60, events: 100_000 },
} as const;

/** The least share of the speed without recovery. Told, not required: a busy machine has its moods. */
const aim = 0.95;

/** Events one way with recovery and without it, in turn. */
export const cost: Case = {
  name: "cost",
  promise: `keeping what is not confirmed yet costs little: the aim is a ratio of ${aim}`,
  async run({ form, stage }) {
    const { rounds, events } = plans[form];
    const sinks: Child<Sink>[] = [];
    const endpoints: string[] = [];
    for (const recoveryWindow of [0, 5_000]) {
      const endpoint = stage.path(`${recoveryWindow}.sock`);
      const brief: SinkBrief = { endpoint, options: { recoveryWindow } };
      const module = "./processes/sink.js";
      const sink = stage.start<Sink>({ label: "a server", module, brief });
      await sink.routines.open();
      sinks.push(sink);
      endpoints.push(endpoint);
    }
    const brief: PourerBrief = { endpoints, options: { reconnect: true } };
    const module = "./processes/pourer.js";
    const pourer = stage.start<Pourer>({ label: "the client", module, brief });
    await pourer.routines.open();
    const runs: [off: Run, on: Run][] = [];
    // The first rounds compile the code; the order is turned each time.
    for (let round = -4; round < rounds; round++) {
      const off = round % 2 === 0 ? await pour(pourer, sinks, 0, events) : undefined;
      const on = await pour(pourer, sinks, 1, events);
      const both: [Run, Run] = [off ?? (await pour(pourer, sinks, 0, events)), on];
      if (round >= 0) runs.push(both);
    }
    const rows = [
      compare("events/s", runs, ({ rate }) => rate),
      compare("events per second of processor time", runs, ({ work }) => work),
    ];
    return { rows, broken: [] };
  },
};

/** Measures one way, once. */
interface Run {
  /** Events per second. */
  readonly rate: number;
  /** Events per second of processor time of both processes: what else the machine does is not in it. */
  readonly work: number;
}

async function pour(
  pourer: Child<Pourer>,
  sinks: readonly Child<Sink>[],
  index: number,
  events: number,
): Promise<Run> {
  const processes = [pourer, ...sinks.slice(index, index + 1)];
  const spent = async (): Promise<number> => {
    const times = await Promise.all(processes.map(({ routines }) => routines.processorTime()));
    return times.reduce((sum, time) => sum + time, 0);
  };
  const before = await spent();
  const seconds = await pourer.routines.pour(index, events);
  return { rate: events / seconds, work: (events / ((await spent()) - before)) * 1e6 };
}

function compare(
  measure: string,
  runs: readonly (readonly [Run, Run])[],
  of: (run: Run) => number,
): Row {
  const ratios = runs.map(([off, on]) => of(on) / of(off));
  return {
    measure,
    rounds: runs.length,
    without: Math.round(median(runs.map(([off]) => of(off)))),
    with: Math.round(median(runs.map(([, on]) => of(on)))),
    "with ÷ without": median(ratios).toFixed(3),
    "middle half of the rounds": `${quantile(ratios, 0.25).toFixed(3)} … ${quantile(ratios, 0.75).toFixed(3)}`,
    aim,
  };
}
