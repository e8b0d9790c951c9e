import { Readable } from "node:stream";
import type { Lost, SessionEnd } from "@ipc/protocol";
import { describe, expect, it } from "vitest";
import { type FaultyPair, faultyPair } from "./faulty-pair.ts";
import { hear, type Speaker } from "./hear.ts";

/** The events of a server or client from now on about what is lost and what is over, in order. */
function newsOf(from: Speaker): unknown[] {
  const news: unknown[] = [];
  from.on("lost", (lost) => news.push(textOf(lost as Lost)));
  from.on("disconnected", (_, end) => {
    const { reason, lost } = end as SessionEnd;
    news.push(lost === undefined ? reason : { [reason]: textOf(lost) });
  });
  return news;
}

function textOf({ unsent, unconfirmed }: Lost): string {
  const [sure, unsure] = [unsent, unconfirmed].map((events) =>
    events.map(({ event, data }) => `${event} ${JSON.stringify(data)}`).join(", "),
  );
  return `unsent: ${sure}; unconfirmed: ${unsure}`;
}

/** A client whose session was lost while it emitted something precious without a connection. */
async function pairWithSomethingUnsent(): Promise<FaultyPair & { news: unknown[] }> {
  const pair = await faultyPair({ recoveryWindow: 50 });
  const { faults, client, socket } = pair;
  const news = newsOf(client);
  faults.refuse("ECONNREFUSED");
  faults.cut();
  await hear(client, "disconnect");
  socket.emit("line", "precious");
  await hear(client, "disconnected");
  return { ...pair, news };
}

it("does not call lost what had arrived in a session that the server has ended and remembers", async () => {
  const { faults, server, client, socket } = await faultyPair({ maxParkedSessions: 0 });
  const lost: unknown[] = [];
  client.on("lost", ({ unsent, unconfirmed }) => lost.push(unsent, unconfirmed));
  const first = hear(server, "n");
  socket.emit("n", 1);
  await first;
  // It has been heard, and not acknowledged yet.
  const over = hear(client, "disconnected");
  faults.cut();
  await hear(client, "disconnect");
  const second = hear(server, "n");
  socket.emit("n", 2);
  await expect(over).resolves.toBe(socket);
  await expect(second).resolves.toBe(2);
  expect(lost).toEqual([]);
});

describe("what a client emits without a connection, in a session that is lost", () => {
  it("is carried by the next session, except what has a stream", async () => {
    const { faults, server, client, socket } = await faultyPair({ recoveryWindow: 50 });
    const news = newsOf(client);
    faults.refuse("ECONNREFUSED");
    faults.cut();
    await hear(client, "disconnect");
    socket.emit("line", "plain");
    socket.emit("file", Readable.from(["abc"]));
    await hear(client, "disconnected");
    const carried = hear(server, "line");
    faults.accept();
    await expect(carried).resolves.toBe("plain");
    const left = "unsent: file {}; unconfirmed: ";
    expect(news).toEqual([left, { lost: left }]);
  });

  it("is lost when the next session is over before it could take it", async () => {
    const { faults, server, client, news } = await pairWithSomethingUnsent();
    expect(news).toEqual(["lost"]);
    // Its welcome and its goodbye come in one chunk.
    server.on("connected", (remote) => remote.disconnect("full"));
    const lost = hear(client, "lost");
    const kicked = hear(client, "kicked");
    faults.accept();
    await Promise.all([lost, kicked]);
    expect(news).toEqual(["lost", 'unsent: line "precious"; unconfirmed: ', "kicked"]);
  });

  it("waits for the session after the next, if the server is only closing", async () => {
    const { faults, server, news } = await pairWithSomethingUnsent();
    const stopped = new Promise<void>((resolve) => {
      server.once("connected", () => resolve(server.stop()));
    });
    faults.accept();
    await stopped;
    const heard = hear(server, "line");
    await server.start();
    await expect(heard).resolves.toBe("precious");
    expect(news).toEqual(["lost", "server-closing"]);
  });
});

describe("a session whose client has begun another one", () => {
  it.each([
    ["that waits for a connection", "unsent: line 1; unconfirmed: "],
    ["whose connection hangs", "unsent: ; unconfirmed: line 1"],
  ])("%s tells what is lost before it is over", async (which, left) => {
    const pair = await faultyPair({}, { reconnect: which.includes("waits"), closeTimeout: 20 });
    const { faults, server, client, remote } = pair;
    const news = newsOf(server);
    if (which.includes("waits")) {
      faults.refuse("ECONNREFUSED");
      faults.cut();
      await hear(server, "disconnect");
    } else {
      faults.connection(0).stall();
    }
    remote.emit("line", 1);
    await client.disconnect();
    faults.accept();
    const next = hear(server, "connected");
    await client.connect();
    await expect(next).resolves.toMatchObject({ id: remote.id, closed: false });
    expect(news).toEqual([left, { replaced: left }]);
    expect([remote.closed, server.sockets.length]).toEqual([true, 1]);
  });
});
