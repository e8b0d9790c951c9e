import type {
  InboundStream,
  OutboundStream,
  ProtocolError,
  Streamable,
  StreamCarrier,
  StreamReader,
  StreamSource,
} from "../src/index.ts";

/** A source in a test: chunks that are there at once, or when a test says so, and then an end or an error. */
export class Well implements AsyncIterable<unknown>, StreamSource {
  /** The same as of a byte stream of Node.js. */
  readonly readableObjectMode: boolean;
  readonly chunks: unknown[];
  stream: OutboundStream | undefined;
  /** The number of times that the stream asked for a chunk. */
  pulls = 0;
  /** Why the stream wants no more. */
  stopped: ProtocolError | undefined;
  /** True to let `pull` wait until `flow`. */
  dry = false;
  #asked = false;
  readonly #failure: Error | undefined;

  constructor(chunks: readonly unknown[], readableObjectMode = false, failure?: Error) {
    this.chunks = [...chunks];
    this.readableObjectMode = readableObjectMode;
    this.#failure = failure;
  }

  // Never called: it is what makes it a stream.
  async *[Symbol.asyncIterator](): AsyncGenerator {
    yield this.chunks;
  }

  pull(): void {
    this.pulls++;
    this.#asked = true;
    if (!this.dry) this.flow();
  }

  stop(error: ProtocolError): void {
    this.stopped = error;
  }

  /** Answer what was asked. */
  flow(): void {
    do this.#give();
    while (this.#asked && !this.dry && this.stopped === undefined);
  }

  #give(): void {
    if (!this.#asked || this.stopped !== undefined) return;
    this.#asked = false;
    if (this.chunks.length > 0) this.#asked = this.stream?.push(this.chunks.shift()) === true;
    else if (this.#failure === undefined) this.stream?.end();
    else this.stream?.fail({ name: this.#failure.name, message: this.#failure.message });
  }
}

/** A reader in a test: what came, while it reads. */
export class Basin implements StreamReader {
  readonly stream: InboundStream;
  readonly chunks: unknown[] = [];
  /** True to read whatever comes. */
  reads = true;

  constructor(stream: InboundStream) {
    this.stream = stream;
    stream.reader = this;
  }

  wake(): void {
    if (this.reads) this.read();
  }

  /** Read all that is there, or so many chunks. */
  read(most = Infinity): void {
    for (let left = most; left > 0; left--) {
      const chunk = this.stream.read();
      if (chunk === undefined) return;
      this.chunks.push(chunk);
    }
  }

  get text(): string {
    return this.chunks.map(String).join("");
  }

  get bytes(): number {
    return this.chunks.reduce((sum: number, chunk) => sum + (chunk as Uint8Array).length, 0);
  }
}

/** The streams of one side's application: wells leave, basins arrive. */
export class Tank implements StreamCarrier {
  readonly basins: Basin[] = [];
  readonly discarded: [Streamable, ProtocolError][] = [];
  /** True for readers that read at once, false for those that wait to be told. */
  reads = true;

  send(source: Streamable, stream: OutboundStream): StreamSource {
    if (!(source instanceof Well)) throw new Error("not a well");
    source.stream = stream;
    return source;
  }

  discard(source: Streamable, error: ProtocolError): void {
    this.discarded.push([source, error]);
  }

  receive(stream: InboundStream): object {
    const basin = new Basin(stream);
    basin.reads = this.reads;
    // A message that had come before is read again after a cut, and its streams have no reader.
    if (this.basins.every((one) => one.stream.id !== stream.id)) this.basins.push(basin);
    return basin;
  }
}
