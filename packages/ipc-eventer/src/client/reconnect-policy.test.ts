import { TransportError } from "@ipc/transport";
import { describe, expect, it } from "vitest";
import { Backoff, ReconnectPolicy } from "./reconnect-policy.ts";

const gone = { reason: "peer-gone", byPeer: false } as const;
const busy = { code: "EAGAIN" };
const wrongPassword = { code: "IPC_AUTHENTICATION_FAILED" };
const away = { code: "ENOENT" };

function refused(byOthers: boolean): TransportError {
  return new TransportError("IPC_DIRECTORY_REFUSED", "/d", "text", undefined, byOthers);
}

function policyOf(reconnect: boolean): ReconnectPolicy {
  const backoff = new Backoff({ interval: 1_000, maxInterval: 4_000, random: () => 0.5 });
  return new ReconnectPolicy({ reconnect, backoff, patience: 100 });
}

describe("ReconnectPolicy", () => {
  it("asks a busy server again and reports nothing while its patience lasts", () => {
    const client = policyOf(false);
    client.begin(0);
    expect(client.afterFailure(busy, 99)).toEqual({ wait: 75, silent: true });
    expect(client.afterFailure(busy, 100)).toEqual({ wait: undefined, silent: false });
  });

  describe("given the client is not to reconnect", () => {
    it("gives up over any other error", () => {
      const client = policyOf(false);
      client.begin(0);
      expect(client.afterFailure(away, 1)).toEqual({ wait: undefined, silent: false });
    });

    it("does not persist: each session may be the last", () => {
      const client = policyOf(false);
      client.connected(0);
      expect(client.persists).toBe(false);
      expect(client.afterLoss(gone, 10)).toBeUndefined();
    });
  });

  describe("given a server has asked it to come back", () => {
    const closing = { reason: "server-closing", byPeer: false } as const;

    it("takes an absent server for one that is about to be there", () => {
      const client = policyOf(true);
      client.connected(0);
      client.move(1);
      expect(client.afterLoss(closing, 2)).toBe(25);
      expect(client.afterFailure(away, 3)).toEqual({ wait: 75, silent: true });
    });

    it("expects no next server any longer when it does not reconnect", () => {
      const client = policyOf(false);
      client.connected(0);
      client.move(1);
      expect(client.afterLoss(closing, 2)).toBeUndefined();
      client.begin(3);
      expect(client.afterFailure(away, 4)).toEqual({ wait: undefined, silent: false });
    });

    it("expects no next server any longer when it has given up", () => {
      const client = policyOf(true);
      client.connected(0);
      client.move(1);
      client.giveUp();
      client.begin(2);
      expect(client.afterFailure(away, 3)).toEqual({ wait: 1_000, silent: false });
    });
  });

  describe("given the client is to reconnect", () => {
    it("waits longer after each failure, and reports each", () => {
      const client = policyOf(true);
      expect(client.afterFailure(away, 0)).toEqual({ wait: 1_000, silent: false });
      expect(client.afterFailure(away, 1)).toEqual({ wait: 2_000, silent: false });
    });

    it("dials at once after a loss", () => {
      const client = policyOf(true);
      client.connected(0);
      expect(client.persists).toBe(true);
      expect(client.afterLoss(gone, 10_000)).toBe(25);
    });

    it("does not dial again once it has given up, though the loss is noticed later", () => {
      const client = policyOf(true);
      client.connected(0);
      client.giveUp();
      expect(client.afterLoss(gone, 10)).toBeUndefined();
    });

    it.each(["kicked", "replaced"] as const)("stays away once it was %s", (reason) => {
      const client = policyOf(true);
      client.connected(0);
      expect(client.afterLoss({ reason, byPeer: true }, 1)).toBeUndefined();
      expect(client.persists).toBe(false);
    });

    it("does not dial again once it was refused", () => {
      const client = policyOf(true);
      client.connected(0);
      expect(client.afterFailure({ code: "IPC_REFUSED_BY_SERVER" }, 1).wait).toBeUndefined();
      expect(client.persists).toBe(false);
    });

    it("comes back to a server that was unavailable", () => {
      const client = policyOf(true);
      expect(client.afterFailure({ code: "IPC_MIDDLEWARE_FAILED" }, 0).wait).toBe(1_000);
      expect(client.afterFailure({ code: "IPC_TOO_MANY_HANDSHAKES" }, 1).wait).toBe(75);
      const open = policyOf(true);
      open.connected(0);
      expect(open.afterLoss({ reason: "unavailable", byPeer: true }, 1)).toBe(25);
    });

    it("takes a wrong password for final, unless a session was open before", () => {
      const client = policyOf(true);
      expect(client.afterFailure(wrongPassword, 0).wait).toBeUndefined();
      client.connected(1);
      expect(client.afterFailure(wrongPassword, 2).wait).toBe(4_000);
      client.giveUp();
      expect(client.afterFailure(wrongPassword, 3).wait).toBeUndefined();
    });

    it("goes on over what another user of the machine has caused", () => {
      expect(policyOf(true).afterFailure(refused(true), 0).wait).toBe(1_000);
      expect(policyOf(true).afterFailure(refused(false), 0).wait).toBeUndefined();
    });

    it("asks a busy server soon again when its patience is over", () => {
      expect(policyOf(true).afterFailure(busy, 0)).toEqual({ wait: 75, silent: false });
    });
  });
});

const almostOne = 1 - Number.EPSILON;

function backoffOf(random: number): Backoff {
  return new Backoff({ interval: 1_000, maxInterval: 30_000, random: () => random });
}

describe("Backoff", () => {
  describe("given a connection that held", () => {
    it("comes back at once: within 50 ms", () => {
      for (const [random, wait] of [
        [0, 0],
        [0.5, 25],
        [almostOne, 50],
      ] as const) {
        const waits = backoffOf(random);
        waits.connected(0);
        expect(waits.lost(5_000, true)).toBeCloseTo(wait);
      }
    });

    it("waits about one interval when the server asked for patience", () => {
      const waits = backoffOf(0.5);
      waits.connected(0);
      expect(waits.lost(60_000, false)).toBe(1_000);
    });
  });

  describe("given attempts that fail", () => {
    it("doubles the mean wait up to the cap", () => {
      const waits = backoffOf(0.5);
      const means = Array.from({ length: 8 }, () => waits.failed());
      expect(means).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    });

    it("draws each wait from 0 to twice the mean, also at the cap", () => {
      for (const [random, share] of [
        [0, 0],
        [0.25, 0.5],
        [almostOne, 2],
      ] as const) {
        const waits = backoffOf(random);
        for (const mean of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
          expect(waits.failed()).toBeCloseTo(share * mean);
        }
        expect(waits.atCap()).toBeCloseTo(share * 30_000);
      }
    });

    it("stays at the cap however many fail", () => {
      const waits = backoffOf(0.5);
      for (let attempt = 0; attempt < 5_000; attempt++) waits.failed();
      expect(waits.failed()).toBe(30_000);
    });

    it("counts no failure for a full backlog, and tries within 50 to 100 ms", () => {
      const waits = backoffOf(0.5);
      for (let attempt = 0; attempt < 20; attempt++) expect(waits.soon()).toBe(75);
      expect(backoffOf(0).soon()).toBe(50);
      expect(backoffOf(almostOne).soon()).toBeCloseTo(100);
      expect(waits.failed()).toBe(1_000);
    });
  });

  describe("given connections that break again soon", () => {
    it("clears the record of failures only after 5 s of connection", () => {
      const waits = backoffOf(0.5);
      expect([waits.failed(), waits.failed()]).toEqual([1_000, 2_000]);
      waits.connected(0);
      expect(waits.lost(4_999, true)).toBe(4_000);
      waits.connected(10_000);
      expect(waits.lost(15_000, true)).toBe(25);
      expect(waits.failed()).toBe(1_000);
    });

    it("comes back at once only once, then waits longer and longer", () => {
      const waits = backoffOf(0.5);
      const lost = Array.from({ length: 4 }, (_, turn) => {
        waits.connected(turn);
        return waits.lost(turn + 0.5, true);
      });
      expect(lost).toEqual([25, 1_000, 2_000, 4_000]);
    });
  });
});
