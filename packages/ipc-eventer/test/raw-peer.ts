import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** The preface of a plain client. */
export const preface = '{"ipc":[1],"role":"client","mode":"plain"}\n';

/** The same with a feature of the protocol that it offers. */
export function prefaceWith(feature: string): string {
  return preface.replace("}", `,"features":["${feature}"]}`);
}

/** The hello of a plain client. */
export const hello = '{"hello":{"name":"raw"}}\n';

/** A peer made of nothing but a socket: it says what it likes and keeps what it is told. */
export class RawPeer {
  readonly socket: Socket;
  /** Fulfilled when the other side has ended or cut the connection. */
  readonly closed: Promise<void>;
  #text = "";
  #wake: (() => void) | undefined;

  /** Takes over a connected socket. */
  constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once("close", () => resolve());
    });
    socket.setEncoding("utf8");
    // The other side may reset the connection.
    socket.on("error", () => undefined);
    socket.on("close", () => this.#wake?.());
    socket.on("data", (text: string) => {
      this.#text += text;
      this.#wake?.();
    });
  }

  /** Connect to a socket path. */
  static async connect(path: string): Promise<RawPeer> {
    const socket = connect(path);
    await once(socket, "connect");
    return new RawPeer(socket);
  }

  /** All that was received. */
  get text(): string {
    return this.#text;
  }

  /** Send text or bytes as they are. Answers false when the system takes no more. */
  say(text: string | Uint8Array): boolean {
    return this.socket.write(text);
  }

  /** Say a preface and a hello, and wait for the welcome. */
  async open(first: string = preface): Promise<void> {
    this.say(first + hello);
    await this.hears('"welcome"');
  }

  /** Wait until what was received contains a text. Rejects after 10 s, or when the stream ends without. */
  async hears(text: string): Promise<void> {
    const deadline = Date.now() + 10_000;
    while (!this.#text.includes(text)) {
      if (this.socket.destroyed || Date.now() > deadline) {
        throw new Error(`Heard "${this.#text.slice(0, 500)}", and no "${text}" in it.`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1_000);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  destroy(): void {
    this.socket.destroy();
  }
}
