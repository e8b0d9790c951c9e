import { PassThrough, Readable } from "node:stream";
import { ReadableStream } from "node:stream/web";
import { describe, expect, it } from "vitest";
import { isStreamable, kindOfStream, markSent, type Streamable } from "./streamable.ts";

async function* generator(): AsyncGenerator<number> {
  yield 1;
}

function codeOf(source: Streamable): unknown {
  try {
    return kindOfStream(source);
  } catch (error) {
    return (error as { code: unknown }).code;
  }
}

describe("a source of a stream", () => {
  it("is whatever for await reads", () => {
    const sources = [new PassThrough(), new ReadableStream(), generator()];
    expect(sources.map(isStreamable)).toEqual([true, true, true]);
    const others = [{}, [], new Map(), { [Symbol.asyncIterator]: 1 }, [1][Symbol.iterator]()];
    expect(others.map(isStreamable)).toEqual([false, false, false, false, false]);
  });

  it("carries bytes if it says so, and values otherwise", () => {
    expect(kindOfStream(new PassThrough())).toBe("ByteStream");
    expect(kindOfStream(Readable.from([1]))).toBe("ValueStream");
    expect(kindOfStream(generator())).toBe("ValueStream");
    expect(kindOfStream(new ReadableStream({ type: "bytes" }))).toBe("ByteStream");
    expect(kindOfStream(new ReadableStream())).toBe("ValueStream");
  });

  it("can still be read after it was looked at", () => {
    const stream = new ReadableStream({ type: "bytes" });
    kindOfStream(stream);
    expect(stream.locked).toBe(false);
  });

  it("has one reader", () => {
    const [sent, locked, destroyed] = [generator(), new ReadableStream(), new PassThrough()];
    markSent(sent);
    locked.getReader();
    destroyed.destroy();
    for (const source of [sent, locked, destroyed]) {
      expect(codeOf(source)).toBe("IPC_STREAM_NOT_SENDABLE");
    }
  });

  it("is over when it was read to its end", async () => {
    const read = Readable.from([]);
    await read.toArray();
    expect(codeOf(read)).toBe("IPC_STREAM_NOT_SENDABLE");
  });
});
