import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Carrier, type Connected, connectOnce, disconnect } from "./connected.ts";
import { record, Recorder } from "./recorder.ts";

/** The tests of listening and dialling that every carrier passes. */
export function testListening(title: string, createCarrier: () => Carrier): void {
  describe(`given ${title}, listening and dialling`, () => {
    let carrier: Carrier;
    let connected: Connected;

    beforeEach(async () => {
      carrier = createCarrier();
      connected = await connectOnce(carrier);
    });

    afterEach(async () => {
      await disconnect(connected, carrier);
      expect(connected.acceptor.errors).toEqual([]);
    });

    test("keeps connections when the listener closes, and refuses new ones", async () => {
      const { client, server, listener } = connected;
      client.attach(new Recorder());
      const atServer = record(server);
      await listener.close();
      await listener.close();
      client.send("still here");
      await atServer.until(() => atServer.byteCount === 10);
      await expect(carrier.transport.dial(carrier.endpoint)).rejects.toMatchObject({
        code: "ENOENT",
        message: expect.stringContaining("Start the server") as string,
      });
    });

    test("gives an endpoint to one listener, and to another when that has closed", async () => {
      const { acceptor, listener } = connected;
      await expect(carrier.transport.listen(carrier.endpoint, acceptor)).rejects.toMatchObject({
        code: "EADDRINUSE",
        message: expect.stringContaining("serves it") as string,
      });
      await listener.close();
      await (await carrier.transport.listen(carrier.endpoint, acceptor)).close();
    });

    test("is silent about a connection that is closed at once", async () => {
      const probe = await carrier.transport.dial(carrier.endpoint);
      probe.close();
      const heard = record(await connected.acceptor.connectionAt(1));
      await heard.untilClosed();
      expect(heard.error).toBeUndefined();
      expect(heard.chunks).toEqual([]);
    });

    test("gives up dialling at once for a signal that has fired", async () => {
      const signal = AbortSignal.abort(new Error("given up"));
      await expect(carrier.transport.dial(carrier.endpoint, { signal })).rejects.toThrow(
        "given up",
      );
    });

    test("gives up dialling when the signal fires", async () => {
      const controller = new AbortController();
      const dialled = carrier.transport.dial(carrier.endpoint, { signal: controller.signal });
      controller.abort(new Error("given up"));
      await expect(dialled).rejects.toThrow("given up");
    });

    test.each([null, "given up", 7])("rejects with an error for the reason %o", async (reason) => {
      const aborted = { name: "AbortError", code: "ABORT_ERR", cause: reason };
      const signal = AbortSignal.abort(reason);
      const { endpoint, transport } = carrier;
      await expect(transport.dial(endpoint, { signal })).rejects.toMatchObject(aborted);
      const controller = new AbortController();
      const dialled = transport.dial(endpoint, { signal: controller.signal });
      controller.abort(reason);
      await expect(dialled).rejects.toMatchObject(aborted);
    });
  });
}
