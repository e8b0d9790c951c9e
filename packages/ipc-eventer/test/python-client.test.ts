import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { hear } from "./hear.ts";
import { Program } from "./program.ts";
import { TestPlace } from "./test-place.ts";
import type { IPCServerSocket } from "../src/index.ts";

const hasPython = spawnSync("python3", ["--version"]).status === 0;
const [legs, events] = [8, 50];

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** What the program prints. */
interface Seen {
  readonly sum: unknown;
  readonly echo: unknown;
  readonly refused: unknown;
  readonly file: unknown;
  readonly downs: unknown;
  readonly held: unknown;
  /** Messages that were sent again, by connection. */
  readonly resent: readonly number[];
  /** Lines that had come and were not read when the connection was cut. */
  readonly unread: number;
  readonly secrets: readonly string[];
  readonly unacknowledged: number;
}

interface File {
  readonly parts: readonly Buffer[];
  readonly escaped: unknown;
}

describe("a client in Python that was written from the specification", () => {
  it("holds one session over many connections, and neither side misses or doubles anything", async ({
    skip,
  }) => {
    if (!hasPython) skip("python3 is not installed");
    const place = new TestPlace();
    const server = await place.serve({ recoveryWindow: 60_000 });
    const ups: unknown[] = [];
    const halves: unknown[] = [];
    const answers: unknown[] = [];
    let recoveries = 0;
    let sessions = 0;
    server.on("connected", (socket: IPCServerSocket) => {
      sessions++;
      const held = new Map<unknown, (value: string) => void>();
      socket.handle("echo", (data: unknown) => {
        expect(data).toEqual({ $bin: { $$bin: 1 } });
        return data;
      });
      socket.handle("add", (terms: number[]) => terms.reduce((sum, term) => sum + term));
      socket.handle(
        "held",
        (leg: number) => new Promise<string>((resolve) => held.set(leg, resolve)),
      );
      socket.on("release", (leg: number) => held.get(leg)?.(`held ${leg}`));
      socket.on("connect", () => recoveries++);
      socket.on("up", (number: number) => {
        ups.push(number);
        socket.emit("down", 2 * number);
        socket.emit("down", 2 * number + 1);
      });
      socket.on("half", ({ leg, bytes }: { leg: number; bytes: Buffer }) => {
        halves.push([leg, bytes.length]);
      });
      socket.on("file", ({ parts, escaped }: File) => {
        socket.emit("file", { parts: parts.toReversed(), escaped });
        void socket.invoke("upper", "word").then((answer) => answers.push(answer));
        void socket.invoke("fail", null).catch((error: Error) => answers.push(error.name));
        void socket.invoke("missing").catch((error: Error) => answers.push(error));
      });
    });
    const over = hear(server, "disconnected");
    const { code, output } = await new Program("python/conversation.py", {
      args: [server.address ?? ""],
    }).ended;
    if (code !== 0) throw new Error(output);
    await over;
    const seen = JSON.parse(output) as Seen;
    expect(sessions).toBe(1);
    expect(ups).toEqual(numbers(legs * events));
    expect(seen.downs).toEqual(numbers(2 * legs * events));
    expect(halves).toEqual([0, 2, 4, 6].map((leg) => [leg, 1_000]));
    expect(seen.held).toEqual(numbers(legs).map((leg) => `held ${leg}`));
    expect(seen.sum).toBe(42);
    expect(seen.echo).toEqual({ $bin: { $$bin: 1 } });
    expect(seen.refused).toBe("IPC_NO_HANDLER");
    expect(seen.file).toEqual({
      parts: ["", Buffer.from(numbers(256)).toString("hex")],
      escaped: { $bin: [0, "no reference"] },
    });
    expect(answers).toEqual([
      "WORD",
      "KeyError",
      expect.objectContaining({ code: "IPC_NO_HANDLER" }),
    ]);
    // Each cut met something on its way, in both directions.
    expect(recoveries).toBeGreaterThanOrEqual(legs);
    expect(seen.unread).toBeGreaterThan(legs);
    expect(Math.max(...seen.resent)).toBeGreaterThan(0);
    expect(new Set(seen.secrets).size).toBe(legs + 1);
    expect(seen.unacknowledged).toBe(0);
  });
});
