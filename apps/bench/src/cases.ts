import type { Case } from "./case.ts";
import { binary } from "./cases/binary.ts";
import { broadcast } from "./cases/broadcast.ts";
import { bulkBesideCalls } from "./cases/bulk-beside-calls.ts";
import { calls } from "./cases/calls.ts";
import { firstConnect } from "./cases/first-connect.ts";
import { idleClients } from "./cases/idle-clients.ts";
import { importTime } from "./cases/import-time.ts";
import { inFlight } from "./cases/in-flight.ts";
import { oneWay } from "./cases/one-way.ts";
import { reconnect } from "./cases/reconnect.ts";
import { roundTrip } from "./cases/round-trip.ts";
import { size } from "./cases/size.ts";
import { text } from "./payload.ts";

const KiB = 1024;
const MiB = 1024 * KiB;

/** Every case, in the order in which it is run and shown. */
export const cases: readonly Case[] = [
  roundTrip({ name: "echo-64", title: "round trip, 64 B", data: text(64), operations: 3000 }),
  roundTrip({ name: "echo-1k", title: "round trip, 1 KiB", data: text(KiB), operations: 3000 }),
  roundTrip({
    name: "echo-64k",
    title: "round trip, 64 KiB",
    data: text(64 * KiB),
    operations: 500,
  }),
  roundTrip({
    name: "echo-64k-bytes",
    title: "round trip, a Buffer of 64 KiB",
    data: Buffer.from(text(64 * KiB)),
    operations: 500,
  }),
  inFlight,
  calls,
  oneWay,
  binary({ name: "bytes-64k", title: "Buffers of 64 KiB", bytes: 64 * KiB, operations: 1000 }),
  binary({ name: "bytes-1m", title: "Buffers of 1 MiB", bytes: MiB, operations: 100 }),
  binary({ name: "bytes-16m", title: "Buffers of 16 MiB", bytes: 16 * MiB, operations: 8 }),
  bulkBesideCalls,
  reconnect,
  firstConnect,
  broadcast({ clients: 10, messages: 500 }),
  broadcast({ clients: 100, messages: 100 }),
  broadcast({ clients: 1000, messages: 20, only: "full" }),
  importTime,
  size,
  idleClients({ name: "idle-1000", clients: 1000, processes: 1, only: "full" }),
  idleClients({ name: "idle-10000", clients: 10_000, processes: 2, watch: 46, only: "named" }),
];
