import { Buffer } from "node:buffer";
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Hello } from "../src/index.ts";
import { GoldenPlayer } from "./golden-player.ts";
import { readTranscript, type Side, type Transcript } from "./transcript.ts";

const folder = new URL("golden/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".txt"));

/** Plays one side with a session; the other side's bytes come from the transcript, in pieces of `size`. */
function replay({ steps, hello, features }: Transcript, side: Side, size: number): void {
  const player = new GoldenPlayer(side, hello as Hello, features);
  const [sent, written, delivered]: [Buffer[], Buffer[], string[]] = [[], [], []];
  const compare = (): void => {
    written.push(player.takeBytes());
    expect(Buffer.concat(written).toString("latin1")).toBe(Buffer.concat(sent).toString("latin1"));
    expect(player.delivered).toEqual(delivered);
  };
  for (const { by, kind, bytes, text } of steps) {
    if (by === side && kind.startsWith("sends")) {
      sent.push(bytes);
    } else if (by === side && kind === "delivers") {
      delivered.push(text);
    } else if (by === side) {
      compare();
      player.command(text);
    } else if (kind === "sends") {
      for (let at = 0; at < bytes.length; at += size) player.feed(bytes.subarray(at, at + size));
    }
  }
  compare();
}

describe.each(files)("the golden transcript %s", (file) => {
  const transcript = readTranscript(new URL(file, folder));
  it.each(transcript.roles)("is what the %s says, byte for byte", (side) => {
    replay(transcript, side, Infinity);
    replay(transcript, side, 1);
  });
});
