import { Buffer } from "node:buffer";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { createFrameDecoder, createFrameEncoder } from "@ipc/framing/streams";

const frames = [
  '{"hello":"world"}',
  { text: '{"picture":0}', attachments: [Buffer.from([0x89, 0x50, 0x4e, 0x47])] },
];

await pipeline(
  frames,
  createFrameEncoder(),
  createGzip(),
  createGunzip(),
  createFrameDecoder({ maxFrameBytes: 1024 }),
  async (/** @type {AsyncIterable<import("@ipc/framing").Frame>} */ decoded) => {
    for await (const { text, attachments } of decoded) console.log(text, attachments);
  },
);
