import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Initiator, PasswordKeys, type RecordOpener, type RecordSealer } from "@ipc/crypto";
import type { IPCServer } from "../src/index.ts";
import { endpoint, type TestPlace } from "./test-place.ts";

/** The part of a welcome that a member reads. */
export interface Greeting {
  readonly id: string;
  readonly token: string;
  readonly recovery?: { readonly session: string; readonly resumed: boolean } | undefined;
}

const keys = new PasswordKeys();

/** A client made of a socket, with a password or without: it says what it likes, and knows the password. */
export class Member {
  readonly #socket: Socket;
  #bytes = Buffer.alloc(0);
  #text = "";
  #sealer: RecordSealer | undefined;
  #opener: RecordOpener | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
    });
  }

  /** Connect, and have the handshake behind it. It is ended after the test. */
  static async connect(place: TestPlace, server: IPCServer, password?: string): Promise<Member> {
    const socket = connect(server.address ?? "");
    await once(socket, "connect");
    const member = new Member(socket);
    place.finally(() => member.destroy());
    const preface = { ipc: [1], role: "client", features: ["recovery"] };
    if (password === undefined) {
      socket.write(`${JSON.stringify({ ...preface, mode: "plain" })}\n`);
      await member.#line();
    } else {
      await member.#prove(preface, password);
    }
    return member;
  }

  /** Say a hello, and read the welcome. */
  async greet(hello: object): Promise<Greeting> {
    this.say(`${JSON.stringify({ hello })}\n`);
    const welcome = await this.hears(/\{"welcome":.*\}\n/);
    return (JSON.parse(welcome) as { welcome: Greeting }).welcome;
  }

  say(text: string): void {
    const bytes = Buffer.from(text);
    if (this.#sealer === undefined) this.#socket.write(bytes);
    else for (const record of this.#sealer.seal([bytes])) this.#socket.write(record);
  }

  /** Wait for a text behind the handshake; answers what was found. */
  async hears(text: RegExp | string): Promise<string> {
    for (;;) {
      this.#open();
      const found = typeof text === "string" ? this.#text.includes(text) : text.exec(this.#text);
      if (found !== null && found !== false) return found === true ? String(text) : found[0];
      await this.#more();
    }
  }

  destroy(): void {
    this.#socket.destroy();
  }

  async #prove(preface: object, password: string): Promise<void> {
    const initiator = new Initiator(await keys.derive(password, endpoint));
    const secrets = {
      random: randomBytes(32).toString("base64"),
      share: initiator.share.toString("base64"),
    };
    const own = JSON.stringify({ ...preface, mode: "secure", ...secrets });
    const ownPreface = Buffer.from(`${own}\n`);
    this.#socket.write(ownPreface);
    const peerPreface = await this.#line();
    const { share } = JSON.parse(peerPreface.toString()) as { share: string };
    const peerShare = Buffer.from(share, "base64");
    const awaiting = initiator.handleServerPreface({ ownPreface, peerPreface, peerShare });
    while (this.#bytes.length < 69) await this.#more();
    const { flight, sealer, opener } = awaiting.handleServerFinished(this.#take(69).subarray(4));
    this.#socket.write(flight);
    this.#sealer = sealer;
    this.#opener = opener;
  }

  #open(): void {
    if (this.#opener === undefined) {
      this.#text += this.#take(this.#bytes.length).toString();
      return;
    }
    while (this.#bytes.length >= 4 && this.#bytes.length >= 4 + this.#bytes.readUIntBE(1, 3)) {
      const record = this.#take(4 + this.#bytes.readUIntBE(1, 3));
      this.#text += this.#opener.open(record.subarray(4)).toString();
    }
  }

  async #line(): Promise<Buffer> {
    while (!this.#bytes.includes(10)) await this.#more();
    return this.#take(this.#bytes.indexOf(10) + 1);
  }

  #take(length: number): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(0, length));
    this.#bytes = this.#bytes.subarray(length);
    return taken;
  }

  async #more(): Promise<void> {
    if (this.#socket.destroyed) throw new Error(`The connection ended: ${this.#text}`);
    await Promise.race([once(this.#socket, "data"), once(this.#socket, "close")]);
  }
}
