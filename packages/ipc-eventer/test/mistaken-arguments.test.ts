import { describe, expect, it } from "vitest";
import type { IPCServerSocket, IPCSocket } from "../src/index.ts";
import { TestPlace } from "./test-place.ts";

/** Arguments that a program without types may give. */
type Untyped = Record<string, (...values: unknown[]) => unknown>;

interface Scene {
  readonly socket: IPCSocket & Untyped;
  readonly remote: IPCServerSocket & Untyped;
  readonly targets: Readonly<Record<string, Untyped>>;
  readonly heard: unknown[];
}

/** Two ends, and all that sends; `heard` has what arrives at the first client or the server. */
async function open(): Promise<Scene> {
  const place = new TestPlace();
  const server = await place.serve();
  const { client, socket, remote } = await place.pair(server);
  const heard: unknown[] = [];
  for (const end of [socket, remote]) {
    end.onAny((event) => heard.push(event));
    end.handle("ask", () => heard.push("ask"));
  }
  const targets: unknown = {
    socket,
    remote,
    server,
    client,
    everyone: server.everyone,
    room: server.to("room"),
  };
  return { socket, remote, targets, heard } as Scene;
}

/** The part of an error that the caller is told. */
interface Refusal {
  readonly code: unknown;
  readonly message: string;
}

/** The error that a call throws, or its promise is rejected with. */
async function refusalOf(call: () => unknown): Promise<Refusal> {
  try {
    await call();
  } catch (error) {
    return error as Refusal;
  }
  return { code: "none", message: "It was not refused." };
}

function callback(): void {
  throw new Error("Nothing calls it.");
}

const calls = [
  ["socket", "emit", 'emit("x", [first, second])'],
  ["remote", "emit", 'emit("x", [first, second])'],
  ["remote", "broadcast", 'broadcast("x", [first, second])'],
  ["server", "broadcastAll", 'broadcastAll("x", [first, second])'],
  ["everyone", "emit", 'to(target).emit("x", [first, second])'],
  ["room", "emit", 'to(target).emit("x", [first, second])'],
] as const;

describe("what sends an event", () => {
  it.each(calls)("takes one value: %s.%s", async (target, method, instead) => {
    const { targets, heard, socket } = await open();
    for (const more of ["two", 2, [2], true, null, Buffer.from("two")]) {
      const refusal = {
        code: "IPC_INVALID_OPTION",
        message: expect.stringContaining(`Send an array or an object: ${instead}.`) as string,
      };
      expect(await refusalOf(() => targets[target]?.[method]?.("x", 1, more))).toMatchObject(
        refusal,
      );
    }
    await socket.flush();
    expect(heard).toEqual([]);
  });

  it.each(calls)("takes no callback: %s.%s", async (target, method) => {
    const { targets } = await open();
    for (const values of [[callback], [{}, callback]]) {
      const error = await refusalOf(() => targets[target]?.[method]?.("x", 1, ...values));
      expect(error).toMatchObject({ code: "IPC_INVALID_OPTION" });
    }
    const { message } = await refusalOf(() => targets[target]?.[method]?.("x", 1, callback));
    expect(message).toMatch(/takes no callback.*handle\(.*await.*invoke\(/);
  });

  it("has no options but those it has, and says which were meant", async () => {
    const { targets } = await open();
    const error = await refusalOf(() => targets["socket"]?.["emit"]?.("x", 1, { volitile: true }));
    expect(error).toMatchObject({ code: "IPC_INVALID_OPTION" });
    expect(error.message).toContain('Did you mean "volatile"?');
    expect(() => targets["socket"]?.["emit"]?.("x", 1, undefined, undefined)).not.toThrow();
  });

  it("leaves out a socket that there is, and sends to all by another name", async () => {
    const { targets, remote, heard } = await open();
    for (const values of [
      ["x", 1],
      [undefined, "x", 1],
      [{ id: remote.id }, "x", 1],
    ]) {
      expect(() => targets["server"]?.["broadcastExcept"]?.(...values)).toThrow("broadcastAll");
    }
    expect(() => targets["server"]?.["broadcastExcept"]?.(remote, "x", 1, 2)).toThrow(
      'broadcastExcept(socket, "x", [first, second])',
    );
    expect(heard).toEqual([]);
  });
});

describe("what makes a call", () => {
  it.each([
    ["socket", "invoke"],
    ["remote", "invoke"],
    ["room", "invokeAll"],
  ])("takes one value and options, and answers a promise: %s.%s", async (target, method) => {
    const { targets, heard } = await open();
    const call = (...values: unknown[]): Promise<Refusal> =>
      refusalOf(() => targets[target]?.[method]?.("ask", 1, ...values));
    const code = "IPC_INVALID_OPTION";
    for (const values of [[2], ["two"], [[2]], [{}, 3], [undefined, 3], [null]]) {
      const error = await call(...values);
      expect(error).toMatchObject({ code });
      expect(error.message).toContain(`${method}("ask", [first, second])`);
    }
    const answered = await call(callback);
    expect(answered).toMatchObject({ code });
    expect(answered.message).toContain(`const reply = await ${method}("ask", data)`);
    expect(await call({ timeOut: 5 })).toMatchObject({ code });
    expect((await call({ timeOut: 5 })).message).toContain('Did you mean "timeout"?');
    expect((await call({ signal: new AbortController() })).message).toContain("AbortSignal");
    expect(heard).toEqual([]);
  });
});

describe("what waits", () => {
  it.each([
    ["server", "start"],
    ["server", "handOver"],
    ["client", "connect"],
    ["server", "stop"],
    ["socket", "flush"],
  ])(
    "answers a promise, and refuses callbacks and unknown options: %s.%s",
    async (target, method) => {
      const { targets } = await open();
      const wait = (options: unknown): Promise<Refusal> =>
        refusalOf(() => targets[target]?.[method]?.(options));
      const code = "IPC_INVALID_OPTION";
      expect(await wait(callback)).toMatchObject({ code });
      expect((await wait(callback)).message).toContain(`Write: await ${method}().`);
      expect(await wait({ timout: 5 })).toMatchObject({ code });
      expect((await wait({ timout: 5 })).message).toContain('Did you mean "timeout"?');
      expect((await wait([5])).message).toContain(`${method}({ timeout: 1000 })`);
    },
  );

  it("ends as the listener of a signal of the process, which gives it a name and a number", async () => {
    const { targets } = await open();
    await targets["client"]?.["disconnect"]?.("SIGTERM", 15);
    await targets["server"]?.["handOver"]?.("SIGTERM", 15);
    await targets["server"]?.["stop"]?.("SIGTERM", 15);
    const { client } = targets;
    for (const values of [[callback], ["bye", { timout: 5 }], [{ timeout: 5 }]]) {
      const error = await refusalOf(() => client?.["disconnect"]?.(...values));
      expect(error).toMatchObject({ code: "IPC_INVALID_OPTION" });
    }
  });
});

describe("what ends a session with a reason", () => {
  it("takes it as text, and ends nothing otherwise", async () => {
    const { socket, remote, targets } = await open();
    const { server } = targets;
    for (const reason of [{ text: "bye" }, 5, true, null, callback]) {
      const error = { code: "IPC_INVALID_OPTION" };
      for (const end of [socket, remote] as Untyped[]) {
        expect(await refusalOf(() => end["disconnect"]?.(reason))).toMatchObject(error);
      }
      const kick = await refusalOf(() => server?.["disconnectClient"]?.(remote.id, reason));
      expect(kick).toMatchObject(error);
      expect(kick.message).toContain('disconnectClient(id, "bye")');
    }
    await socket.flush();
    expect([socket.connected, remote.connected]).toEqual([true, true]);
  });
});

describe("what registers", () => {
  it("refuses unknown options, and what is no signal", async () => {
    const { socket, remote, targets } = await open();
    const code = "IPC_INVALID_OPTION";
    for (const end of [socket, remote, targets["server"], targets["client"]] as Untyped[]) {
      const error = await refusalOf(() => end["handle"]?.("y", () => 1, { concurency: 1 }));
      expect(error).toMatchObject({ code });
      expect(error.message).toContain('Did you mean "concurrency"?');
      expect(() => end["handle"]?.("y", () => 1, { concurrency: 1 })).not.toThrow();
    }
    for (const method of ["on", "once"]) {
      for (const options of [{ sginal: 1 }, { signal: new AbortController() }, true]) {
        const error = await refusalOf(() => socket[method]?.("y", () => 1, options));
        expect(error).toMatchObject({ code });
      }
    }
    expect(
      await refusalOf(() => (socket as Untyped)["onAny"]?.(() => 1, { once: true })),
    ).toMatchObject({
      code,
    });
    expect(socket.listenerCount("y")).toBe(0);
  });
});
