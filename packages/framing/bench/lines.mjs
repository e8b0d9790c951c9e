// Decodes a stream of 70-byte lines in chunks of 64 KiB, and next to it parses the same lines as JSON.
// Build first, then: node bench/lines.mjs
import { Buffer } from "node:buffer";
import { stdout } from "node:process";
import { bestTime } from "./best-time.mjs";
import { decodeInChunks } from "./decode-in-chunks.mjs";

const LINES = 1_000_000;
const CHUNK_BYTES = 64 * 1024;

const json = JSON.stringify(["price", { symbol: "ACME", bid: 101.25, ask: 101.5, size: 1200 }]);
const line = json.padEnd(69, " ");
const bytes = Buffer.from(`${line}\n`.repeat(LINES));
let work = 0;

const counting = {
  /** @param {string} text */
  handleLine(text) {
    work += text.length;
    return true;
  },
};

const parsing = {
  /** @param {string} text */
  handleLine(text) {
    parse(text);
    return true;
  },
};

/** @param {string} text */
function parse(text) {
  if (Array.isArray(JSON.parse(text))) work++;
}

function parseAll() {
  for (let i = 0; i < LINES; i++) parse(line);
}

/**
 * @param {string} name
 * @param {number} time
 */
function report(name, time) {
  const rate = (LINES / time / 1000).toFixed(2);
  const each = ((time / LINES) * 1e6).toFixed(0);
  stdout.write(`${name.padEnd(24)} ${rate} M lines/s   ${each} ns/line\n`);
}

report(
  "decode",
  bestTime(() => decodeInChunks(bytes, CHUNK_BYTES, counting)),
);
report("JSON.parse alone", bestTime(parseAll));
report(
  "decode and JSON.parse",
  bestTime(() => decodeInChunks(bytes, CHUNK_BYTES, parsing)),
);
