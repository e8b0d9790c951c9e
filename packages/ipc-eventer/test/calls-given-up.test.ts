import { describe, expect, it } from "vitest";
import { bothWays } from "./both-ways.ts";
import { codeOf } from "./code-of.ts";
import { Gate } from "./gate.ts";
import { TestPlace } from "./test-place.ts";

describe("a call that is given up", () => {
  it("fails at once, and the handler's signal is aborted on the other side", async () => {
    for (const { asker, answerer } of await bothWays()) {
      const gate = new Gate();
      answerer.handle("wait", gate.handler);
      const giveUp = new AbortController();
      const call = asker.invoke("wait", 1, { signal: giveUp.signal });
      await gate.holds(1);
      const [signal] = gate.signals;
      expect(signal?.aborted).toBe(false);
      giveUp.abort(new Error("no need"));
      await expect(call).rejects.toMatchObject({
        code: "IPC_CALL_CANCELLED",
        cause: { message: "no need" },
      });
      await gate.aborted(1);
      expect(signal?.reason).toMatchObject({ code: "IPC_CALL_CANCELLED" });
      gate.open();
      answerer.handle("after", () => "fine");
      expect(await asker.invoke("after")).toBe("fine");
    }
  });

  it("is not even sent when its signal is aborted before", async () => {
    const [{ asker, answerer } = {} as never] = await bothWays();
    let ran = 0;
    answerer.handle("count", () => ++ran);
    expect(await codeOf(asker.invoke("count", 1, { signal: AbortSignal.abort() }))).toBe(
      "IPC_CALL_CANCELLED",
    );
    expect(await asker.invoke("count")).toBe(1);
  });

  it("fails when its time is over, by default that of the option callTimeout, and 0 is for ever", async () => {
    for (const { asker, answerer } of await bothWays({ callTimeout: 60 })) {
      const gate = new Gate();
      answerer.handle("wait", gate.handler);
      const forever = asker.invoke("wait", "long", { timeout: 0 });
      expect(await codeOf(asker.invoke("wait"))).toBe("IPC_CALL_TIMEOUT");
      expect(await codeOf(asker.invoke("wait", 1, { timeout: 5 }))).toBe("IPC_CALL_TIMEOUT");
      await gate.aborted(2);
      gate.open();
      expect(await forever).toBe("long");
    }
  });

  it("refuses a default that is no timeout", () => {
    for (const callTimeout of [-1, 2 ** 31, Number.NaN]) {
      expect(() => new TestPlace().client({ callTimeout })).toThrow(/callTimeout/);
    }
  });
});

describe("the end of a session", () => {
  it("fails its calls, tells what is known of them, and aborts the handlers' signals", async () => {
    for (const who of ["client leaves", "server kicks", "server stops"]) {
      const place = new TestPlace();
      const server = await place.serve();
      const { client, socket, remote } = await place.pair(server);
      const gates = [new Gate(), new Gate()] as const;
      socket.handle("wait", gates[0].handler);
      remote.handle("wait", gates[1].handler);
      const lost = Promise.allSettled([socket.invoke("wait"), remote.invoke("wait")]);
      await Promise.all(gates.map((gate) => gate.holds(1)));
      if (who === "client leaves") await client.disconnect("enough", { timeout: 500 });
      else if (who === "server kicks") remote.disconnect("enough");
      else await server.stop({ timeout: 500 });
      expect(await lost).toMatchObject(
        [1, 2].map(() => ({
          reason: { code: "IPC_CALL_LOST", context: { event: "wait", outcome: "unknown" } },
        })),
      );
      await Promise.all(gates.map((gate) => gate.aborted(1)));
      for (const gate of gates) gate.open();
      await expect(socket.invoke("wait")).rejects.toMatchObject({
        code: "IPC_CALL_LOST",
        context: { outcome: "not sent" },
      });
    }
  });

  it("does not lose a reply that came before it", async () => {
    const place = new TestPlace();
    const server = await place.serve();
    const { socket, remote } = await place.pair(server);
    remote.handle("last", () => {
      remote.emit("bye");
      return "words";
    });
    socket.on("bye", () => socket.disconnect());
    const call = socket.invoke("last");
    expect(await codeOf(call)).toMatch(/^answered$|^IPC_CALL_LOST$/);
  });
});
