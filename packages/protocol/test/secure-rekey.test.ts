import { Buffer } from "node:buffer";
import { beforeAll, describe, expect, it } from "vitest";
import type { PasswordKey, RekeyPolicy } from "@ipc/crypto";
import { keyOf, SecurePair, type SecurePairOptions } from "./secure-pair.ts";

let key: PasswordKey;

beforeAll(async () => {
  key = await keyOf();
});

function withPolicies(
  client: RekeyPolicy,
  server: RekeyPolicy,
  cuts: readonly number[] = [],
): SecurePairOptions {
  const random = Buffer.alloc(32);
  return {
    client: { security: { key, random, rekey: client } },
    server: { security: { key, random, rekey: server } },
    cuts,
  };
}

describe("given both sides replace their keys all the time", () => {
  it.each([
    ["after each record", { recordsPerKey: 2 }, { recordsPerKey: 2 }],
    ["out of step", { recordsPerKey: 3 }, { bytesPerKey: 100 }],
  ])("loses nothing and keeps the order, %s", (_, ofClient, ofServer) => {
    const pair = new SecurePair(withPolicies(ofClient, ofServer, [5, 300, 17]));
    pair.settle();
    const rounds = 500;
    for (let round = 0; round < rounds; round++) {
      // Both write before either reads: the updates of the two directions cross.
      pair.client.session.emit("up", round);
      pair.server.session.emit("down", round);
      if (round % 3 === 0) pair.settle();
      else pair.client.pump();
    }
    pair.settle();
    const numbers = Array.from({ length: rounds }, (__, round) => round);
    expect(pair.server.events).toEqual(numbers.map((round) => ["up", round]));
    expect(pair.client.events).toEqual(numbers.map((round) => ["down", round]));
  });

  it("carries binary values of several MiB across the updates, both ways at once", () => {
    const pair = new SecurePair(
      withPolicies({ bytesPerKey: 100_000 }, { recordsPerKey: 5 }, [65_536]),
    );
    pair.settle();
    const up = Buffer.alloc(3 * 1024 * 1024 + 1, "up");
    const down = Buffer.alloc(2 * 1024 * 1024 + 7, "down");
    for (const turn of [1, 2]) {
      pair.client.session.emit("up", { turn, file: up });
      pair.server.session.emit("down", { turn, file: down });
    }
    pair.settle();
    for (const [party, name, file] of [
      [pair.server, "up", up],
      [pair.client, "down", down],
    ] as const) {
      const heard = party.events.filter(([event]) => event !== "drain");
      expect(heard.map(([event]) => event)).toEqual([name, name]);
      for (const [, data] of heard) {
        const received = (data as { file: Buffer }).file;
        expect(received.equals(file)).toBe(true);
      }
    }
  });
});
