import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { type IPCSocket, ProtocolError } from "../src/index.ts";
import { faultyPair } from "./faulty-pair.ts";
import { hear } from "./hear.ts";
import { TestPlace } from "./test-place.ts";

const kinds = ["connection", "session", "message", "call", "error"] as const;

/** Everything that is published until the end of the test, each as channel and message. */
function listenIn(place: TestPlace): {
  published: (readonly [string, unknown])[];
  stop: () => void;
} {
  const published: (readonly [string, unknown])[] = [];
  const stops = kinds.map((kind) => {
    const keep = (message: unknown): void => void published.push([kind, message]);
    subscribe(`ipc-eventer:${kind}`, keep);
    return () => unsubscribe(`ipc-eventer:${kind}`, keep);
  });
  const stop = (): void => {
    for (const one of stops) one();
  };
  place.finally(stop);
  return { published, stop };
}

/** One conversation with events, calls and a dropped event, and both sides of its end. */
async function converse(place: TestPlace): Promise<IPCSocket> {
  const server = await place.serve({ password: "tell nobody" });
  server.handle("ask", (data: unknown) => data);
  const { client, socket, remote } = await place.pair(server, {
    password: "tell nobody",
    name: "Ada",
    maxMessageBytes: 20_000,
  });
  const heard = hear(remote, "note");
  socket.emit("note", { secret: "s3cret" });
  await heard;
  await socket.invoke("ask", { secret: "s3cret" });
  remote.emit("large", "s3cret".repeat(5_000));
  const gone = hear(server, "disconnected");
  await client.disconnect("enough");
  await gone;
  return socket;
}

/** The messages of both sides about each of these. */
function bothSides(states: readonly object[]): unknown[] {
  return ["client", "server"].flatMap((role) =>
    states.map((state) => ({ endpoint: "meet", role, ...state })),
  );
}

function byText(one: unknown, other: unknown): number {
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;
}

describe("the diagnostics channels", () => {
  it("tell of connections, sessions, messages, calls and errors, in the documented shape", async () => {
    const place = new TestPlace();
    const { published } = listenIn(place);
    const { id } = await converse(place);
    const of = (kind: string): unknown[] =>
      published.flatMap(([told, message]) => (told === kind ? [message] : []));
    expect(of("connection").toSorted(byText)).toEqual(
      bothSides([{ state: "closed" }, { state: "open" }]),
    );
    expect(of("session").toSorted(byText)).toEqual(
      bothSides([
        { state: "closed", id, name: "Ada", reason: "requested" },
        { state: "open", id, name: "Ada", reason: undefined },
      ]),
    );
    expect(of("message")).toEqual([
      { direction: "outbound", event: "note", id },
      { direction: "inbound", event: "note", id },
      { direction: "outbound", event: "large", id },
    ]);
    expect(of("call")).toEqual([
      { direction: "outbound", event: "ask", id, call: true },
      { direction: "inbound", event: "ask", id, call: true },
    ]);
    expect(of("error")).toMatchObject([
      { endpoint: "meet", role: "server", error: { code: "IPC_MESSAGE_TOO_LARGE" } },
    ]);
  });

  it("tell once of the end of every connection, a replaced one's too, and what broke it", async () => {
    const { published } = listenIn(new TestPlace());
    const { faults, server, client } = await faultyPair({}, { closeTimeout: 20 });
    const again = hear(client, "connect");
    faults.cut();
    await again;
    // The goodbye is lost, and the client begins anew while the server waits.
    faults.connection(1).stall();
    await client.disconnect();
    const next = hear(server, "connected");
    await client.connect();
    await next;
    const told = published.map(([kind, message]) => {
      const { role, state, error } = message as { [name in "role" | "state"]: string } & {
        error?: { code: string };
      };
      return `${kind} ${role} ${error?.code ?? state}`;
    });
    const count = (text: string): number => told.filter((one) => one === text).length;
    for (const role of ["client", "server"]) {
      expect(count(`connection ${role} open`)).toBe(3);
      expect(count(`connection ${role} closed`)).toBe(2);
      expect(count(`error ${role} IPC_PEER_GONE`)).toBe(1);
    }
  });

  it("tell of an event for many once for each of them", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const { remote: ada } = await place.pair(server);
    const { remote: bob } = await place.pair(server);
    const { published } = listenIn(place);
    server.broadcastAll("all");
    ada.join("red").broadcast("others");
    server.to("red").emit("some");
    expect(published).toEqual(
      [
        ["all", ada.id],
        ["all", bob.id],
        ["others", bob.id],
        ["some", ada.id],
      ].map(([event, id]) => ["message", { direction: "outbound", event, id }]),
    );
  });

  it("do not tell of what was never emitted or called", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    server.use((early) => void early.emit("too early"));
    const { client, socket, remote } = await place.pair(server);
    const { published } = listenIn(place);
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    for (const emit of [
      () => socket.emit("error", new Error("mine")),
      () => socket.emit("cyclic", cyclic),
      () => socket.emit("x", 1, { ttl: -1 }),
      () => remote.emit(5 as unknown as string),
      () => server.broadcastAll("connected"),
    ]) {
      expect(emit).toThrow(ProtocolError);
    }
    for (const name of ["error", 5 as unknown as string]) {
      await expect(socket.invoke(name)).rejects.toBeInstanceOf(ProtocolError);
    }
    expect(published).toEqual([]);
    const gone = hear(server, "disconnected");
    const left = client.disconnect();
    expect(socket.emit("while it leaves")).toBe(true);
    await expect(socket.invoke("while it leaves")).rejects.toMatchObject({
      code: "IPC_CALL_LOST",
      context: { outcome: "not sent" },
    });
    await Promise.all([left, gone]);
    for (const over of [socket, remote]) {
      expect(over.emit("after the end")).toBe(false);
      await expect(over.invoke("after the end")).rejects.toMatchObject({ code: "IPC_CALL_LOST" });
    }
    const kept = { direction: "outbound", event: "while it leaves", id: socket.id };
    expect(published.filter(([kind]) => kind === "message" || kind === "call")).toEqual([
      ["message", kept],
    ]);
  });

  it("tell of what is emitted while the session waits for a connection", async () => {
    const { published } = listenIn(new TestPlace());
    const { faults, client, socket } = await faultyPair({ recoveryWindow: 60_000 });
    faults.refuse("ECONNREFUSED");
    const away = hear(client, "disconnect");
    faults.cut();
    await away;
    socket.emit("kept", 1);
    expect(published).toContainEqual([
      "message",
      { direction: "outbound", event: "kept", id: socket.id },
    ]);
  });

  it("never say what was sent, nor the password", async () => {
    const place = new TestPlace();
    const { published } = listenIn(place);
    await converse(place);
    const text = inspect(published, { depth: 10, showHidden: true });
    expect(text).toContain("IPC_MESSAGE_TOO_LARGE");
    expect(text).not.toContain("s3cret");
    expect(text).not.toContain("tell nobody");
    expect(text).not.toContain("token");
  });

  it("publish nothing without a subscriber", async () => {
    const place = new TestPlace();
    const { published, stop } = listenIn(place);
    stop();
    await converse(place);
    expect(published).toEqual([]);
  });
});
