import { setTimeout as sleep } from "node:timers/promises";
import { Context, Dealer, Publisher, Router, Subscriber } from "zeromq";
import type { Client, Contender, Server } from "../../contender.ts";
import { answersByHand, callsByHand } from "./calls-by-hand.ts";
import { ListenerMap } from "./listener-map.ts";
import { MessagePump } from "./message-pump.ts";

/** Shared by the process; by default it has 1,023 sockets at most. */
const context = new Context({ maxSockets: 32_768 });
/** Never drops a message, like the other contenders. */
const sends = { context, sendHighWaterMark: 0 };
const receives = { context, receiveHighWaterMark: 0 };
const probe = "probe";

/** An event as the parts of a message: its name, the kind of its data, the data. */
type Parts = [event: string, kind: "json" | "bytes", data: string | Buffer];

/** zeromq over ipc://: events through DEALER and ROUTER, broadcasts through PUB and SUB. */
export const zeromq: Contender = {
  async listen(path, serve) {
    const router = new Router({ ...sends, ...receives });
    const publisher = new Publisher(sends);
    const listeners = new ListenerMap<[peer: Buffer]>();
    const out = new MessagePump((parts: [Buffer, ...Parts]) => router.send(parts));
    const published = new MessagePump((parts: Parts) => publisher.send(parts));
    const events: Pick<Server<Buffer>, "on" | "emit"> = {
      on: (event, listener) => listeners.on(event, listener),
      emit: (peer, event, data) => void out.push([peer, ...encode(event, data)]),
    };
    const broadcast = (event: string, data: unknown): void => {
      published.push(encode(event, data));
    };
    serve<Buffer>({ ...events, handle: answersByHand(events), broadcast });
    listeners.on(probe, (name) => broadcast(String(name), null));
    await router.bind(`ipc://${path}`);
    await publisher.bind(`ipc://${path}-pub`);
    void (async () => {
      for await (const [peer, ...parts] of router) {
        if (peer !== undefined)
          deliver(parts, (event, data) => listeners.deliver(event, data, peer));
      }
    })();
  },

  client: (path) => new ZeromqClient(path),
};

class ZeromqClient implements Client {
  readonly #path: string;
  readonly #listeners = new ListenerMap<[]>();
  readonly invoke: Client["invoke"] = callsByHand(this);
  #dealer: Dealer | undefined;
  #subscriber: Subscriber | undefined;
  #out: MessagePump<Parts> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async connect(): Promise<void> {
    const dealer = new Dealer({ ...sends, ...receives, linger: 0 });
    const connected = new Promise<void>((resolve) => {
      dealer.events.on("handshake", () => resolve());
    });
    dealer.connect(`ipc://${this.#path}`);
    await connected;
    this.#dealer = dealer;
    this.#out = new MessagePump((parts) => dealer.send(parts));
    void receive(dealer, this.#listeners);
  }

  async disconnect(): Promise<void> {
    this.#dealer?.close();
    this.#subscriber?.close();
  }

  on(event: string, listener: (data: unknown) => void): void {
    this.#listeners.on(event, listener);
  }

  /** A subscription takes its time, and nothing tells when it is there: so asks to be told something. */
  async hear(event: string, listener: (data: unknown) => void): Promise<void> {
    const subscriber = new Subscriber({ ...receives, linger: 0 });
    const name = `probe-${Math.random()}`;
    const answer = { heard: false };
    this.on(event, listener);
    this.on(name, () => {
      answer.heard = true;
    });
    subscriber.connect(`ipc://${this.#path}-pub`);
    subscriber.subscribe(event, name);
    this.#subscriber = subscriber;
    void receive(subscriber, this.#listeners);
    while (!answer.heard) {
      this.emit(probe, name);
      await sleep(10);
    }
    subscriber.unsubscribe(name);
  }

  emit(event: string, data: unknown): boolean {
    return this.#out?.push(encode(event, data)) ?? false;
  }

  onceDrained(listener: () => void): void {
    this.#out?.onceDrained(listener);
  }
}

async function receive(socket: Dealer | Subscriber, listeners: ListenerMap<[]>): Promise<void> {
  for await (const parts of socket) {
    deliver(parts, (event, data) => listeners.deliver(event, data));
  }
}

function encode(event: string, data: unknown): Parts {
  return Buffer.isBuffer(data)
    ? [event, "bytes", data]
    : [event, "json", JSON.stringify(data ?? null)];
}

function deliver(parts: Buffer[], to: (event: string, data: unknown) => void): void {
  const [event, kind, data] = parts;
  if (event === undefined || kind === undefined || data === undefined) return;
  to(event.toString(), kind.toString() === "bytes" ? data : JSON.parse(data.toString()));
}
