import type { OwnCase } from "../case.ts";
import { Child } from "../child.ts";
import type { ClientRoutines } from "../processes/client.ts";

/** A fresh process that has loaded its library connects: to the first event that has come back. */
export const firstConnect: OwnCase = {
  name: "first-connect",
  title: "first connect of a fresh process, to the first echo",
  needs: ["events"],
  metrics: [
    { key: "milliseconds", title: "ms", better: "lower" },
    { key: "cpu", title: "client's CPU ms", better: "lower" },
  ],

  async round(pair, stage) {
    const client = new Child<ClientRoutines>({
      label: `a fresh client of ${pair.entry.name}`,
      module: "./processes/client.js",
      values: [pair.entry.name, pair.path],
      stage,
    });
    try {
      await client.routines.load();
      return await client.routines.firstEcho();
    } finally {
      await client.end();
    }
  },
};
