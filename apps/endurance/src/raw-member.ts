import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const preface = '{"ipc":[1],"role":"client","mode":"plain","features":["recovery","streams"]}\n';

/** A frame with attachments. */
export function frame(line: string, ...attachments: readonly string[]): string {
  return `*${attachments.map(({ length }) => length).join(",")} ${line}\n${attachments.join("")}`;
}

/** A client that writes what it wants to the wire: it was accepted, and follows no rule from then on. */
export class RawMember {
  readonly #socket: Socket;
  #text = "";
  #over = false;
  #reads = true;
  /** The bytes that each stream may still send. */
  readonly credit = new Map<number, number>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => this.#read(text));
    socket.on("error", ignore);
    socket.on("close", () => {
      this.#over = true;
    });
  }

  /** Connect and say hello; with `waits` be accepted, too. */
  static async open(path: string, name: string, waits = true): Promise<RawMember> {
    const socket = connect(path);
    await once(socket, "connect");
    const member = new RawMember(socket);
    member.say(preface);
    await member.#hear('"role":"server"');
    member.say(`{"hello":{"name":"${name}"}}\n`);
    if (waits) await member.#hear('"welcome"');
    return member;
  }

  /** True once the server has ended the connection. */
  get over(): boolean {
    return this.#over;
  }

  /** Write; answers when the system has taken it, or the connection is over. */
  async sayAll(text: string): Promise<void> {
    if (this.say(text) || this.#over) return;
    // A server that reads no more is not waited for without end.
    for (let wait = 0; wait < 500 && this.#socket.writableNeedDrain && !this.#over; wait += 2) {
      await sleep(2);
    }
  }

  /** Write, and wait for nothing. False if the connection takes no more at present. */
  say(text: string): boolean {
    return !this.#over && this.#socket.write(text, "latin1");
  }

  /** Stop reading. */
  deafen(): void {
    this.#reads = false;
    this.#socket.pause();
  }

  end(): void {
    this.#over = true;
    this.#socket.destroy();
  }

  #read(text: string): void {
    if (!this.#reads) return;
    this.#text = (this.#text + text).slice(-100_000);
    for (const [, id, bytes] of text.matchAll(/"id":(\d+),"credit":(\d+)/g)) {
      this.credit.set(Number(id), (this.credit.get(Number(id)) ?? 0) + Number(bytes));
    }
  }

  async #hear(words: string): Promise<void> {
    for (let wait = 0; wait < 10_000 && !this.#text.includes(words); wait += 5) {
      if (this.#over) throw new Error(`The server has ended the connection before ${words}.`);
      await sleep(5);
    }
  }
}

function ignore(): void {
  // The server may end the connection at any time.
}
