import { Buffer } from "node:buffer";
import {
  encodeFragments,
  encodeFrame,
  encodeLine,
  FragmentDecoder,
  FrameDecoder,
} from "@ipc/framing";

// A large frame leaves in fragments of 64 KiB, and a small one does not wait for all of them.
const lane = 7;
const large = encodeFrame('{"file":0}', [Buffer.alloc(100_000)]);
const [first = [], ...others] = encodeFragments(lane, large);
const small = Buffer.from(encodeLine('"small"'));
const sent = [...first, small, ...others.flat()];

const trains = new FragmentDecoder();
/** @type {import("@ipc/framing").FrameSink} */
const sink = {
  handleLine(text) {
    console.log(text);
    return true;
  },
  handleFragment(from, payload, last) {
    const frame = trains.push(from, payload, last);
    if (frame !== undefined) console.log(frame.text, `and ${frame.attachments[0]?.length} bytes`);
    return true;
  },
};
const decoder = new FrameDecoder();
for (const bytes of sent) decoder.decode(bytes, sink);
decoder.end();
