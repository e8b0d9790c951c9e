import { createReadStream } from "node:fs";
import { once } from "node:events";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { IPCClient, type IPCClientOptions } from "ipc-eventer";
import { answer } from "../answer.ts";
import { createGauges, type Gauges } from "../gauges.ts";
import { gcmSealer } from "../gcm-pipe.ts";
import { readBrief } from "../read-brief.ts";
import { measureRoundTrips } from "../round-trips.ts";
import type { Delays } from "./prober.ts";
import type { Break, Taking } from "./taker.ts";

/** A client with two connections, one of them idle, that sends a file. */
export interface GiverBrief {
  readonly endpoint: string;
  readonly options: IPCClientOptions;
  readonly source: string;
}

/** A file that was copied, and how long small calls took meanwhile. */
export interface Copy {
  readonly seconds: number;
  readonly busy: Delays;
  readonly idle: Delays;
}

/** The end of a stream that was broken off, as both sides saw it. */
export interface BreakView {
  readonly reader: Break;
  /** The code of the source's error, and the message behind it. */
  readonly code: string;
  readonly cause: string;
}

/** The requests that the giver takes. */
export interface Giver extends Gauges {
  open(): Promise<void>;
  /** Copy the file as a stream. */
  copy(): Promise<Copy>;
  /** Copy it over a bare socket; answers the seconds. */
  copyBare(path: string, isSealed: boolean): Promise<number>;
  /** Send the file to a reader that wants no more after so many bytes, or let the source fail there. */
  breakOff(who: "reader" | "source", bytes: number): Promise<BreakView>;
  /** Send streams for a race, chunks of 64 KiB. */
  send(count: number, size: number): Promise<void>;
  /** Ask for a sign of life, and tell how many sessions there have been. */
  sessions(): Promise<number>;
  close(): Promise<void>;
}

const { endpoint, options, source } = readBrief<GiverBrief>();
const busyClient = new IPCClient<Taking, Taking>(endpoint, options);
const idleClient = new IPCClient<Taking, Taking>(endpoint, options);
const chunkBytes = 64 * 1024;
let sessions = 0;

busyClient.on("connected", () => sessions++);
for (const client of [busyClient, idleClient]) client.on("error", () => undefined);

/** A stream of chunks that all are filled with one byte. */
function runner(byte: number, size: number): Readable {
  let left = size;
  return new Readable({
    read() {
      this.push(left > 0 ? Buffer.alloc(Math.min(left, chunkBytes), byte) : null);
      left -= chunkBytes;
    },
  });
}

const giver: Giver = {
  ...createGauges(),
  async open() {
    await Promise.all([busyClient.connect(), idleClient.connect()]);
  },
  async copy() {
    const [busy, idle] = await Promise.all([busyClient.connect(), idleClient.connect()]);
    const over = new AbortController();
    const trips = [
      measureRoundTrips(() => busy.invoke("echo", 1), over.signal),
      measureRoundTrips(() => idle.invoke("echo", 1), over.signal),
    ];
    const begun = performance.now();
    await busy.invoke("save", createReadStream(source), { timeout: 0 });
    const seconds = (performance.now() - begun) / 1000;
    over.abort();
    const [busyTrips, idleTrips] = await Promise.all(trips);
    if (busyTrips === undefined || idleTrips === undefined) throw new Error("no trips");
    return { seconds, busy: busyTrips, idle: idleTrips };
  },
  async copyBare(path, isSealed) {
    const socket = connect(path);
    await once(socket, "connect");
    const begun = performance.now();
    const file = createReadStream(source);
    const sent = isSealed
      ? pipeline(file, gcmSealer(), socket, { end: false })
      : pipeline(file, socket, { end: false });
    await sent;
    socket.end();
    await text(socket);
    return (performance.now() - begun) / 1000;
  },
  async breakOff(who, bytes) {
    const file = createReadStream(source);
    const failed = new Promise<Error>((resolve) => {
      file.once("error", resolve);
    });
    const closed = new Promise<void>((resolve) => {
      file.once("close", () => resolve());
    });
    const most = who === "reader" ? bytes : Number.MAX_SAFE_INTEGER;
    if (who === "source") {
      file.on("data", () => {
        if (file.bytesRead >= bytes) file.destroy(new Error("the disk is gone"));
      });
      file.pause();
    }
    const socket = await busyClient.connect();
    const reader = await socket.invoke("break", { file, most }, { timeout: 0 });
    const error = await failed;
    await closed;
    const code = "code" in error ? String(error.code) : error.message;
    return { reader, code, cause: error.cause instanceof Error ? error.cause.message : "" };
  },
  async send(count, size) {
    const socket = await busyClient.connect();
    for (let index = 0; index < count; index++) socket.emit("run", runner(index % 256, size));
    await socket.flush();
  },
  async sessions() {
    const socket = await busyClient.connect();
    await socket.invoke("echo", 1);
    return sessions;
  },
  async close() {
    await Promise.all([busyClient.disconnect(), idleClient.disconnect()]);
  },
};
answer(giver);
