/** Sends messages one after another, as a ZeroMQ socket wants it: it has one `send` at a time. */
export class MessagePump<Message> {
  readonly #send: (message: Message) => Promise<void>;
  readonly #queue: Message[] = [];
  #running = false;
  #drained: (() => void) | undefined;

  constructor(send: (message: Message) => Promise<void>) {
    this.#send = send;
  }

  /** False if many messages wait. */
  push(message: Message): boolean {
    this.#queue.push(message);
    if (!this.#running) void this.#run();
    return this.#queue.length < 1000;
  }

  onceDrained(listener: () => void): void {
    this.#drained = listener;
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#queue.length > 0) {
      for (const message of this.#queue.splice(0)) await this.#send(message);
    }
    this.#running = false;
    const drained = this.#drained;
    this.#drained = undefined;
    drained?.();
  }
}
