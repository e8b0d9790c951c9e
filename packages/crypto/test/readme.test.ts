import { readFileSync, readdirSync } from "node:fs";
import { afterEach, describe, expect, it, vi } from "vitest";
import * as crypto from "@ipc/crypto";
import * as error from "@ipc/crypto/error";
import * as sealing from "@ipc/crypto/seal";
import * as stream from "@ipc/crypto/secure-stream";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const folder = new URL("../examples/", import.meta.url);

const outputs: Record<string, string[]> = {
  "handshake.mjs": ["first words", "closed: true"],
  "sealed-message.mjs": [
    "106 bytes, beginning with IPCSEAL",
    "meet at noon",
    "IPC_ENVELOPE_CORRUPT",
    "IPC_ENVELOPE_TRUNCATED",
    "IPC_ENVELOPE_PASSWORD",
  ],
  "secure-socket.mjs": ["You said: hello", "IPC_AUTHENTICATION_FAILED"],
};

afterEach(() => {
  vi.restoreAllMocks();
});

describe("given the README", () => {
  it.each(readdirSync(folder))("shows %s as it is, and it runs", async (name) => {
    const source = readFileSync(new URL(name, folder), "utf8");
    expect(readme).toContain(`\`\`\`js\n${source}\`\`\``);
    const printed: unknown[] = [];
    vi.spyOn(console, "log").mockImplementation((text: unknown) => {
      printed.push(text);
    });
    await import(`../examples/${name.replace(".mjs", "")}.mjs`);
    expect(printed).toEqual(outputs[name]);
  });

  it("names every error code, and no other", () => {
    const source = readFileSync(new URL("../src/error.ts", import.meta.url), "utf8");
    expect(codes(readme)).toEqual(codes(source));
  });

  it("names every export", () => {
    const missing = Object.keys({ ...crypto, ...error, ...sealing, ...stream }).filter(
      (name) => !readme.includes(`\`${name}\``),
    );
    expect(missing).toEqual([]);
  });
});

function codes(text: string): string[] {
  return [...new Set(text.match(/IPC_[A-Z0-9_]+/g))].toSorted();
}
