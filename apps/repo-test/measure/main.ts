import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import Table from "cli-table3";

import { measureEntryPoints } from "./entry-points.ts";
import { measureRunning } from "./running.ts";
import { measureSources } from "./sources.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

// Prints the size of this tree, or of another one that is built: `pnpm measure --tree ../other`.
const { values: options } = parseArgs({
  options: { tree: { type: "string", default: root }, json: { type: "boolean", default: false } },
});
const { tree, json } = options;
const sources = await measureSources(tree);
const entryPoints = measureEntryPoints(tree);
const running = await measureRunning(tree);

if (json) {
  process.stdout.write(`${JSON.stringify({ sources, entryPoints, running }, null, 2)}\n`);
} else {
  const { loaded, serverSession, client, emitting, hearing } = running;
  print("sources, without tests", [
    ...sources.packages.map(({ name, files, lines, shortFiles }) => [
      name,
      `${files} files, ${lines} lines, ${shortFiles} files below 40 lines`,
    ]),
    ["all", `${sources.files} files, ${sources.lines} lines`],
    ["files below 40 lines", sources.shortFiles],
    ["groups of files in import cycles", sources.cycles.length],
    ["files in the largest one", Math.max(0, ...sources.cycles.map((files) => files.length))],
    ["repeated code", `${sources.repeated.lines} lines in ${sources.repeated.places} places`],
  ]);
  print(
    "entry points",
    entryPoints.map(({ name, values, types }) => [
      name,
      `${values.length} values, ${types.length} types`,
    ]),
  );
  print("at run time", [
    ['JavaScript that import "ipc-eventer" loads', `${loaded.bytes} bytes, ${loaded.files} files`],
    ["objects of one plain session of a server", describe(serverSession)],
    ["objects of one plain client with its session", describe(client)],
    ["functions called for one event, from emit to the write", describe(emitting)],
    ["functions called for one event, from the chunk to its listener", describe(hearing)],
  ]);
}

function describe({ total, byPackage }: { total: number; byPackage: object }): string {
  const parts = Object.entries(byPackage).map(([name, count]) => `${name} ${count}`);
  return `${total} (${parts.join(", ")})`;
}

function print(title: string, rows: (string | number)[][]): void {
  const table = new Table({ head: [title, ""], style: { head: [], border: [], compact: true } });
  table.push(...rows);
  process.stdout.write(`${table.toString()}\n`);
}
