import { readdirSync, readFileSync } from "node:fs";
import { afterEach, describe, expect, it, vi } from "vitest";
import * as framing from "@ipc/framing";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const folder = new URL("../examples/", import.meta.url);

const outputs: Record<string, string[]> = {
  "length-prefixed.mjs": ["first", "second"],
  "line-socket.mjs": ['{"picture":7} and 300 bytes'],
  "stream-pipeline.mjs": ['{"hello":"world"} ', '{"picture":0} 89504e47'],
};

afterEach(() => {
  vi.restoreAllMocks();
});

describe("given the README", () => {
  it.each(readdirSync(folder))("shows %s as it is, and it runs", async (name) => {
    const source = readFileSync(new URL(name, folder), "utf8");
    expect(readme).toContain(`\`\`\`js\n${source}\`\`\``);
    const printed: string[] = [];
    vi.spyOn(console, "log").mockImplementation((...values: unknown[]) => {
      printed.push(values.map(print).join(" "));
    });
    await import(`../examples/${name.replace(".mjs", "")}.mjs`);
    expect(printed).toEqual(outputs[name]);
  });

  it("names every error code, and no other", () => {
    const source = readFileSync(new URL("../src/framing-error.ts", import.meta.url), "utf8");
    expect(codes(readme)).toEqual(codes(source));
  });

  it("names every export", () => {
    const missing = Object.keys(framing).filter((name) => !readme.includes(`\`${name}\``));
    expect(missing).toEqual([]);
  });
});

function print(value: unknown): string {
  if (!Array.isArray(value)) return String(value);
  return value.map((bytes: Buffer) => bytes.toString("hex")).join(" ");
}

function codes(text: string): string[] {
  return [...new Set(text.match(/IPC_FRAMING_[A-Z0-9_]+/g))].toSorted();
}
