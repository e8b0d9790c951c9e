import { describe, expect, it } from "vitest";
import { CryptoError } from "./error.ts";
import {
  ConcurrencyGate,
  MAX_PASSWORD_BYTES,
  preparePassword,
  stretchPassword,
} from "./password.ts";

function reasonOf(password: unknown): string {
  try {
    preparePassword(password as string);
  } catch (error) {
    if (error instanceof CryptoError && error.is("IPC_PASSWORD_INVALID"))
      return error.context.reason;
    throw error;
  }
  return "none";
}

describe("preparing a password", () => {
  it("composes letters and makes every space the common one (RFC 8265, OpaqueString)", () => {
    expect(preparePassword("cafe\u0301").toString()).toBe("caf\u00e9");
    expect(preparePassword("a\u00a0b\u2003c\u3000d\u1680e").toString()).toBe("a b c d e");
    expect(preparePassword("\u03a9 \u2126").toString()).toBe("\u03a9 \u03a9");
    expect(preparePassword("Case Kept  Twice").toString()).toBe("Case Kept  Twice");
    expect(preparePassword("\u{1f511}").toString()).toBe("\u{1f511}");
  });

  it("takes bytes as they are, in memory of its own", () => {
    const bytes = Uint8Array.of(0, 10, 255);
    const prepared = preparePassword(bytes);
    expect([...prepared]).toEqual([0, 10, 255]);
    prepared.fill(1);
    expect([...bytes]).toEqual([0, 10, 255]);
    bytes.fill(2);
    expect([...prepared]).toEqual([1, 1, 1]);
  });

  it("refuses what cannot be one and says why, without quoting it", () => {
    expect(reasonOf("")).toContain("empty");
    expect(reasonOf(new Uint8Array(0))).toContain("empty");
    expect(reasonOf("secret\n")).toContain("control character");
    expect(reasonOf("secret\u0085")).toContain("control character");
    expect(reasonOf("secret\ud800")).toContain("surrogate");
    for (const other of [undefined, null, 5, ["secret"], { length: 3 }]) {
      expect(reasonOf(other)).toContain("neither a string");
    }
  });

  it("takes 65,536 bytes and no more", () => {
    for (const [length, refused] of [
      [MAX_PASSWORD_BYTES - 1, false],
      [MAX_PASSWORD_BYTES, false],
      [MAX_PASSWORD_BYTES + 1, true],
    ] as const) {
      expect(reasonOf("a".repeat(length)) !== "none").toBe(refused);
      expect(reasonOf(Buffer.alloc(length, 1)) !== "none").toBe(refused);
    }
    expect(reasonOf("\u00e9".repeat(MAX_PASSWORD_BYTES / 2 + 1))).toContain("longer");
  });
});

describe("stretching a password", () => {
  it("does not block the event loop", async () => {
    let turns = 0;
    let done = false;
    const count = (): void => {
      turns += 1;
      if (!done) setImmediate(count);
    };
    setImmediate(count);
    await stretchPassword(Buffer.from("password"), Buffer.from("salt"));
    done = true;
    expect(turns).toBeGreaterThan(100);
  });
});

interface Task {
  readonly name: string;
  readonly finish: () => void;
  readonly fail: () => void;
}

async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

describe("a gate of two", () => {
  it("lets two run, and starts the others in order as places become free, also by failure", async () => {
    const gate = new ConcurrencyGate(2);
    const started: Task[] = [];
    const run = async (name: string): Promise<string> =>
      gate.run(
        async () =>
          new Promise((resolve, reject) => {
            started.push({
              name,
              finish: () => {
                resolve(name);
              },
              fail: () => {
                reject(new Error(name));
              },
            });
          }),
      );
    const names = (): string => started.map(({ name }) => name).join("");

    const [a, b, c, d] = [run("a"), run("b"), run("c"), run("d")];
    await settled();
    expect(names()).toBe("ab");
    started[1]?.finish();
    expect(await b).toBe("b");
    await settled();
    expect(names()).toBe("abc");
    started[0]?.fail();
    await expect(a).rejects.toThrow("a");
    await settled();
    expect(names()).toBe("abcd");
    started[2]?.finish();
    started[3]?.finish();
    expect(await Promise.all([c, d])).toEqual(["c", "d"]);

    const last = [run("e"), run("f"), run("g")];
    await settled();
    expect(names()).toBe("abcdef");
    for (const task of started) task.finish();
    await settled();
    started.at(-1)?.finish();
    expect(await Promise.all(last)).toEqual(["e", "f", "g"]);
  });
});
