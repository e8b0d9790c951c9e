import { Buffer } from "node:buffer";

/** The bytes that a piece of work moved and took. */
export interface Work {
  copied: number;
  decoded: number;
  allocated: number;
}

/** Runs `work` and counts what it asks of Buffer: bytes copied, bytes decoded to strings, bytes allocated. */
export function countWork(work: () => void): Work {
  const counts: Work = { copied: 0, decoded: 0, allocated: 0 };
  const undo = [
    replace(Buffer.prototype as Buffer, "copy", (original) => {
      return function (this: Buffer, ...args) {
        const copied = original.apply(this, args);
        counts.copied += copied;
        return copied;
      };
    }),
    replace(Buffer.prototype as Buffer, "toString", (original) => {
      return function (this: Buffer, ...args) {
        counts.decoded += this.length;
        return original.apply(this, args);
      };
    }),
    replace(Buffer, "allocUnsafeSlow", (original) => (size) => {
      counts.allocated += size;
      return original(size);
    }),
  ];
  try {
    work();
  } finally {
    for (const restore of undo) restore();
  }
  return counts;
}

function replace<T extends object, K extends keyof T>(
  owner: T,
  name: K,
  wrap: (original: T[K]) => T[K],
): () => void {
  const original = owner[name];
  owner[name] = wrap(original);
  return () => {
    owner[name] = original;
  };
}
