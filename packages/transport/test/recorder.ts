import type { Connection, ConnectionHandler } from "../src/transport.ts";

/** A handler that keeps what it hears, and lets a test wait for it. */
export class Recorder implements ConnectionHandler {
  readonly chunks: Uint8Array[] = [];
  drains = 0;
  closes = 0;
  error: Error | undefined;
  #waiting: (() => void)[] = [];

  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  get byteCount(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  }

  handleChunk(chunk: Uint8Array): void {
    this.chunks.push(Uint8Array.from(chunk));
    this.#wake();
  }

  handleDrain(): void {
    this.drains += 1;
    this.#wake();
  }

  handleClose(error: Error | undefined): void {
    this.closes += 1;
    this.error = error;
    this.#wake();
  }

  /** Wait until the condition holds after something was heard. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }

  untilClosed(): Promise<void> {
    return this.until(() => this.closes > 0);
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/** Attach a new recorder to a connection. */
export function record(connection: Connection): Recorder {
  const recorder = new Recorder();
  connection.attach(recorder);
  return recorder;
}
