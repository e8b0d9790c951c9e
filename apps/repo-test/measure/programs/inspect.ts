import { Session } from "node:inspector";
import { json } from "node:stream/consumers";
import { getHeapSnapshot } from "node:v8";

/** A function and how often it was called. */
export interface FunctionCount {
  /** The URL of its module. */
  url: string;
  name: string;
  calls: number;
}

/** The members of a heap snapshot that are read here: `nodes` holds `node_fields.length` numbers for each object. */
interface Snapshot {
  snapshot: { meta: { node_fields: string[]; node_types: [string[], ...unknown[]] } };
  nodes: number[];
  strings: string[];
}

const session = new Session();
session.connect();

/** Counts the objects that are alive, by the name of their class. Needs `--expose-gc`. */
export async function countObjects(): Promise<Record<string, number>> {
  globalThis.gc?.();
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by V8
  const { snapshot, nodes, strings } = (await json(getHeapSnapshot())) as Snapshot;
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [type, name] = [fields.indexOf("type"), fields.indexOf("name")];
  const object = types[0].indexOf("object");
  const counts: Record<string, number> = {};
  for (let at = 0; at < nodes.length; at += fields.length) {
    if (nodes[at + type] !== object) continue;
    const key = strings[nodes[at + name] ?? 0] ?? "";
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

/** Counts calls of functions from here on. */
export function startCounting(): void {
  session.post("Profiler.enable");
  session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
  takeCalls();
}

/** Returns the functions that were called since the last time. */
export function takeCalls(): FunctionCount[] {
  const counts: FunctionCount[] = [];
  // The inspector of the own thread answers at once.
  session.post("Profiler.takePreciseCoverage", (error, { result }) => {
    if (error) throw error;
    for (const { url, functions } of result) {
      for (const { functionName: name, ranges } of functions) {
        const calls = ranges[0]?.count ?? 0;
        if (calls > 0) counts.push({ url, name, calls });
      }
    }
  });
  return counts;
}
