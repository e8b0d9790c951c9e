import { setTimeout as sleep } from "node:timers/promises";
import type { Metric, OwnCase } from "../case.ts";
import { Child } from "../child.ts";
import { plain, secure } from "../goal.ts";
import type { ClientRoutines } from "../processes/client.ts";
import type { ServerRoutines } from "../processes/server.ts";
import { socketPath } from "../socket-path.ts";

/** The parameters of a case of idle clients. */
export interface IdleClients {
  name: string;
  clients: number;
  /** Processes that the clients are spread over. */
  processes: number;
  /** Seconds to watch the processor time that idling takes; 0 for not at all. */
  watch?: number;
  only: "full" | "named";
}

const bare = "bare socket";

/** Measures by how much a server's memory grows for each client that is connected and sends nothing. */
export function idleClients({ name, clients, processes, watch = 0, only }: IdleClients): OwnCase {
  const metrics: Metric[] = [
    { key: "rss", title: "server: KiB resident", better: "lower" },
    { key: "heap", title: "server: KiB heap + external", better: "lower" },
    { key: "clientHeap", title: "client: KiB heap + external", better: "lower" },
  ];
  if (watch > 0) metrics.push({ key: "core", title: "server: % of a core", better: "lower" });
  let rounds = 0;
  return {
    name,
    title: `each of ${clients.toLocaleString("en")} idle clients`,
    needs: ["crowd"],
    metrics,
    rounds: watch > 0 ? 1 : 3,
    only,
    goals: [
      ...[plain, secure].flatMap((of) =>
        ["rss", "heap"].map(
          (metric) => ({ of, metric, against: bare, by: "difference", bound: 8 }) as const,
        ),
      ),
      ...(watch > 0 ? [plain, secure].map((of) => ({ of, metric: "core", bound: 5 })) : []),
    ],

    async round({ entry }, stage) {
      // A server that is killed leaves its socket behind.
      rounds += 1;
      const path = socketPath(stage.directory, `${name}-${rounds}-${entry.name}`);
      const child = (role: "server" | "client"): { label: string; values: string[] } => ({
        label: `the ${role} of ${entry.name} for ${name}`,
        values: [entry.name, path],
      });
      const nodeOptions = ["--expose-gc"];
      const server = new Child<ServerRoutines>({
        ...child("server"),
        module: "./processes/server.js",
        stage,
        nodeOptions,
      });
      const crowds = Array.from(
        { length: processes },
        () =>
          new Child<ClientRoutines>({
            ...child("client"),
            module: "./processes/client.js",
            stage,
            nodeOptions,
          }),
      );
      try {
        await server.routines.listen();
        await Promise.all(crowds.map(({ routines }) => routines.load()));
        // The first one of each process warms up both sides; it is not counted.
        await Promise.all(crowds.map(({ routines }) => routines.crowd(1)));
        const before = await server.routines.memory();
        const grown = await Promise.all(
          crowds.map(({ routines }) => routines.crowd(clients / processes)),
        );
        const after = await server.routines.memory();
        const each = (bytes: number): number => bytes / clients / 1024;
        const idle = watch > 0 ? { core: await coreShare(server, watch) } : {};
        return {
          rss: each(after.rss - before.rss),
          heap: each(after.heap - before.heap),
          clientHeap: each(grown.reduce((sum, heap) => sum + heap, 0)),
          ...idle,
        };
      } finally {
        await Promise.all([...crowds, server].map((started) => started.end()));
      }
    },
  };
}

/** Processor time of a server in percent of the time that passes. */
async function coreShare({ routines }: Child<ServerRoutines>, seconds: number): Promise<number> {
  const before = await routines.cpuTime();
  await sleep(seconds * 1000);
  return ((await routines.cpuTime()) - before) / seconds / 1e4;
}
