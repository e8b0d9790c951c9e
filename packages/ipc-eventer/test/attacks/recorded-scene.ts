import type { Buffer } from "node:buffer";
import { afterAll, afterEach, beforeAll } from "vitest";
import type { Side } from "./proxy.ts";
import { Scene } from "./scene.ts";

/** A scene, and what an untouched session looks like on the way. */
export interface RecordedScene {
  readonly scene: Scene;
  readonly recorded: Readonly<Record<Side, readonly Buffer[]>>;
}

/** The scene of all tests of a file. After each of them the next honest client must be served. */
export function recordedScene(): RecordedScene {
  let made: RecordedScene | undefined;
  const get = (): RecordedScene => {
    if (made === undefined) throw new Error("The scene is set when the tests begin.");
    return made;
  };
  beforeAll(async () => {
    const scene = await Scene.set();
    const [proxy, path] = await scene.intercept();
    await scene.talkAt(path);
    made = { scene, recorded: proxy.parts };
  });
  afterAll(() => get().scene.end());
  afterEach(async () => {
    const { scene } = get();
    const next = await scene.talkAt();
    if (next.heard.length < 3) throw new Error("The next honest client was not served.");
    scene.errors.length = 0;
  });
  return {
    get scene() {
      return get().scene;
    },
    get recorded() {
      return get().recorded;
    },
  };
}

/** The part of either side that has its first event: behind a preface, a proof and a hello or welcome. */
export const firstEvent = 3;
