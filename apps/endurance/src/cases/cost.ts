import { max, median, min } from "simple-statistics";
import type { Case, Row } from "../case.ts";
import type { Pourer, PourerBrief } from "../processes/pourer.ts";
import type { Sink, SinkBrief } from "../processes/sink.ts";

const plans = {
  short: { rounds: 6, events: 100_000 },
  long: { rounds: 40, events: 500_000 },
} as const;

/** The least share of the speed without recovery. Told, not required: a busy machine has its moods. */
const aim = 0.95;

/** Events one way with recovery and without it, in turn. */
export const cost: Case = {
  name: "cost",
  promise: `keeping what is not confirmed yet costs little: the aim is a ratio of ${aim}`,
  async run({ form, stage }) {
    const { rounds, events } = plans[form];
    const endpoints: string[] = [];
    for (const recoveryWindow of [0, 5_000]) {
      const brief: SinkBrief = {
        endpoint: stage.path(`${recoveryWindow}.sock`),
        options: { recoveryWindow },
      };
      const module = "./processes/sink.js";
      await stage.start<Sink>({ label: "a server", module, brief }).routines.open();
      endpoints.push(brief.endpoint);
    }
    const brief: PourerBrief = { endpoints, options: { reconnect: true } };
    const module = "./processes/pourer.js";
    const { routines } = stage.start<Pourer>({ label: "the client", module, brief });
    await routines.open();
    const [without, withIt, ratios]: number[][] = [[], [], []];
    // The first two rounds compile the code; whoever goes first is turned each time.
    for (let round = -2; round < rounds; round++) {
      const order = round % 2 === 0 ? [0, 1] : [1, 0];
      const rates = [0, 0];
      for (const index of order) rates[index] = await routines.pour(index, events);
      if (round < 0) continue;
      const [off = 0, on = 0] = rates;
      without?.push(off);
      withIt?.push(on);
      ratios?.push(on / off);
    }
    return { rows: [row(rounds, without ?? [], withIt ?? [], ratios ?? [])], broken: [] };
  },
};

function row(rounds: number, without: number[], withIt: number[], ratios: number[]): Row {
  return {
    rounds,
    "events/s without": Math.round(median(without)),
    "events/s with": Math.round(median(withIt)),
    "with ÷ without": median(ratios).toFixed(3),
    lowest: min(ratios).toFixed(3),
    highest: max(ratios).toFixed(3),
    aim,
  };
}
