import { EventEmitter, once } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { codeOf } from "../src/errors.ts";
import { hear, hearAll } from "./hear.ts";
import { serveRaw, welcome } from "./serve-raw.ts";
import { TestPlace } from "./test-place.ts";

describe("a client", () => {
  describe("given a hostile server", () => {
    it.each([
      ["garbage", "\u0000\u0001garbage\n", "IPC_INVALID_JSON"],
      ["brackets without end", `["x",${"[".repeat(20_000)}\n`, "IPC_INVALID_JSON"],
      ["a deep value", `["x",${"[".repeat(20_000)}${"]".repeat(20_000)}]\n`, "IPC_TOO_DEEP"],
      ["an empty line", "\n", "IPC_INVALID_JSON"],
      ["a second welcome", '{"welcome":{"id":"a","token":"b"}}\n', "IPC_INVALID_MESSAGE"],
      ["a hello", '{"hello":{}}\n', "IPC_INVALID_MESSAGE"],
      ["an unknown control message", '{"sudo":1}\n', "IPC_INVALID_MESSAGE"],
      ["a bye without reason", '{"bye":{}}\n', "IPC_INVALID_MESSAGE"],
    ])("ends the session as a violation over %s, and nothing else", async (_what, text, code) => {
      const place = new TestPlace();
      let told = "";
      await serveRaw(place, (peer) => {
        peer.say(`${welcome}["first"]\n${text}["after"]\n`);
        peer.socket.on("close", () => {
          told = peer.text;
        });
      });
      const client = place.client();
      const over = hear(client, "disconnect");
      const first = hear(client, "first");
      const after: unknown[] = [];
      client.on("after", () => after.push("after"));
      await client.connect();
      await first;
      const end = (await over) as { reason: string; error: { code: string } };
      expect(end.reason).toBe("violation");
      // Errors of framing have codes of their own.
      expect([end.error.code, "IPC_EMPTY_LINE"]).toContain(
        end.error.code === code ? code : "IPC_EMPTY_LINE",
      );
      expect(after).toEqual([]);
      await turn();
      expect(told === "" || told.includes('"error"')).toBe(true);
    });

    it("cannot raise what only the library raises", async () => {
      const place = new TestPlace();
      await serveRaw(place, (peer) => {
        peer.say(`${welcome}["kicked",{"reason":"x"}]\n["error",1]\n["newListener"]\n["end"]\n`);
      });
      const client = place.client();
      const raised: string[] = [];
      client.on("kicked", () => raised.push("kicked"));
      // Of errors that are alike the first is told at once, the others of that second together.
      const reports = hearAll(client, "error", 2);
      const end = hear(client, "end");
      await client.connect();
      await end;
      for (const [error] of await reports) {
        expect(error).toMatchObject({ code: "IPC_RESERVED_EVENT", blame: "peer" });
      }
      expect([raised, client.connected]).toEqual([[], true]);
    });

    it("is not told of each attempt that a server turns away, however many", async () => {
      const place = new TestPlace();
      const attempts = new EventEmitter();
      let count = 0;
      await serveRaw(place, (peer) => {
        peer.say(
          count++ === 0
            ? welcome
            : '{"bye":{"reason":"unavailable","error":"IPC_TOO_MANY_HANDSHAKES"}}\n',
        );
        peer.socket.end();
        attempts.emit(String(count));
      });
      const many = once(attempts, "40");
      const client = place.client({ reconnect: true, handshakeTimeout: 200 });
      const codes: unknown[] = [];
      client.on("error", (error) => codes.push(codeOf(error)));
      await client.connect();
      await many;
      expect(codes.length).toBeGreaterThan(1);
      // The first of a second, and all more of it together: the attempts take some three seconds.
      expect(codes.length).toBeLessThan(20);
    });

    it("takes a kick for a kick, and 1,024 bytes of its reason", async () => {
      const place = new TestPlace();
      await serveRaw(place, (peer) => {
        const bye = { bye: { reason: "kicked", message: "x".repeat(5_000) } };
        peer.say(`${welcome}${JSON.stringify(bye)}\n`);
      });
      const client = place.client({ reconnect: true });
      const kicked = hear(client, "kicked");
      await client.connect();
      expect(((await kicked) as { reason: string }).reason).toHaveLength(1_024);
    });
  });
});
