import type { Readable } from "node:stream";

/** The outcome of many streams that were read at once. */
export interface RaceFigures {
  /** The most that one had, divided by what the last one had, whenever all had something and none was through. */
  readonly widest: number;
  /** The time of the last to finish, divided by that of the first. */
  readonly spread: number;
  /** Bytes of the one whose reader stops that had come when all others were through. */
  readonly stopped: number;
  /** Streams whose bytes were not all there, or not their own. */
  readonly wrong: number;
}

/** Milliseconds between two looks at the field. */
const interval = 5;

/** Reads streams at once, all at full speed but the first, whose reader stops until the others are through. */
export class Race {
  readonly #streams: readonly Readable[];
  readonly #bytes: number[];
  readonly #times: number[] = [];
  #wrong = 0;
  #widest = 1;

  /** Each stream brings chunks filled with its index, modulo 256. */
  constructor(streams: readonly Readable[]) {
    this.#streams = streams;
    this.#bytes = streams.map(() => 0);
  }

  /** Read all to their ends; each has so many bytes. */
  async run(size: number): Promise<RaceFigures> {
    const begun = performance.now();
    const [stopping, ...others] = this.#streams.map((stream, index) => this.#follow(stream, index));
    this.#streams[0]?.once("data", () => this.#streams[0]?.pause());
    const timer = setInterval(() => this.#look(size), interval);
    await Promise.all(others);
    clearInterval(timer);
    const [stopped = 0] = this.#bytes;
    const times = this.#times.map((time) => time - begun);
    this.#streams[0]?.resume();
    await stopping;
    return {
      widest: this.#widest,
      spread: Math.max(...times) / Math.min(...times),
      stopped,
      wrong: this.#wrong + this.#bytes.filter((bytes) => bytes !== size).length,
    };
  }

  async #follow(stream: Readable, index: number): Promise<void> {
    return new Promise((resolve, reject) => {
      stream.on("data", (chunk: Buffer) => {
        this.#bytes[index] = (this.#bytes[index] ?? 0) + chunk.length;
        if (chunk[0] !== index % 256 || chunk.at(-1) !== index % 256) this.#wrong++;
      });
      stream.once("error", reject);
      stream.once("end", () => {
        this.#times.push(performance.now());
        resolve();
      });
    });
  }

  #look(size: number): void {
    const [, ...racing] = this.#bytes;
    const [least, most] = [Math.min(...racing), Math.max(...racing)];
    if (least > 0 && most < size) this.#widest = Math.max(this.#widest, most / least);
  }
}
