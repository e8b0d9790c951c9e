import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { answer } from "../answer.ts";
import { readBrief } from "../read-brief.ts";
import { seeded } from "../seeded.ts";

/** A way between two processes that is bad on purpose. */
export interface ProxyBrief {
  /** The socket path that clients dial. */
  readonly from: string;
  /** The socket path of the server. */
  readonly to: string;
  readonly seed: number;
  /** Connections to break; the way is only slow and uneven after that. */
  readonly cuts: number;
  /** The mean of bytes that a connection carries before it breaks. */
  readonly bytes: number;
}

/** The requests that the proxy takes. */
export interface Proxy {
  open(): Promise<void>;
  /** Connections broken so far. */
  cuts(): number;
  close(): void;
}

const { from, to, seed, cuts: cutsToMake, bytes: meanBytes } = readBrief<ProxyBrief>();
const random = seeded(seed);
let cuts = 0;

/** A connection through the proxy, until it breaks. */
class Way {
  readonly #sides: readonly [Socket, Socket];
  #room = Infinity;

  constructor(client: Socket, server: Socket) {
    this.#sides = [client, server];
    for (const socket of this.#sides) {
      socket.on("error", () => undefined);
      socket.once("close", () => this.#end());
    }
    if (cuts < cutsToMake) this.#limit();
  }

  /** Carry bytes in both directions. */
  open(): void {
    const [client, server] = this.#sides;
    void this.#carry(client, server);
    void this.#carry(server, client);
  }

  /** Some connections break in their handshake, some after a time, most after a number of bytes. */
  #limit(): void {
    const draw = random();
    if (draw < 0.1) this.#room = random() * 600;
    else if (draw < 0.25) void sleep(random() * 100).then(() => this.#cut());
    else this.#room = -Math.log(1 - random()) * meanBytes;
  }

  async #carry(source: Socket, target: Socket): Promise<void> {
    try {
      const chunks: AsyncIterable<Buffer> = source;
      for await (const chunk of chunks) {
        for (const piece of pieces(chunk)) {
          const room = Math.floor(this.#room);
          this.#room -= piece.length;
          if (!target.write(piece.subarray(0, Math.max(0, room)))) await once(target, "drain");
          if (this.#room <= 0) this.#cut();
          if (random() < 0.002) await sleep(random() * 10);
        }
      }
    } catch {
      // The way is broken.
    }
    target.end();
  }

  #cut(): void {
    const [client, server] = this.#sides;
    if (client.destroyed || server.destroyed || cuts >= cutsToMake) return;
    cuts++;
    // One side may know it long before the other.
    const [first, second] = random() < 0.5 ? [client, server] : [server, client];
    first.removeAllListeners("close");
    first.destroy();
    if (random() < 0.5) second.destroy();
    else setTimeout(() => second.destroy(), random() * 50);
  }

  #end(): void {
    for (const socket of this.#sides) socket.destroySoon();
  }
}

/** A chunk as it is passed on: often whole, sometimes in two or three, sometimes byte by byte at first. */
function* pieces(chunk: Buffer): Generator<Buffer> {
  const draw = random();
  let rest = chunk;
  const size = draw < 0.1 ? 7 : draw < 0.4 ? chunk.length / 2 : chunk.length;
  for (let count = 0; count < 20 && rest.length > 0; count++) {
    const length = Math.max(1, Math.ceil(random() * size));
    yield rest.subarray(0, length);
    rest = rest.subarray(length);
  }
  if (rest.length > 0) yield rest;
}

const proxy = createServer((client) => {
  new Way(client, connect(to)).open();
});

const routines: Proxy = {
  async open() {
    proxy.listen(from);
    await once(proxy, "listening");
  },
  cuts: () => cuts,
  close() {
    proxy.close();
  },
};
answer(routines);
