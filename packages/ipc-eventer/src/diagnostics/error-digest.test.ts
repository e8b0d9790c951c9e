import { FramingError } from "@ipc/framing";
import { ProtocolError } from "@ipc/protocol";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fakeAllTime } from "../../test/fake-all-time.ts";
import type { AnySocket } from "../ipc-socket.ts";
import { ErrorDigest } from "./error-digest.ts";

type Told = Error & { readonly context: { readonly count?: number } };

const told: Told[] = [];
const crowd = new ProtocolError("IPC_TOO_MANY_HANDSHAKES", "peer", "Too many.");
const garbage = new ProtocolError("IPC_NOT_IPC", "peer", "It speaks something else.");
const counts = (): unknown[] => told.map(({ context }) => context.count);
/** The errors that the sockets' own listeners were told. */
const toldOwn: Told[] = [];
const digestOf = (): ErrorDigest =>
  new ErrorDigest({
    all: (error) => void told.push(error as Told),
    own: (error) => void toldOwn.push(error as Told),
  });

/** All that a digest asks of a socket. */
function socketWith(listeners: number): AnySocket {
  return { listenerCount: () => listeners } as unknown as AnySocket;
}

let time: ReturnType<typeof fakeAllTime>;
beforeEach(() => {
  time = fakeAllTime();
});

afterEach(() => {
  time.restore();
  told.length = 0;
  toldOwn.length = 0;
});

describe("ErrorDigest", () => {
  it("tells of a crowd at the end of a second, and of nothing when nothing came", () => {
    const digest = digestOf();
    for (let count = 0; count < 500; count++) digest.add(crowd, undefined);
    vi.advanceTimersByTime(999);
    expect(counts()).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(counts()).toEqual([500]);
    vi.advanceTimersByTime(10_000);
    digest.add(crowd, undefined);
    vi.advanceTimersByTime(1_000);
    expect(counts()).toEqual([500, 1]);
    expect(told.map(({ message }) => message.split(", ")[0])).toEqual([
      "500 connections were refused within a second",
      "1 connection was refused within a second",
    ]);
  });

  it("tells of a crowd in whose way this side is as of any error", () => {
    const digest = digestOf();
    for (let count = 0; count < 14; count++) digest.add(crowd, undefined, true);
    expect(told).toEqual([crowd]);
    vi.advanceTimersByTime(1_000);
    expect(counts()).toEqual([undefined, 13]);
    expect(told[1]?.message).toBe(
      "13 more errors with the code IPC_TOO_MANY_HANDSHAKES within a second. The last of them: Too many.",
    );
  });

  it("tells of the last ones at once when asked, and once only", () => {
    const digest = digestOf();
    digest.flush();
    digest.add(crowd, undefined);
    digest.flush();
    vi.advanceTimersByTime(10_000);
    expect(counts()).toEqual([1]);
  });

  it("tells of the first of a kind at once, and of all more of that second at its end", () => {
    const other = new ProtocolError("IPC_VERSION_MISMATCH", "peer", "Another version.");
    const digest = digestOf();
    for (let count = 0; count < 500; count++) digest.add(garbage, undefined);
    digest.add(other, undefined);
    digest.add(other, undefined, true);
    expect(told).toEqual([garbage, other, other]);
    vi.advanceTimersByTime(1_000);
    expect(counts().slice(3)).toEqual([499]);
    expect(told.at(-1)).toMatchObject({
      code: "IPC_NOT_IPC",
      message:
        "499 more errors with the code IPC_NOT_IPC within a second. The last of them: It speaks something else.",
      cause: garbage,
    });
    digest.add(garbage, undefined);
    expect(told.at(-1)).toBe(garbage);
  });

  it("keeps what an application's own code threw as the cause of the sum", () => {
    const fault = new Error("the application's own");
    const failed = new ProtocolError("IPC_MIDDLEWARE_FAILED", "caller", "x", { cause: fault });
    const digest = digestOf();
    for (let count = 0; count < 3; count++) digest.add(failed, undefined);
    digest.flush();
    expect(told.map(({ cause }) => cause)).toEqual([fault, fault]);
  });

  it("sums up errors of the layers below under their own name and code", () => {
    const error = new FramingError("IPC_FRAMING_EMPTY_LINE", undefined as never);
    const digest = digestOf();
    for (let count = 0; count < 3; count++) digest.add(error, undefined);
    digest.flush();
    const { name, code } = error;
    expect(told[1]).toMatchObject({ name, code, context: { count: 2 }, cause: error });
  });

  it("has a sum of its own for each socket with listeners of its own, and one for all", () => {
    const [first, second, quiet] = [socketWith(1), socketWith(2), socketWith(0)];
    const digest = digestOf();
    for (const socket of [first, second, quiet, undefined, first]) digest.add(garbage, socket);
    expect(toldOwn).toEqual([garbage, garbage]);
    expect(told).toEqual([garbage]);
    digest.flush();
    expect(toldOwn.slice(2).map(({ context }) => context.count)).toEqual([1]);
    expect(counts().slice(1)).toEqual([4]);
  });
});
