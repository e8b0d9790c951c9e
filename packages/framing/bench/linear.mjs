// Decodes 32 MiB as one chunk and in chunks of 1 KiB, and prints how much longer the latter takes.
// Build first, then: node bench/linear.mjs
import { Buffer } from "node:buffer";
import { stdout } from "node:process";
import { encodeFrame } from "@ipc/framing";
import { bestTime } from "./best-time.mjs";
import { decodeInChunks } from "./decode-in-chunks.mjs";

const BYTES = 32 * 1024 * 1024;
const sink = { handleLine: () => true };

const streams = {
  "one line": Buffer.from(`${"x".repeat(BYTES)}\n`),
  "one line of two-byte text": Buffer.from(`${"é".repeat(BYTES / 2)}\n`),
  "one attachment": Buffer.concat(encodeFrame("x", [Buffer.alloc(BYTES - 1)])),
  "lines of 70 bytes": Buffer.from(`${"x".repeat(69)}\n`.repeat(BYTES / 70)),
  "attachments of 1 byte": Buffer.from("*1 x\na".repeat(BYTES / 6)),
};

stdout.write("stream                       one chunk   1 KiB chunks   ratio\n");
for (const [name, bytes] of Object.entries(streams)) {
  const whole = bestTime(() => decodeInChunks(bytes, bytes.length, sink), 3);
  const cut = bestTime(() => decodeInChunks(bytes, 1024, sink), 3);
  const columns = [
    `${whole.toFixed(0)} ms`.padStart(10),
    `${cut.toFixed(0)} ms`.padStart(15),
    (cut / whole).toFixed(1).padStart(8),
  ];
  stdout.write(`${name.padEnd(28)}${columns.join("")}\n`);
}
