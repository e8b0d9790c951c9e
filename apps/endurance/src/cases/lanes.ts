import type { Case, Outcome, Row, Setting } from "../case.ts";
import { joinOutcomes } from "../join-outcomes.ts";
import type { Delays, Prober, ProberBrief, Signs } from "../processes/prober.ts";
import type { Sink, SinkBrief } from "../processes/sink.ts";
import { protect } from "../endpoint.ts";

const plans = {
  short: { messages: 8, quiet: 500 },
  long: { messages: 128, quiet: 10_000 },
} as const;

/** Bytes of each large message. */
const size = 8 * 2 ** 20;

/** Milliseconds; beyond, a sign of life has waited for a whole message. */
const longest = 1_000;

/** Large messages go over a connection, and small ones of other lanes between their fragments. */
export const lanes: Case = {
  name: "lanes",
  promise: "a ping or a call on lane 1 does not wait for the large messages on lane 0",
  async run(setting) {
    const plain = await probe(setting, "plaintext", undefined);
    const sealed = await probe(setting, "encrypted", "correct horse");
    return joinOutcomes([plain, sealed]);
  },
};

async function probe(
  { form, stage }: Setting,
  mode: string,
  password: string | undefined,
): Promise<Outcome> {
  const { messages, quiet } = plans[form];
  const sinkBrief: SinkBrief = {
    endpoint: stage.path(`${mode}.sock`),
    options: protect(password),
  };
  const brief: ProberBrief = { ...sinkBrief, options: { ...protect(password), reconnect: true } };
  const sink = stage.start<Sink>({
    label: "the server",
    module: "./processes/sink.js",
    brief: sinkBrief,
  });
  await sink.routines.open();
  const module = "./processes/prober.js";
  const prober = stage.start<Prober>({ label: "the client", module, brief });
  await prober.routines.open();
  // Once for nothing: the first signs compile the code.
  await prober.routines.probe(quiet / 2);
  const before = await prober.routines.probe(quiet);
  const during = await prober.routines.probeUnderLoad(messages, size);
  const { bytes } = await sink.routines.taken();
  await prober.routines.close();
  await Promise.all([prober.kill(), sink.kill()]);
  const broken: string[] = [];
  if (bytes !== messages * size) broken.push(`${mode}: of ${messages * size} bytes, ${bytes} came`);
  const waited = Math.max(during.busy.ping.max, during.busy.call.max);
  if (waited > longest) broken.push(`${mode}: a sign of life took ${Math.round(waited)} ms`);
  const throughput = Math.round(bytes / 2 ** 20 / during.seconds);
  const row = (sign: keyof Signs): Row => {
    const [busy, idle, quietly] = [during.busy[sign], during.idle[sign], before.idle[sign]];
    return {
      mode,
      sign: sign === "ping" ? "userPing" : "call on lane 1",
      "MiB/s": throughput,
      "under load": cells(busy),
      "beside it, idle": cells(idle),
      "before it": cells(quietly),
      "p99 ÷ idle": ratio(busy, idle),
      "p99 ÷ before": ratio(busy, quietly),
    };
  };
  return { rows: [row("ping"), row("call")], broken };
}

function cells({ p50, p99, max, count }: Delays): string {
  return `${[p50, p99, max].map((value) => value.toFixed(2)).join(" / ")} ms (${count})`;
}

function ratio(one: Delays, other: Delays): number {
  return Math.round((one.p99 / other.p99) * 100) / 100;
}
