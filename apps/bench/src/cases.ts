import type { Case } from "./case.ts";
import { inFlightCase } from "./cases/in-flight.ts";
import { oneWayCase } from "./cases/one-way.ts";
import { roundTrip } from "./cases/round-trip.ts";
import { text } from "./payload.ts";

/** Every case, in the order in which it is run and shown. */
export const cases: readonly Case[] = [
  roundTrip({ name: "echo-64", title: "round trip, 64 B", data: text(64), operations: 5000 }),
  roundTrip({ name: "echo-1k", title: "round trip, 1 KiB", data: text(1024), operations: 5000 }),
  roundTrip({
    name: "echo-64k",
    title: "round trip, 64 KiB",
    data: text(65_536),
    operations: 1000,
  }),
  roundTrip({
    name: "echo-64k-bytes",
    title: "round trip, a Buffer of 64 KiB",
    needs: ["binary"],
    data: Buffer.from(text(65_536)),
    operations: 1000,
  }),
  inFlightCase,
  oneWayCase,
];
