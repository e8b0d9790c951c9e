import { ProtocolError } from "@ipc/protocol";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fakeAllTime } from "../../test/fake-all-time.ts";
import { TurnedAway } from "./turned-away.ts";

const told: ProtocolError[] = [];
const crowd = new ProtocolError("IPC_TOO_MANY_HANDSHAKES", "peer", "Too many.");
const counts = (): unknown[] => told.map(({ context }) => context["count"]);

let time: ReturnType<typeof fakeAllTime>;
beforeEach(() => {
  time = fakeAllTime();
});

afterEach(() => {
  time.restore();
  told.length = 0;
});

describe("TurnedAway", () => {
  it("tells of all of a second at its end, and of nobody when nobody came", () => {
    const turnedAway = new TurnedAway((error) => void told.push(error));
    for (let count = 0; count < 500; count++) turnedAway.add(crowd, false);
    vi.advanceTimersByTime(999);
    expect(counts()).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(counts()).toEqual([500]);
    vi.advanceTimersByTime(10_000);
    turnedAway.add(crowd, false);
    vi.advanceTimersByTime(1_000);
    expect(counts()).toEqual([500, 1]);
    expect(told.map(({ message }) => message.split(", ")[0])).toEqual([
      "500 connections were turned away within a second",
      "1 connection was turned away within a second",
    ]);
  });

  it("tells of the last ones at once when asked, and once only", () => {
    const turnedAway = new TurnedAway((error) => void told.push(error));
    turnedAway.flush();
    turnedAway.add(crowd, false);
    turnedAway.flush();
    vi.advanceTimersByTime(10_000);
    expect(counts()).toEqual([1]);
  });

  it("tells of garbage at once, and of all more of that second at its end", () => {
    const garbage = new ProtocolError("IPC_NOT_IPC", "peer", "It speaks something else.");
    const other = new ProtocolError("IPC_VERSION_MISMATCH", "peer", "Another version.");
    const turnedAway = new TurnedAway((error) => void told.push(error));
    for (let count = 0; count < 500; count++) turnedAway.add(garbage, false);
    turnedAway.add(other, false);
    turnedAway.add(other, true);
    expect(told).toEqual([garbage, other, other]);
    vi.advanceTimersByTime(1_000);
    expect(counts().slice(3)).toEqual([499]);
    expect(told.at(-1)).toMatchObject({
      code: "IPC_NOT_IPC",
      message:
        "499 more connections ended alike within a second. Of the last: It speaks something else.",
    });
    turnedAway.add(garbage, false);
    expect(told.at(-1)).toBe(garbage);
  });
});
