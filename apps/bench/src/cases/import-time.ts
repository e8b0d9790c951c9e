import { execa } from "execa";
import { fileURLToPath } from "node:url";
import type { Measurement, OwnCase } from "../case.ts";
import { plain } from "../goal.ts";
import type { Stage } from "../stage.ts";

const baseline = "node:net and node:crypto";

/** A fresh process that imports what a program imports to use a library. */
export const importTime: OwnCase = {
  name: "import",
  title: "import in a fresh process",
  needs: [],
  metrics: [
    { key: "milliseconds", title: "import ms", better: "lower" },
    { key: "process", title: "whole process ms", better: "lower" },
  ],
  goals: [
    { of: plain, metric: "milliseconds", against: baseline, bound: 1.25 },
    { of: plain, metric: "process", against: baseline, bound: 1.25 },
  ],
  baseline: { name: baseline, round: (stage) => measure(["node:net", "node:crypto"], stage) },
  reasonAgainst: ({ imports }) =>
    imports.length === 0 ? "imports what another row does" : undefined,
  round: ({ entry }, stage) => measure(entry.imports, stage),
};

async function measure(imports: readonly string[], stage: Stage): Promise<Measurement> {
  const script = fileURLToPath(new URL("../processes/import-time.js", import.meta.url));
  const { stdout, durationMs } = await execa(stage.node.path, [script, ...imports], {
    env: { NODE_OPTIONS: "" },
    timeout: 60_000,
  });
  return { milliseconds: Number(stdout), process: durationMs };
}
