import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { describe, expect, it } from "vitest";
import { type AnyEvents, connectOrServe, type Membership } from "../src/index.ts";
import { TestPlace } from "./test-place.ts";

type Member = Membership<AnyEvents, AnyEvents>;

/** A member whose calls are answered with the server's name. */
function join(place: TestPlace, name: string): Promise<Member> {
  return connectOrServe("group", {
    directory: place.directory,
    serve: (server) => server.handle("who", () => name),
    connect: () => undefined,
  });
}

async function whoServes({ client }: Member): Promise<unknown> {
  return client?.socket?.invoke("who", undefined, { timeout: 60_000 });
}

describe("connectOrServe", () => {
  it("lets the first serve and the others connect", async () => {
    const place = new TestPlace();
    const first = await join(place, "first");
    const second = await join(place, "second");
    expect([first.role, second.role]).toEqual(["server", "client"]);
    await expect(whoServes(second)).resolves.toBe("first");
    await Promise.all([second.leave(), first.leave()]);
    expect([first.role, second.role]).toEqual(["none", "none"]);
  });

  it("lets exactly one of many serve that start at once", async () => {
    const place = new TestPlace();
    const members = await Promise.all(["a", "b", "c", "d", "e"].map((name) => join(place, name)));
    expect(members.map(({ role }) => role).toSorted()).toEqual([
      "client",
      "client",
      "client",
      "client",
      "server",
    ]);
    await Promise.all(members.map((member) => member.leave()));
  });

  it("lets another member take the place of a server that goes", async () => {
    const place = new TestPlace();
    const first = await join(place, "first");
    const others = [await join(place, "second"), await join(place, "third")];
    await first.leave();
    await expect
      .poll(() => others.map(({ role }) => role).toSorted(), { timeout: 60_000 })
      .toEqual(["client", "server"]);
    const client = others.find(({ role }) => role === "client");
    const server = others.find(({ role }) => role === "server");
    await expect.poll(() => client?.client?.connected, { timeout: 60_000 }).toBe(true);
    await expect(client && whoServes(client)).resolves.toBe(
      server === others[0] ? "second" : "third",
    );
    await Promise.all(others.map((member) => member.leave()));
  });

  it("rejects with what keeps both from being done", async () => {
    const place = new TestPlace();
    const first = await connectOrServe("group", {
      directory: place.directory,
      password: "correct horse",
      serve: () => undefined,
      connect: () => undefined,
    });
    await expect(join(place, "second")).rejects.toMatchObject({
      code: "IPC_PEER_REQUIRES_PASSWORD",
    });
    await first.leave();
  });

  it("refuses what either role could not begin with, whichever is free", async () => {
    const place = new TestPlace();
    const { directory } = place;
    const [serve, connect] = [(): undefined => undefined, (): undefined => undefined];
    for (const options of [
      undefined,
      null,
      "secret",
      { directory, serve },
      { directory, connect },
      { directory, serve, connect: "no function" },
      { directory, serve, connect, client: { recconnectInterval: 5 } },
      { directory, serve, connect, server: { owner: 5 } },
    ]) {
      const joined = connectOrServe("group", options as Parameters<typeof connectOrServe>[1]);
      await expect(joined).rejects.toMatchObject({ code: "IPC_INVALID_OPTION" });
    }
  });

  it("tells what keeps a member from serving later, and lets it serve when nothing does", async () => {
    const place = new TestPlace();
    const published: unknown[] = [];
    const keep = (message: unknown): void => void published.push(message);
    subscribe("ipc-eventer:error", keep);
    place.finally(() => void unsubscribe("ipc-eventer:error", keep));
    const first = await join(place, "first");
    const mistake = new Error("a mistake of the application");
    const told: unknown[] = [];
    const second = await connectOrServe("group", {
      directory: place.directory,
      // For so long an absent server is taken for one that is about to be there.
      client: { handshakeTimeout: 200 },
      serve: () => {
        if (first.role === "none" && told.length === 0) throw mistake;
      },
      connect: (client) =>
        client.on("error", (error) => {
          if (error === mistake) told.push(error);
        }),
    });
    await first.leave();
    await expect.poll(() => second.role, { timeout: 60_000 }).toBe("server");
    expect(told).toEqual([mistake]);
    expect(published).toContainEqual({ endpoint: "group", role: "server", error: mistake });
    await second.leave();
  });
});
