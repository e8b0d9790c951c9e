import { Buffer } from "node:buffer";
import type {
  CallFailure,
  CloseReason,
  EmitOptions,
  ErrorRecord,
  Feature,
  Hello,
  Welcome,
} from "../src/index.ts";
import { readNotation, writeNotation } from "./binary-notation.ts";
import type { Delivered } from "./delivered.ts";
import { Party } from "./party.ts";
import type { Side } from "./transcript.ts";

/** One side of a golden transcript, played by sessions: one for each connection. */
export class GoldenPlayer {
  readonly #side: Side;
  readonly #hello: Hello;
  readonly #features: readonly Feature[];
  readonly #parties: Party[] = [];
  readonly #words: string[] = [];
  readonly #written: Buffer[] = [];
  readonly #heard = new Map<Party, number>();
  /** The session of the application. */
  #own: Party;
  /** The session that the present connection belongs to. */
  #carrier: Party;

  constructor(side: Side, hello: Hello, features: readonly Feature[]) {
    this.#side = side;
    this.#hello = hello;
    this.#features = features;
    this.#own = this.#dial(undefined);
    this.#carrier = this.#own;
    this.#pump();
  }

  /** The deliveries so far, in the words of a transcript. */
  get delivered(): readonly string[] {
    return this.#words;
  }

  /** Everything written since it was last asked for. */
  takeBytes(): Buffer {
    return Buffer.concat(this.#written.splice(0));
  }

  feed(bytes: Uint8Array): void {
    this.#carrier.feed(bytes);
    const { phase } = this.#carrier;
    if (phase === "taken") this.#carrier = this.#own;
    else if (phase === "open") this.#begin();
    this.#pump();
  }

  /** Do what the application, the clock or the connection does in a step. */
  command(text: string): void {
    const space = `${text} `.indexOf(" ");
    const argument: unknown = space === text.length ? undefined : readNotation(text.slice(space));
    const act = this.#acts[text.slice(0, space)];
    if (act === undefined) throw new Error(`No command: ${text}`);
    act(argument);
    this.#pump();
  }

  readonly #acts: Readonly<Record<string, (argument: unknown) => void>> = {
    emit: (argument) => {
      const [event, data, options] = argument as [string, unknown, EmitOptions?];
      const { session, now } = this.#own;
      if (options === undefined) session.emit(event, data);
      else session.emitWith(event, data, options, now);
    },
    invoke: (argument) => {
      const [event, data, timeout] = argument as [string, unknown?, number?];
      this.#own.invoke(event, data, timeout);
    },
    cancel: (argument) => this.#own.session.calls.cancel(argument as number),
    reply: (argument) => this.#own.session.calls.reply(...(argument as [number, unknown])),
    fail: (argument) => this.#own.session.calls.replyError(...(argument as [number, ErrorRecord])),
    refuse: (argument) =>
      this.#own.session.calls.refuse(...(argument as [number, CallFailure, string])),
    ping: (argument) => this.#own.session.ping(argument as number),
    flush: (argument) => this.#own.session.flush(Object(argument) as object),
    accept: (argument) => {
      this.#carrier.accept(argument as Welcome);
      this.#begin();
    },
    resume: (argument) => {
      const [welcome, received, session] = argument as [Welcome, number, string];
      this.#own.session.resume(this.#carrier.handshake, welcome, { received, session });
      this.#carrier = this.#own;
    },
    ask: (argument) => this.#own.session.askToLeave(argument as number),
    leave: (argument) => this.#own.session.leave(argument as number, this.#own.now),
    close: (argument) => this.#own.close(...(argument as [CloseReason, string])),
    time: (argument) => {
      for (const party of this.#parties) party.tick(argument as number);
    },
    end: () => this.#carrier.disconnect(),
    dial: () => {
      this.#carrier = this.#dial(this.#own);
    },
  };

  /** The session of the connection is the application's: the one before it, if there is one, is lost. */
  #begin(): void {
    if (this.#own === this.#carrier) return;
    this.#own.session.lose(this.#carrier.session.recovery?.received);
    this.#own = this.#carrier;
  }

  #dial(former: Party | undefined): Party {
    const party = new Party(this.#side, {
      hello: this.#hello,
      accepts: former === undefined ? false : "never",
      features: this.#features,
      recovers: this.#features.includes("recovery"),
      former: this.#side === "client" ? former : undefined,
      now: former?.now ?? 0,
    });
    this.#parties.push(party);
    return party;
  }

  #pump(): void {
    // The bytes of a connection are for the session that began with it first.
    for (const party of this.#parties.toReversed()) {
      party.pump();
      this.#written.push(party.takeBytes());
      const heard = this.#heard.get(party) ?? 0;
      this.#heard.set(party, party.delivered.length);
      this.#words.push(...party.delivered.slice(heard).map(inWords));
    }
  }
}

/** The deliveries of a session, in the words of a transcript. */
function inWords(delivered: Delivered): string {
  const [kind, first] = delivered;
  switch (kind) {
    case "event": {
      const [, name, data] = delivered;
      const told = name === "ipc:report" ? (data as { code: string }).code : data;
      return `event ${String(writeNotation(told === undefined ? [name] : [name, told]))}`;
    }
    case "call":
    case "cancel": {
      const [, ...told] = delivered;
      return `${kind} ${String(writeNotation(told))}`;
    }
    case "reply": {
      const [, { event }, reply] = delivered;
      if (reply.type === "data") return `reply ${String(writeNotation([event, reply.data]))}`;
      const { name, message, code, cause } = reply.error;
      const told = { name, message, code, cause: cause instanceof Error ? `${cause}` : cause };
      return `failed ${JSON.stringify([event, told])}`;
    }
    case "closed":
    case "parked": {
      const { reason, message, error, byPeer } = delivered[1];
      const code = (error as { code?: string } | undefined)?.code;
      return `${kind} ${JSON.stringify({ reason, message, code, byPeer })}`;
    }
    case "resumed":
      return kind;
    case "hello":
    case "welcome":
    case "flushed":
    case "leave":
      return `${kind} ${JSON.stringify(first)}`;
  }
}
