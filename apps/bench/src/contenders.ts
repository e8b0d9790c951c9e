import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import type { Entry } from "./contender.ts";

const kinds: readonly Entry["kind"][] = ["reference", "floor", "peer", "ours"];
const folder = new URL("./contenders/", import.meta.url);

/** Every contender: what the files in `contenders/` export as `entry`, the floors first, ours last. */
export const contenders: readonly Entry[] = await findContenders();

/** The entry of a contender by its name. */
export function contenderNamed(name: string): Entry {
  const entry = contenders.find((candidate) => candidate.name === name);
  if (entry === undefined) throw new Error(`No contender is named ${name}.`);
  return entry;
}

/** Version of a contender's package; empty if it was written by hand. */
export function versionOf(entry: Entry): string {
  if (entry.package === undefined) return "";
  const require = createRequire(import.meta.url);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own manifest, with exact versions
  const { dependencies } = require("../package.json") as { dependencies: Record<string, string> };
  const version = dependencies[entry.package] ?? "";
  if (!version.startsWith("link:")) return version;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own manifest too
  return (require(`${entry.package}/package.json`) as { version: string }).version;
}

/** Why a contender cannot run under a version of Node.js; undefined if it can. */
export function reasonAgainstNode({ node }: Entry, version: string): string | undefined {
  if (node === undefined) return undefined;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [leastMajor, leastMinor] = node;
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return undefined;
  return `needs Node.js ${leastMajor}.${leastMinor}`;
}

async function findContenders(): Promise<Entry[]> {
  const files = readdirSync(folder).filter((file) => file.endsWith(".js"));
  const modules = await Promise.all(
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what each file there is for
    files.map((file) => import(new URL(file, folder).href) as Promise<{ entry: Entry }>),
  );
  const entries = modules.map(({ entry }) => entry);
  return entries.toSorted(
    (one, other) =>
      kinds.indexOf(one.kind) - kinds.indexOf(other.kind) || one.name.localeCompare(other.name),
  );
}
