import { Readable } from "node:stream";

/** Bytes without an end, in chunks of a size. */
export function endless(size = 65_536): Readable {
  return new Readable({
    read() {
      this.push(Buffer.alloc(size, 1));
    },
  });
}
