import { Buffer } from "node:buffer";
import type { Dice } from "./dice.ts";

const names = ["e", "a", "__proto__", "error", "ipc:x", "ipc:report", "x".repeat(70)];

const values: readonly string[] = [
  "1",
  "null",
  '"text"',
  "[]",
  '{"__proto__":{"x":1},"a":[1,2,{}]}',
  '{"$$bin":[0,"Buffer"]}',
  `[${"{},".repeat(40)}1]`,
  "[".repeat(140) + "]".repeat(140),
  '["B","e",1]',
  "0.5e-7",
  "1e999",
];

/** The messages that a peer makes up: of the protocol, most of them right, in an order that no program has. */
export class RandomWords {
  readonly #dice: Dice;
  /** One of so many words is wrong; 0 for none. */
  readonly #wrongOneIn: number;
  #callId = 0;
  #streamId = 0;
  /** Messages of the other side that this one has acknowledged. */
  acknowledged = 0;

  constructor(dice: Dice, wrongOneIn: number) {
    this.#dice = dice;
    this.#wrongOneIn = wrongOneIn;
  }

  /** Words that a session takes in any order, and goes on after. */
  harmless(): string {
    switch (this.#dice.roll(4)) {
      case 0:
        return `["e",${this.#dice.roll(9)}]\n`;
      case 1:
        return `[${++this.#callId},"a"]\n`;
      case 2:
        return this.#opening("ByteStream");
      default:
        return '{"ping":0}\n';
    }
  }

  /** Any word. `sent` is how many messages the other side has written on lane 0. */
  next(sent: number): string {
    const dice = this.#dice;
    const isWrong = this.#wrongOneIn > 0 && dice.roll(this.#wrongOneIn) === 0;
    const word = this.#word(sent, isWrong);
    return isWrong && dice.roll(2) === 0 ? this.#mutate(word) : word;
  }

  #word(sent: number, isWrong: boolean): string {
    const dice = this.#dice;
    switch (dice.roll(isWrong ? 20 : 15)) {
      case 0:
        return `["${this.#pick(names)}",${this.#pick(values)}]\n`;
      case 1:
        return this.#frame(`["e",{"$bin":[0,"Buffer"]}]`, "x".repeat(dice.roll(3_000)));
      case 2:
        return `[${this.#call(isWrong)},"${this.#pick(names)}",${this.#pick(values)}]\n`;
      case 3:
        return `[${this.#call(isWrong)},"a","${"x".repeat(dice.roll(5_000))}"]\n`;
      case 4:
        return `{"cancel":${1 + dice.roll(this.#callId + (isWrong ? 2 : 0) || 1)}}\n`;
      case 5:
        return this.#reply();
      case 6:
        return this.#ack(sent, isWrong);
      case 7:
        return '{"ping":'.concat(String(dice.roll(3)), "}\n");
      case 8:
      case 9:
        return this.#opening(dice.roll(2) === 0 ? "ByteStream" : "ValueStream");
      case 10:
        return this.#frame(`{"stream":{"id":${this.#stream()}}}`, "x".repeat(1 + dice.roll(400)));
      case 11:
        return `{"stream":{"id":${this.#stream()},"data":${this.#pick(values)}}}\n`;
      case 12:
        return `{"stream":{"id":${this.#stream()},"${this.#pick(["end", "end", "data"])}":true}}\n`;
      case 13:
        return `{"stream":{"id":${1 + dice.roll(2)},"credit":${1 + dice.roll(3_000)}}}\n`;
      case 14:
        return `~${dice.roll(8)} ${dice.roll(300)}\n`;
      case 15:
        return `{"stream":{"id":${dice.roll(4)},"cancel":{"error":{"name":"E","message":"m"}}}}\n`;
      case 16:
        return this.#pick([
          '{"leave":5}\n',
          '{"hello":{}}\n',
          '{"welcome":{"id":"a","token":"b"}}\n',
          '{"pong":1}\n',
          '{"error":"IPC_REFUSED"}\n',
        ]);
      case 17:
        return '{"bye":{"reason":"requested"}}\n';
      case 18:
        return this.#frame(
          `["e",${this.#pick(values)}]`,
          ...this.#pick([["1"], ["1", "2"], ["x"]]),
        );
      default:
        return this.#pick([
          "*99999999999 x",
          "~9 1\n",
          "~0 70000\n",
          "\r\n",
          "\n",
          "*1",
          "[",
          "\u0000",
        ]);
    }
  }

  #call(isWrong: boolean): number {
    return isWrong && this.#dice.roll(2) === 0 ? this.#dice.roll(3) : ++this.#callId;
  }

  /** The id of a stream that may be open. */
  #stream(): number {
    return 1 + this.#dice.roll(this.#streamId || 1);
  }

  #opening(kind: string): string {
    const id = String(++this.#streamId);
    const line = `["s",{"$bin":[0,"${kind}"]}]`;
    return this.#frame(this.#dice.roll(3) > 0 ? line : `[${++this.#callId},${line.slice(1)}`, id);
  }

  #reply(): string {
    const id = 1 + this.#dice.roll(3);
    return this.#pick([
      `{"reply":{"id":${id},"data":${this.#pick(values)}}}\n`,
      `{"reply":{"id":${id}}}\n`,
      `{"reply":{"id":${id},"error":{"name":"E","message":"m","cause":{"value":1}}}}\n`,
      `{"reply":{"id":${id},"failure":"IPC_NO_HANDLER","message":"m"}}\n`,
    ]);
  }

  #ack(sent: number, isWrong: boolean): string {
    const beyond = isWrong ? 2 : 0;
    const count = this.acknowledged + this.#dice.roll(sent - this.acknowledged + 1 + beyond || 1);
    this.acknowledged = Math.max(this.acknowledged, Math.min(count, sent));
    return `{"ack":${count}}\n`;
  }

  #frame(line: string, ...attachments: readonly string[]): string {
    const lengths = attachments.map((one) => Buffer.byteLength(one)).join(",");
    return `*${lengths} ${line}\n${attachments.join("")}`;
  }

  /** Changes, cuts or doubles a part of a word. */
  #mutate(word: string): string {
    const at = this.#dice.roll(word.length);
    switch (this.#dice.roll(4)) {
      case 0:
        return word.slice(0, at) + word.slice(at + 1 + this.#dice.roll(5));
      case 1:
        return word.slice(0, at) + String.fromCharCode(this.#dice.roll(256)) + word.slice(at + 1);
      case 2:
        return word.slice(0, at) + word;
      default:
        return word.slice(0, at);
    }
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#dice.roll(list.length)] as T;
  }
}
