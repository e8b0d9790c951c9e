// Measures the serializations beside JSON.stringify and JSON.parse alone, the shortest of several rounds in turn.
// Build first, then: node bench/serialization.mjs
import { Buffer } from "node:buffer";
import { performance } from "node:perf_hooks";
import { stdout } from "node:process";
import { serializationOf } from "@ipc/protocol";
import { advanced } from "@ipc/protocol/advanced";

const ROUNDS = 15;
const ROUND_MILLISECONDS = 20;

/** @param {number} count */
function rows(count) {
  return Array.from({ length: count }, (_, id) => {
    return { id, name: `row ${id}`, price: id * 1.25, open: id % 2 === 0, tags: ["a", "b"] };
  });
}

const event = { symbol: "ACME", bid: 101.25, ask: 101.5, size: 1200, at: "12:00" };
const tree = { user: { id: 7, name: "Ann" }, rights: ["read", "write"], page: { from: 0, to: 9 } };

/**
 * Data, and where it has no JSON text of its own, what one would send as JSON instead.
 * @type {[name: string, data: unknown, instead?: unknown][]}
 */
const samples = [
  ["an event of 70 bytes", event],
  ["a small tree", tree],
  ["a string of 1 KiB", "x".repeat(1024)],
  ["1,000 rows", rows(1000)],
  ["10,000 numbers", Array.from({ length: 10_000 }, (_, index) => index / 4)],
  ["1,000 rows with a $ in a text", rows(1000).map((row) => ({ ...row, name: "$5" }))],
  ["1,000 rows with a date", rows(1000).map((row) => ({ ...row, at: new Date(row.id) }))],
  ["a small tree with a bigint", { ...tree, id: 7n }, { ...tree, id: "7" }],
  ["a Map of 1,000 rows", new Map(rows(1000).map((row) => [row.name, row])), rows(1000)],
  ["1,000 times the same row", Array(1000).fill(rows(1)[0])],
];

/** @param {(() => unknown)[]} works */
function costs(works) {
  const counts = works.map((work) => {
    for (let count = 1; ; count *= 2) if (spent(work, count) > ROUND_MILLISECONDS) return count;
  });
  const least = works.map(() => Infinity);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, work] of works.entries()) {
      const count = counts[index] ?? 1;
      least[index] = Math.min(least[index] ?? Infinity, spent(work, count) / count);
    }
  }
  return least;
}

/**
 * @param {() => unknown} work
 * @param {number} count
 */
function spent(work, count) {
  const before = performance.now();
  for (let time = 0; time < count; time++) work();
  return performance.now() - before;
}

/** @param {readonly number[]} least */
function ratios([alone = 1, ...others]) {
  return others.map((one) => (one / alone).toFixed(2).padStart(8)).join("");
}

stdout.write(`${"JSON alone is 1".padEnd(30)}    encode: json advanced  decode: json advanced\n`);
for (const [name, data, instead = data] of samples) {
  const serializations = [serializationOf("json"), serializationOf(advanced)];
  const plainText = JSON.stringify(instead);
  const encode = costs([
    () => JSON.stringify(instead),
    ...serializations.map((one, index) => () => one.encode(index === 0 ? instead : data)),
  ]);
  const decode = costs([
    () => void JSON.parse(plainText),
    ...serializations.map((one, index) => {
      const encoded = one.encode(index === 0 ? instead : data);
      const { text = "", attachments: taken = [] } =
        typeof encoded === "object" ? encoded : { text: encoded };
      const attachments = taken.map((bytes) => Buffer.from(bytes));
      return () => one.decode(JSON.parse(text), text, attachments);
    }),
  ]);
  stdout.write(`${name.padEnd(38)}${ratios(encode)}      ${ratios(decode)}\n`);
}
