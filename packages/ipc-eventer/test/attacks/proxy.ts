import { Buffer } from "node:buffer";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

export type Side = "client" | "server";

/** The change to one part of what a side sends: its preface, a record, a refusal. Parts of a connection count from 0. */
export type Rewrite = (part: Buffer, index: number, by: Side) => readonly Buffer[];

export interface ProxyOptions {
  readonly rewrite?: Rewrite;
  /** Ends the connection after so many bytes of one side. */
  readonly cut?: { readonly by: Side; readonly after: number };
}

const passOn: Rewrite = (part) => [part];

/** Stands between one client and a server: records what both say, and rewrites it. */
export class Proxy {
  /** The parts that each side sent, whole ones only, before they were rewritten. */
  readonly parts: Readonly<Record<Side, Buffer[]>> = { client: [], server: [] };
  readonly #server: Server;
  readonly #target: string;
  readonly #rewrite: Rewrite;
  readonly #cut: ProxyOptions["cut"];
  readonly #rest: Record<Side, Buffer> = { client: Buffer.alloc(0), server: Buffer.alloc(0) };
  readonly #passed: Record<Side, number> = { client: 0, server: 0 };
  readonly #sockets = new Set<Socket>();

  private constructor(target: string, { rewrite = passOn, cut }: ProxyOptions) {
    this.#target = target;
    this.#rewrite = rewrite;
    this.#cut = cut;
    this.#server = createServer((socket) => this.#join(socket));
  }

  /** Listen at a path, in front of the server at another. */
  static async open(path: string, target: string, options: ProxyOptions = {}): Promise<Proxy> {
    const proxy = new Proxy(target, options);
    proxy.#server.listen(path);
    await once(proxy.#server, "listening");
    return proxy;
  }

  /** All bytes that both sides said in whole parts. */
  get captured(): Buffer {
    return Buffer.concat([...this.parts.client, ...this.parts.server]);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    if (this.#server.listening) await once(this.#server, "close");
  }

  #join(client: Socket): void {
    const server = connect(this.#target);
    this.#carry("client", client, server);
    this.#carry("server", server, client);
  }

  #carry(by: Side, from: Socket, to: Socket): void {
    let index = 0;
    this.#sockets.add(from);
    from.on("error", () => undefined);
    from.on("close", () => {
      this.#sockets.delete(from);
      to.end();
    });
    from.on("data", (chunk: Buffer) => {
      this.#rest[by] = Buffer.concat([this.#rest[by], chunk]);
      for (;;) {
        const length = lengthOfPart(this.#rest[by]);
        if (length === 0 || this.#rest[by].length < length) return;
        const part = this.#rest[by].subarray(0, length);
        this.#rest[by] = this.#rest[by].subarray(length);
        this.parts[by].push(part);
        const rewritten = this.#rewrite(Buffer.from(part), index++, by);
        for (const bytes of rewritten) this.#pass(by, bytes, to);
      }
    });
  }

  #pass(by: Side, bytes: Buffer, to: Socket): void {
    const cut = this.#cut?.by === by ? this.#cut.after - this.#passed[by] : Infinity;
    this.#passed[by] += bytes.length;
    to.write(bytes.subarray(0, Math.max(0, cut)));
    if (bytes.length >= cut) for (const socket of this.#sockets) socket.end();
  }
}

/** A part with some bits of one byte turned. */
export function flip(part: Buffer, at: number, mask: number): Buffer {
  const flipped = Buffer.from(part);
  flipped[at] = (flipped[at] ?? 0) ^ mask;
  return flipped;
}

/** One part of one side becomes others. */
export function instead(
  by: Side,
  index: number,
  make: (part: Buffer) => readonly Buffer[],
): Rewrite {
  return (part, at, side) => (side === by && at === index ? make(part) : [part]);
}

/** Bytes of the part at the beginning, 0 while that is not known. */
function lengthOfPart(bytes: Buffer): number {
  if (bytes[0] !== 0x17) return bytes.indexOf(0x0a) + 1;
  return bytes.length < 4 ? 0 : 4 + bytes.readUIntBE(1, 3);
}
