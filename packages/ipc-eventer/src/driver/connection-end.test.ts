import { setImmediate as loopTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { WrittenConnection } from "../../test/written-connection.ts";
import { ConnectionEnd } from "./connection-end.ts";

/** A connection that notes whether it is read, with a driver that takes so many milliseconds for each chunk. */
class Scene extends WrittenConnection {
  readonly steps: string[] = [];
  readonly end: ConnectionEnd;

  constructor(milliseconds: number) {
    super();
    this.end = new ConnectionEnd(this, {
      handleChunk: () => {
        const until = performance.now() + milliseconds;
        while (performance.now() < until);
      },
      handleDrain: () => undefined,
      handleClose: () => undefined,
    });
  }

  override pause(): void {
    this.steps.push("pause");
  }

  override resume(): void {
    this.steps.push("resume");
  }
}

const full = Buffer.alloc(64 * 1024);

describe("the end of a connection", () => {
  it("rests for a turn of the loop when what it reads takes long, so that others have their turn", async () => {
    const scene = new Scene(6);
    scene.end.handleChunk(full);
    expect(scene.steps).toEqual(["pause"]);
    await loopTurn();
    expect(scene.steps).toEqual(["pause", "resume"]);
  });

  it("does not rest after a small read, behind which nothing waits", async () => {
    const scene = new Scene(6);
    scene.end.handleChunk(full.subarray(1));
    await loopTurn();
    expect(scene.steps).toEqual([]);
  });

  it("is not read on by a turn while its driver wants nothing", async () => {
    const scene = new Scene(6);
    scene.end.handleChunk(full);
    scene.end.pause();
    await loopTurn();
    expect(scene.steps).not.toContain("resume");
    scene.end.resume();
    expect(scene.steps.at(-1)).toBe("resume");
  });
});
