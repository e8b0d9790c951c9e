import { createCipheriv, createDecipheriv } from "node:crypto";
import { Transform } from "node:stream";

const algorithm = "aes-256-gcm";
const tagBytes = 16;

/** Bytes of a sealed piece: what a file is read in, and its tag. */
const sealedBytes: number = 64 * 1024 + tagBytes;

/** A fixed key: only the time counts. */
const key: Buffer = Buffer.alloc(32);

/** Seals what goes through, chunk by chunk: the least that encrypting a file costs. */
export function gcmSealer(): Transform {
  let sequence = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      const cipher = createCipheriv(algorithm, key, nonce(sequence++));
      this.push(cipher.update(chunk));
      cipher.final();
      done(null, cipher.getAuthTag());
    },
  });
}

/** Opens what `gcmSealer` has sealed in chunks of 64 KiB. */
export function gcmOpener(): Transform {
  const cut = Buffer.allocUnsafeSlow(sealedBytes);
  let filled = 0;
  let sequence = 0;
  const open = (sealed: Buffer): Buffer => {
    const decipher = createDecipheriv(algorithm, key, nonce(sequence++));
    const opened = decipher.update(sealed.subarray(0, -tagBytes));
    decipher.setAuthTag(sealed.subarray(-tagBytes));
    decipher.final();
    return opened;
  };
  return new Transform({
    transform(chunk: Buffer, _, done) {
      for (let at = 0; at < chunk.length;) {
        const copied = chunk.copy(cut, filled, at);
        at += copied;
        filled += copied;
        if (filled === sealedBytes) {
          this.push(open(cut));
          filled = 0;
        }
      }
      done();
    },
    flush(done) {
      done(null, filled === 0 ? undefined : open(cut.subarray(0, filled)));
    },
  });
}

function nonce(sequence: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(sequence, 8);
  return bytes;
}
