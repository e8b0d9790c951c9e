import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { beforeEach, describe, expect, test } from "vitest";
import { FaultWorld } from "../test/fault-world.ts";
import { record, Recorder } from "../test/recorder.ts";
import { createMemoryTransport } from "./memory-transport.ts";
import type { Connection } from "./transport.ts";
import { createFaults, type Faults } from "./faults.ts";

let world: FaultWorld;

beforeEach(async () => {
  world = await FaultWorld.create();
});

describe("given several connections", () => {
  test("steers one of them, also one that is still to come", async () => {
    world.faults.split(2);
    world.faults.connection(1).split(1);
    world.faults.connection(1).cutAfter(3, "toServer");
    for (let index = 0; index < 3; index++) {
      const { client } = await world.connect();
      client.send("abcd");
    }
    expect(world.faults.connectionCount).toBe(3);
    world.turn();
    const arrived = [0, 1, 2].map((index) => world.faults.connection(index).arrived("toServer"));
    expect(arrived).toEqual([4, 3, 4]);
    expect(world.faults.arrived("toServer")).toBe(11);
  });

  test("lets what is said of all replace what was said of one", async () => {
    world.faults.connection(0).stall();
    world.faults.release();
    const { client, atServer } = await world.connect();
    client.send("free");
    world.turn();
    expect(atServer.text).toBe("free");
  });

  test("cuts those that are open, and none to come", async () => {
    const [first, second] = [await world.connect(), await world.connect()];
    world.faults.connection(2).split(1);
    world.faults.cut();
    const third = await world.connect();
    world.turn();
    expect([first, second, third].map(({ atClient }) => atClient.closes)).toEqual([1, 1, 0]);
  });
});

describe("given refused dials", () => {
  test("fails as many as the test says, with its code", async () => {
    world.faults.refuse("EAGAIN", 2);
    expect([await world.dial(), await world.dial(), await world.dial()]).toEqual([
      "EAGAIN",
      "EAGAIN",
      "connected",
    ]);
    expect(world.faults.connectionCount).toBe(1);
  });

  test("fails all until the test lets them through", async () => {
    world.faults.refuse("ECONNREFUSED");
    expect([await world.dial(), await world.dial()]).toEqual(["ECONNREFUSED", "ECONNREFUSED"]);
    world.faults.accept();
    expect(await world.dial()).toBe("connected");
    world.faults.refuse("ECONNREFUSED");
    world.faults.clear();
    expect(await world.dial()).toBe("connected");
  });
});

describe("given a wrong argument", () => {
  test.each<[string, (to: Faults) => void]>([
    ["a chunk of no bytes", (to) => to.split(0)],
    ["half a byte", (to) => to.split(1.5)],
    ["no number", (to) => to.split("3" as unknown as number)],
    ["a negative delay", (to) => to.delay(-1)],
    ["a delay beyond what timers know", (to) => to.delay(0x8000_0000)],
    ["a negative offset", (to) => to.cutAfter(-1, "toServer")],
    ["a negative index", (to) => to.connection(-1)],
    ["no dials", (to) => to.refuse("EAGAIN", 0)],
    ["a code of our own", (to) => to.refuse("IPC_WRONG_OWNER" as "E")],
    ["a cut before the dial", (to) => to.connection(0).cut()],
  ])("refuses %s", (_, command) => {
    expect(() => command(world.faults)).toThrow(
      expect.objectContaining({ code: "IPC_TRANSPORT_OPTION" }) as Error,
    );
  });

  test("takes the least and the most of each", () => {
    world.faults.delay(0x7fff_fffe);
    world.faults.delay(0x7fff_ffff);
    world.faults.split(1);
    world.faults.delay(0);
    world.faults.refuse("EAGAIN", 1);
  });

  test("refuses faults that were made by hand", () => {
    expect(() => createMemoryTransport({ faults: {} as Faults })).toThrow(
      "was not made by createFaults",
    );
  });
});

describe("given connections that are over", () => {
  test("keeps nothing of their ends, however long the faults live", async () => {
    setFlagsFromString("--expose-gc");
    const collectGarbage = runInNewContext("gc") as () => void;
    const faults = createFaults();
    const ends: WeakRef<Connection>[] = [];
    const use = async (): Promise<void> => {
      const transport = createMemoryTransport({ faults });
      const handleConnection = (server: Connection): void => {
        ends.push(new WeakRef(server));
        server.attach(new Recorder());
      };
      await transport.listen("here", { handleConnection, handleError() {} });
      const client = await transport.dial("here");
      ends.push(new WeakRef(client));
      const heard = record(client);
      client.close();
      await heard.untilClosed();
    };
    await use();
    const kept = (): number => {
      collectGarbage();
      return ends.filter((end) => end.deref() !== undefined).length;
    };
    await expect.poll(kept).toBe(0);
    expect(faults.connectionCount).toBe(1);
  });
});
