import { createWriteStream } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { IPCServer, type IPCServerOptions, RemoteError } from "ipc-eventer";
import { answer } from "../answer.ts";
import { createGauges, type Gauges } from "../gauges.ts";
import { gcmOpener } from "../gcm-pipe.ts";
import { Race, type RaceFigures } from "../race.ts";
import { readBrief } from "../read-brief.ts";

/** A server that takes streams, and beside it bare sockets that take the same. */
export interface TakerBrief {
  readonly endpoint: string;
  readonly options: IPCServerOptions;
  /** The address of a bare socket that takes bytes as they are. */
  readonly bare: string;
  /** The address of a bare socket that takes sealed bytes. */
  readonly sealed: string;
  /** The file to which the bytes are written. */
  readonly target: string;
}

/** The end of a stream that was broken off. */
export interface Break {
  readonly bytes: number;
  readonly message: string;
  /** True for an error of the other side. */
  readonly remote: boolean;
}

/** The traffic of the sessions. */
export interface Taking {
  echo(value: number): number;
  /** Write a file. */
  save(file: Readable): void;
  /** Read so many bytes and want no more, or all of them, and tell how that ended. */
  break(order: { readonly file: Readable; readonly most: number }): Break;
  /** Keep a stream for the next race. */
  run(stream: Readable): void;
}

/** The requests that the taker takes. */
export interface Taker extends Gauges {
  open(): Promise<void>;
  /** Read as many streams as have come for a race, all at once. */
  race(count: number, size: number): Promise<RaceFigures>;
}

const { endpoint, options, bare, sealed, target } = readBrief<TakerBrief>();
const server = new IPCServer<Taking, Taking>(endpoint, options);
const runners: Readable[] = [];

server.on("error", () => undefined);
server.handle("echo", (value) => value);
server.handle("save", async (file) => pipeline(file, createWriteStream(target)));
server.handle("break", async ({ file, most }): Promise<Break> => {
  let bytes = 0;
  file.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes >= most) file.destroy(new Error("enough"));
  });
  try {
    await pipeline(file, createWriteStream(target));
    return { bytes, message: "", remote: false };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { bytes, message, remote: error instanceof RemoteError };
  }
});
server.on("run", (stream) => runners.push(stream));

async function listen(path: string, isSealed: boolean): Promise<void> {
  const listener = createServer({ allowHalfOpen: true }, (socket) => {
    const file = createWriteStream(target);
    const saved = isSealed ? pipeline(socket, gcmOpener(), file) : pipeline(socket, file);
    void saved.then(() => socket.end("saved"));
  });
  listener.listen(path);
  await once(listener, "listening");
}

const taker: Taker = {
  ...createGauges(),
  async open() {
    await Promise.all([server.start(), listen(bare, false), listen(sealed, true)]);
  },
  race: async (count, size) => new Race(runners.splice(0, count)).run(size),
};
answer(taker);
