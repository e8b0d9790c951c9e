import { describe, expect, it } from "vitest";
import { IPCClient, type IPCSocket } from "../src/index.ts";
import { faultyPair } from "./faulty-pair.ts";
import { hear } from "./hear.ts";

describe.each([
  ["in plaintext", {}],
  ["with a password", { password: "correct horse" }],
])("a client that reconnects, %s", (_, options) => {
  it("keeps its session, its sockets and what was emitted meanwhile", async () => {
    const { faults, server, client, socket, remote } = await faultyPair(options, options);
    const [heard, answered]: unknown[][] = [[], []];
    remote.on("n", (n) => heard?.push(n));
    socket.on("n", (n) => answered?.push(n));
    remote.join("room");
    remote.data["kept"] = true;
    socket.emit("n", 1);
    remote.emit("n", "a");
    const gone = hear(client, "disconnect");
    faults.cut();
    await expect(gone).resolves.toMatchObject({ reason: "peer-gone" });
    expect([socket.connected, socket.closed, client.connected]).toEqual([false, false, false]);
    socket.emit("n", 2);
    remote.emit("n", "b");
    server.to("room").emit("n", "c");
    await expect(hear(client, "connect")).resolves.toEqual({ recovered: true });
    await Promise.all([socket.flush(), remote.flush()]);
    expect(heard).toEqual([1, 2]);
    expect(answered).toEqual(["a", "b", "c"]);
    expect(client.socket).toBe(socket);
    expect(server.sockets).toEqual([remote]);
    expect(remote.data).toEqual({ kept: true });
  });

  it("has its calls answered once, whose connection is cut while they run", async () => {
    const { faults, client, socket, remote } = await faultyPair(options, options);
    let runs = 0;
    let finish: ((value: string) => void) | undefined;
    remote.handle("slow", () => {
      runs++;
      return new Promise((resolve) => {
        finish = resolve;
      });
    });
    const reply = socket.invoke("slow");
    await expect.poll(() => runs).toBe(1);
    faults.cut();
    await hear(client, "disconnect");
    finish?.("done");
    await expect(reply).resolves.toBe("done");
    expect(runs).toBe(1);
  });
});

describe("a session that is not taken up again", () => {
  it("ends when its window is over, and says what is not known to have arrived", async () => {
    const { faults, server, client, socket, remote } = await faultyPair({ recoveryWindow: 100 });
    faults.refuse("ECONNREFUSED");
    const lost = hear(server, "lost");
    const over = hear(server, "disconnected");
    const overHere = hear(client, "disconnected");
    faults.cut();
    await hear(client, "disconnect");
    remote.emit("n", 1);
    socket.emit("n", 2);
    await expect(lost).resolves.toMatchObject({ unsent: [{ event: "n", data: 1 }] });
    await over;
    await overHere;
    expect([socket.closed, remote.closed]).toEqual([true, true]);
    const next = hear(server, "connected");
    faults.accept();
    const heard = hear((await next) as IPCSocket, "n");
    await expect(heard).resolves.toBe(2);
  });
});

describe("a session whose client is back before the server knows that it was gone", () => {
  it("goes on although no more may wait, and ends none that does", async () => {
    const pair = await faultyPair(
      { maxParkedSessions: 1 },
      { heartbeatInterval: 20, heartbeatTimeout: 20 },
    );
    const { faults, transport, server, client, socket, remote } = pair;
    const away = new IPCClient("pair", { transport, reconnect: true, reconnectInterval: 60_000 });
    await away.connect();
    // One client is away, and takes the only place.
    faults.refuse("ECONNREFUSED");
    const failed = hear(away, "error");
    faults.connection(1).cut();
    await failed;
    faults.accept();
    const over: unknown[] = [];
    server.on("disconnected", ({ id }) => over.push(id));
    // The other one hears nothing more, and the server does not hear that it hangs up.
    const back = hear(remote, "connect");
    faults.connection(0).stall();
    await expect(back).resolves.toEqual({ recovered: true });
    await socket.flush();
    expect(over).toEqual([]);
    expect(client.socket).toBe(socket);
    await away.disconnect();
  });
});
