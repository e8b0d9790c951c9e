import { setTimeout as sleep } from "node:timers/promises";
import { linearRegression } from "simple-statistics";
import type { Case, Row } from "../case.ts";
import type { Footprint } from "../footprint.ts";
import { inMebibytes } from "../in-mebibytes.ts";
import type { Proxy, ProxyBrief } from "../processes/proxy.ts";
import type { Restless, RestlessBrief } from "../processes/restless.ts";
import type { Sink, SinkBrief } from "../processes/sink.ts";

/** `slack` is what a heap may seem to have grown in all after the warm-up: the rest of a collection. */
const plans = {
  short: { rounds: 4, duration: 1_500, slack: 4 * 2 ** 20 },
  long: { rounds: 60, duration: 9_500, slack: 2 ** 20 },
} as const;

/** Rounds in which code is still compiled and pools grow. */
const warmUp = 0.2;

const clients = 10;

/** Long enough for clients that reconnect, and over before each look. */
const recoveryWindow = 300;

/** Clients come and go, are cut off, call, cancel and flush, for a long time. */
export const soak: Case = {
  name: "soak",
  promise: "whatever clients do, and however long, memory and handles stay where they were",
  async run({ form, seed, stage }) {
    const { rounds, duration, slack } = plans[form];
    const [from, to] = [stage.path("way.sock"), stage.path("soak.sock")];
    const options = { password: "correct horse", realm: "soak" };
    const sinkBrief: SinkBrief = { endpoint: to, options: { ...options, recoveryWindow } };
    const proxyBrief: ProxyBrief = { from, to, seed, cuts: 1e9, bytes: 1_000_000 };
    const restlessBrief: RestlessBrief = {
      endpoint: from,
      size: clients,
      seed,
      options: { ...options, reconnect: true, reconnectInterval: 10, reconnectMaxInterval: 50 },
    };
    const execArgv = ["--expose-gc"];
    const server = stage.start<Sink>({
      label: "the server",
      module: "./processes/sink.js",
      brief: sinkBrief,
      execArgv,
    });
    const proxy = stage.start<Proxy>({
      label: "the proxy",
      module: "./processes/proxy.js",
      brief: proxyBrief,
    });
    const restless = stage.start<Restless>({
      label: "the clients",
      module: "./processes/restless.js",
      brief: restlessBrief,
      execArgv,
    });
    await Promise.all([server.routines.open(), proxy.routines.open()]);
    const looks: { readonly server: Footprint[]; readonly clients: Footprint[] } = {
      server: [],
      clients: [],
    };
    for (let round = 0; round < rounds; round++) {
      await restless.routines.act(duration);
      await sleep(recoveryWindow + 200);
      looks.server.push(await server.routines.footprint());
      looks.clients.push(await restless.routines.footprint());
    }
    const deeds = await restless.routines.act(0);
    const broken: string[] = [];
    const minutes = (duration + recoveryWindow + 200) / 60_000;
    const rows = [
      judge("server", looks.server, { minutes, slack }, broken),
      judge(`${clients} clients`, looks.clients, { minutes, slack }, broken),
    ].map((row): Row => ({ ...row, ...deeds }));
    return { rows, broken };
  },
};

function judge(
  who: string,
  looks: readonly Footprint[],
  { minutes: minutesEach, slack }: { readonly minutes: number; readonly slack: number },
  broken: string[],
): Row {
  const steady = looks.slice(Math.ceil(looks.length * warmUp));
  const points = steady.map(({ held }, round) => [round * minutesEach, held]);
  const { m: slope } = linearRegression(points);
  const minutes = steady.length * minutesEach;
  if (slope * minutes > slack) {
    broken.push(`${who}: the heap grows by ${Math.round(slope / 1024)} KiB a minute`);
  }
  const handles = steady.map((look) => look.handles);
  const [first = 0, last = 0] = [handles.at(0), handles.at(-1)];
  if (last > first) broken.push(`${who}: ${first} handles have become ${last}`);
  return {
    who,
    minutes: Math.round(looks.length * minutesEach * 10) / 10,
    "held at first, MiB": inMebibytes(steady.at(0)?.held ?? 0),
    "held at last, MiB": inMebibytes(steady.at(-1)?.held ?? 0),
    "slope, KiB/min": Math.round(slope / 1024),
    "resident, MiB": inMebibytes(steady.at(-1)?.resident ?? 0),
    "handles, first to last": `${first} … ${last}`,
  };
}
