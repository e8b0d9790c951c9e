import type { Connection } from "@ipc/transport";

/** A connection to nowhere that keeps what is written, and wants more of it or not. */
export class WrittenConnection implements Connection {
  readonly address = "nowhere";
  readonly bufferedBytes = 0;
  readonly open = true;
  text = "";
  readonly #wantsMore: boolean;

  constructor(wantsMore = true) {
    this.#wantsMore = wantsMore;
  }

  send(chunk: Uint8Array | string): boolean {
    this.text += Buffer.from(chunk).toString();
    return this.#wantsMore;
  }

  sendAll(chunks: readonly Uint8Array[]): boolean {
    for (const chunk of chunks) this.send(chunk);
    return this.#wantsMore;
  }

  attach(): void {}
  pause(): void {}
  resume(): void {}
  close(): void {}
  abort(): void {}
  ref(): void {}
  unref(): void {}
}
