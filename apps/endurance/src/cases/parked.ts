import type { Case, Row } from "../case.ts";
import { CrowdedServer } from "../crowded-server.ts";
import type { Footprint } from "../footprint.ts";
import { inMebibytes } from "../in-mebibytes.ts";

/** The library's default. */
const maxParkedSessions = 1_000;

const clientsOf = { short: 1_100, long: 3_000 } as const;

/** Bytes that wait for each client, and as many that it has not confirmed. */
const bound = 64 * 1024;

/** Bytes of a session beside its queues, and of what a burden has left. */
const perSession = 32 * 1024;

/** All clients of a server vanish at once, and it goes on emitting to them. */
export const parked: Case = {
  name: "parked",
  promise: "sessions without a connection are bounded, in number and in memory",
  async run({ form, stage }) {
    const clients = clientsOf[form];
    const crowded = new CrowdedServer(stage, "parked", {
      recoveryWindow: 600_000,
      maxQueuedBytes: bound,
      maxUnconfirmedBytes: bound,
      heartbeatInterval: 0,
    });
    const { routines } = crowded.server;
    await routines.open();
    const empty = await routines.footprint();
    const crowd = await crowded.fill(clients, { reconnect: true });
    const idle = await routines.footprint();
    // As much as may be on its way, to clients that no longer read it.
    crowd.signal("SIGSTOP");
    await routines.burden(bound, 4_000);
    await crowd.kill();
    await crowded.has(maxParkedSessions);
    const waiting = await routines.footprint();
    // More than may wait: what is too much is reported and dropped.
    await routines.burden(4 * bound, 4_000);
    const full = await routines.footprint();
    const ends = await routines.ends();
    const held = full.held - empty.held;
    const most = maxParkedSessions * (2 * bound + perSession);
    const broken: string[] = [];
    if (held > most) {
      broken.push(`they hold ${inMebibytes(held)} MiB, more than ${inMebibytes(most)}`);
    }
    if (ends["lost"] !== clients - maxParkedSessions) {
      broken.push(
        `of ${clients - maxParkedSessions} sessions too many, ${ends["lost"]} were ended`,
      );
    }
    const row = (state: string, sessions: number, memory: Footprint): Row => ({
      state,
      sessions,
      "held, MiB": inMebibytes(memory.held),
      "each, KiB": sessions && Math.round((memory.held - empty.held) / sessions / 1024),
      "formula, KiB": sessions && (2 * bound + perSession) / 1024,
      "resident, MiB": inMebibytes(memory.resident),
    });
    const rows = [
      row("no client", 0, empty),
      row("connected, idle", clients, idle),
      row("parked, unconfirmed", maxParkedSessions, waiting),
      row("parked, all queues full", maxParkedSessions, full),
    ];
    return { rows, broken };
  },
};
