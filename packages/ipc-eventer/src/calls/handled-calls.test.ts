import type { SessionSink } from "@ipc/protocol";
import { describe, expect, it } from "vitest";
import { begunSession } from "../../test/begun-session.ts";
import { WrittenConnection } from "../../test/written-connection.ts";
import type { Driver } from "../driver/driver.ts";
import { type AnySocket, IPCSocket } from "../ipc-socket.ts";
import { type Schemas, type StandardSchema, validatorsOf } from "../socket/schema.ts";
import { Handlers } from "./handlers.ts";
import { HandledCalls } from "./handled-calls.ts";
import { RunningCalls } from "./running-calls.ts";

/** The calls of a peer that says what a test lets it say. */
class Scene implements SessionSink {
  readonly handlers = new Handlers<AnySocket>();
  readonly reports: unknown[] = [];
  readonly calls: HandledCalls<AnySocket>;
  readonly socket: AnySocket;
  readonly #connection = new WrittenConnection();
  readonly #driver: Driver;

  constructor(schemas?: Schemas) {
    this.#driver = begunSession(this.#connection, this);
    this.socket = new IPCSocket({
      id: "a",
      name: "x",
      driver: this.#driver,
      callTimeout: 1_000,
      leave: () => undefined,
      onRejection: () => undefined,
    });
    this.calls = new HandledCalls(this.#driver, {
      handlers: this.handlers,
      running: new RunningCalls(),
      validators: validatorsOf(schemas),
      sendStacks: false,
      handleReport: (error) => this.reports.push(error),
    });
  }

  /** The peer says these lines. */
  hear(...lines: readonly string[]): void {
    this.#driver.handleChunk(Buffer.from(`${lines.join("\n")}\n`));
  }

  /** Returns the answers so far. */
  async answers(): Promise<unknown[]> {
    await new Promise((resolve) => setImmediate(resolve));
    const lines = this.#connection.text.split("\n");
    return lines
      .filter((line) => line.includes('"reply"'))
      .map((line): unknown => JSON.parse(line));
  }

  handleHello(): void {}
  handleWelcome(): void {}
  handleEvent(): void {}
  handleCall(id: number, event: string, data: unknown): void {
    this.calls.handle({ id, event, data, streams: undefined }, this.socket);
  }
  handleCancel(id: number): void {
    this.calls.cancel(id);
  }
  handleReply(): void {}
  handleClosed(): void {}
}

function schema(validate: StandardSchema["~standard"]["validate"]): StandardSchema {
  return { "~standard": { version: 1, vendor: "test", validate } };
}

describe("the calls of a peer", () => {
  it("are answered by the socket's own handler, or else by that of every peer", async () => {
    const scene = new Scene();
    scene.handlers.set("who", () => "everybody's");
    scene.hear('[1,"who"]');
    scene.socket.handle("who", (data: unknown) => `its own, of ${String(data)}`);
    scene.hear('[2,"who",5]');
    await expect(scene.answers()).resolves.toEqual([
      { reply: expect.objectContaining({ id: 1, data: "everybody's" }) as unknown },
      { reply: expect.objectContaining({ id: 2, data: "its own, of 5" }) as unknown },
    ]);
  });

  it("are refused without a handler", async () => {
    const scene = new Scene();
    scene.hear('[1,"nobody"]');
    const [answer] = await scene.answers();
    expect(JSON.stringify(answer)).toContain("IPC_NO_HANDLER");
    expect(scene.reports).toEqual([]);
  });

  it("are refused when their data does not fit, and a validator's own failure is reported", async () => {
    const failure = new Error("broken");
    const scene = new Scene({
      picky: schema(() => ({ issues: [] })),
      broken: schema(() => {
        throw failure;
      }),
    });
    for (const event of ["picky", "broken"]) scene.handlers.set(event, () => "never");
    scene.hear('[1,"picky",1]', '[2,"broken",1]');
    const text = JSON.stringify(await scene.answers());
    expect(text.match(/IPC_INVALID_DATA/g)).toHaveLength(2);
    expect(text).not.toContain("never");
    expect(scene.reports).toMatchObject([{ code: "IPC_INVALID_DATA", cause: failure }]);
  });

  it("abort the signals of their handlers when the peer gives one up, and all at the end", async () => {
    const scene = new Scene();
    const signals: AbortSignal[] = [];
    scene.handlers.set("slow", (_, { signal }) => {
      signals.push(signal);
      return new Promise(() => undefined);
    });
    scene.hear('[1,"slow"]', '[2,"slow"]', '{"cancel":1}', '{"cancel":7}');
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    scene.calls.cancelAll();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    await expect(scene.answers()).resolves.toEqual([]);
  });

  it("are forgotten when they have their outcome", async () => {
    const scene = new Scene();
    const signals: AbortSignal[] = [];
    scene.handlers.set("quick", (_, { signal }) => void signals.push(signal));
    scene.hear('[1,"quick"]');
    await expect(scene.answers()).resolves.toHaveLength(1);
    scene.calls.cancel(1);
    scene.calls.cancelAll();
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  });
});
