import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { codeOf, features, offeringClient, server } from "./offering-party.ts";
import { openServer, Party } from "./party.ts";

const floor = { maxMessageBytes: 16_384 };

describe("fragments", () => {
  it.each([
    ["on lane 8", `~8 4!\n["a"]`, "IPC_INVALID_MESSAGE"],
    ["of a ping", `~0 11!\n{"ping":0}\n`, "IPC_INVALID_MESSAGE"],
    ["of a bye on a lane", `~1 31!\n{"bye":{"reason":"requested"}}\n`, "IPC_INVALID_MESSAGE"],
    ["of two messages", `~0 12!\n["a"]\n["b"]\n`, "IPC_FRAMING_NOT_ONE_FRAME"],
    ["of a fragment", `~0 8!\n~0 1!\nxx`, "IPC_FRAMING_NOT_ONE_FRAME"],
    ["with an event of its lane between", `~0 3\n["a["b"]\n`, "IPC_INVALID_MESSAGE"],
    ["with a cancellation of its lane between", `~0 3\n["a{"cancel":1}\n`, "IPC_INVALID_MESSAGE"],
  ])("%s are a violation", (_, bytes, code) => {
    const party = server();
    party.feed(bytes);
    expect(party.session.phase).toBe("closing");
    expect(codeOf(party)).toBe(code);
    expect(party.events).toEqual([]);
  });

  it("that were not offered are a violation", () => {
    const party = openServer({ features: ["recovery"] }, offeringClient);
    party.feed(`~0 6!\n["a"]\n`);
    expect(codeOf(party)).toBe("IPC_INVALID_MESSAGE");
  });

  it("before the welcome are a violation", () => {
    const party = new Party("server", { features, accepts: false });
    party.feed(`${offeringClient}{"hello":{"name":"x"}}\n~0 6!\n["a"]\n`);
    expect(codeOf(party)).toBe("IPC_INVALID_MESSAGE");
  });

  it("let control messages and other lanes through between them", () => {
    const party = server();
    party.feed(`~0 3\n["a{"ping":0}\n~2 6!\n["b"]\n~0 3!\n"]\n`);
    expect(party.events.map(([name]) => name)).toEqual(["b", "a"]);
  });

  it.each([
    [-1, "open"],
    [0, "open"],
    [1, "closing"],
  ])("may be joined to a message of the limit and %d bytes, and the session is %s", (by, phase) => {
    const party = server({ limits: floor });
    const line = `["${"x".repeat(floor.maxMessageBytes - 4 + by)}"]\n`;
    party.feed(`~1 1000\n${line.slice(0, 1000)}~1 ${line.length - 1000}!\n${line.slice(1000)}`);
    expect(party.session.phase).toBe(phase);
  });

  it("of a message over the limit are a violation before the last has come", () => {
    const party = server({ limits: floor });
    party.feed(`~1 16384\n${"x".repeat(16_384)}`);
    expect(party.session.phase).toBe("open");
    party.feed("~1 1\nx");
    expect(codeOf(party)).toBe("IPC_FRAMING_FRAME_TOO_LARGE");
  });

  it.each([
    [-1, "open"],
    [0, "open"],
    [1, "closing"],
  ])(
    "may hold two messages and 16 KiB for each lane and %d bytes, and the session is %s",
    (by, phase) => {
      const maxMessageBytes = 65_536;
      const party = server({ limits: { maxMessageBytes } });
      const bound = 2 * maxMessageBytes + 8 * 16_384;
      for (let lane = 0; lane < 8; lane++) {
        const size = bound / 8 + (lane === 7 ? by : 0);
        party.feed(Buffer.concat([Buffer.from(`~${lane} ${size}\n`), Buffer.alloc(size, "x")]));
      }
      expect(party.session.phase).toBe(phase);
    },
  );
});
