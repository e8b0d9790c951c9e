import { Buffer } from "node:buffer";
import { encodeLengthPrefixed, LengthPrefixDecoder } from "@ipc/framing";

// A type byte, a length of two bytes, the payload.
const format = { prefix: Uint8Array.of(0x17), lengthBytes: /** @type {const} */ (2) };
const bytes = Buffer.concat([
  ...encodeLengthPrefixed(Buffer.from("first"), format),
  ...encodeLengthPrefixed(Buffer.from("second"), format),
]);

const decoder = new LengthPrefixDecoder({ ...format, maxPayloadBytes: 16_384 });
const sink = {
  handlePayload(/** @type {Buffer} */ payload) {
    console.log(payload.toString());
    return true;
  },
};
decoder.decode(bytes.subarray(0, 10), sink);
decoder.decode(bytes.subarray(10), sink);
decoder.end();
