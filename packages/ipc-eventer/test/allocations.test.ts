import { AsyncResource } from "node:async_hooks";
import { EventEmitter } from "node:events";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { defaultLimits, MessageEncoder } from "@ipc/protocol";
import { realTime } from "@ipc/transport";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Handlers } from "../src/calls/handlers.ts";
import { RunningCalls } from "../src/calls/running-calls.ts";
import { type AnySocket, IPCSocket } from "../src/ipc-socket.ts";
import { Announcer } from "../src/socket/announcer.ts";
import { Peer } from "../src/socket/peer.ts";
import { begunHandshake } from "./begun-session.ts";
import { countingCarrier } from "./counting-carrier.ts";
import { hearAll } from "./hear.ts";
import { TestPlace } from "./test-place.ts";
import { WrittenConnection } from "./written-connection.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

afterEach(() => {
  vi.restoreAllMocks();
});

/** The inside of one end of a session, without what a session itself does. */
function makePeer(): { peer: Peer<AnySocket>; socket: IPCSocket } {
  const peer = new Peer<AnySocket>(
    begunHandshake(new WrittenConnection()),
    { limits: defaultLimits, encoder: new MessageEncoder(defaultLimits) },
    {
      announcer: new Announcer(new EventEmitter(), "client", "x"),
      handlers: new Handlers(),
      running: new RunningCalls(),
      validators: undefined,
      sendStacks: false,
      handleReport: () => undefined,
      handleParked: () => undefined,
      handleResumed: () => undefined,
      handleClosed: () => undefined,
    },
  );
  const socket = new IPCSocket({
    id: "a",
    name: "x",
    driver: peer.driver,
    callTimeout: 0,
    leave: () => undefined,
    onRejection: () => undefined,
  });
  peer.socket = socket;
  return { peer, socket };
}

/** So few that what they would take is not collected meanwhile. */
const times = 5_000;

/** So many that the compiler of the engine, which works beside, is through before the last. */
const measurements = 20;

/** Bytes that are no memory of an event: what is allocated now and then, by whatever. */
const least = 8;

/** Bytes of heap that one run of some work takes, of many: the least of some measurements. */
function bytesOf(work: () => void): number {
  let bytes = Infinity;
  for (let measurement = 0; measurement < measurements; measurement++) {
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let time = 0; time < times; time++) work();
    bytes = Math.min(bytes, (process.memoryUsage().heapUsed - before) / times);
  }
  return bytes;
}

describe("an event, in all but its session and the system", () => {
  it("takes no memory on its way out", () => {
    const { peer, socket } = makePeer();
    peer.driver.session.emit = () => true;
    expect(bytesOf(() => socket.emit("x", 1))).toBeLessThan(least);
  });

  it("takes none on its way to a listener", () => {
    const { peer, socket } = makePeer();
    let heard = 0;
    socket.on("x", (data: number) => void (heard += data));
    expect(bytesOf(() => peer.handleEvent("x", 1))).toBeLessThan(least);
    expect(heard).toBe(measurements * times);
  });
});

describe("a thousand events of one tick", () => {
  it("take an async scope for each event and listener, and a look at the clock for each chunk", async () => {
    const place = new TestPlace();
    const { transport, accepted } = countingCarrier();
    const server = await place.serve({ transport });
    const { socket, remote } = await place.pair(server, { transport });
    const heard = hearAll(remote, "x", 1_000);
    remote.on("x", () => undefined);
    accepted.reset();
    const scopes = vi.spyOn(AsyncResource.prototype, "runInAsyncScope");
    const looks = vi.spyOn(realTime, "now");
    for (let n = 0; n < 1_000; n++) socket.emit("x", n);
    await heard;
    expect(scopes).toHaveBeenCalledTimes(2_000);
    // Large chunks are measured, and each side may look at a deadline.
    expect(looks.mock.calls.length).toBeLessThanOrEqual(3 * accepted.received.length + 10);
  });
});
