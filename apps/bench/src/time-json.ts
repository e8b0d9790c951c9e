import { performance } from "node:perf_hooks";
import { record } from "./payload.ts";

const line = JSON.stringify(record);

/** Records of 70 bytes that `JSON.stringify` encodes per second when nothing else happens. */
export function stringifiesPerSecond(times: number): number {
  let length = 0;
  const start = performance.now();
  for (let done = 0; done < times; done += 1) length += JSON.stringify(record).length;
  const took = performance.now() - start;
  if (length !== times * line.length) throw new Error("JSON.stringify lost something");
  return (times * 1000) / took;
}

/** Records of 70 bytes that `JSON.parse` decodes per second when nothing else happens. */
export function parsesPerSecond(times: number): number {
  let last: unknown;
  const start = performance.now();
  for (let done = 0; done < times; done += 1) last = JSON.parse(line);
  const took = performance.now() - start;
  if (JSON.stringify(last) !== line) throw new Error("JSON.parse lost something");
  return (times * 1000) / took;
}
