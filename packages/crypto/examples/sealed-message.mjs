import { Buffer } from "node:buffer";
import { CryptoError } from "@ipc/crypto/error";
import { open, seal } from "@ipc/crypto/seal";

const envelope = await seal("meet at noon", "correct horse battery staple");
console.log(`${envelope.length} bytes, beginning with ${envelope.toString("latin1", 0, 7)}`);

const message = await open(envelope, "correct horse battery staple");
console.log(message.toString());

const flipped = Buffer.from(envelope);
flipped.writeUInt8(flipped.readUInt8(80) ^ 1, 80);
for (const damaged of [flipped, envelope.subarray(0, 90)]) {
  try {
    await open(damaged, "correct horse battery staple");
  } catch (error) {
    console.log(error instanceof CryptoError ? error.code : error);
  }
}
try {
  await open(envelope, "a guess");
} catch (error) {
  console.log(error instanceof CryptoError ? error.code : error);
}
