import { RecordOpener } from "../src/record-opener.ts";
import { RecordSealer, type RekeyPolicy } from "../src/record-sealer.ts";
import { TrafficKey } from "../src/traffic-key.ts";
import { bodiesOf } from "./handshake-pair.ts";

/** A sealer and the opener of the same direction, under a secret of one repeated byte. */
export function halves(
  policy: RekeyPolicy = {},
  secret = 7,
): { sealer: RecordSealer; opener: RecordOpener } {
  return {
    sealer: new RecordSealer(new TrafficKey(Buffer.alloc(48, secret)), policy),
    opener: new RecordOpener(new TrafficKey(Buffer.alloc(48, secret))),
  };
}

/** The content of all these records, joined. */
export function openAll(opener: RecordOpener, written: readonly Uint8Array[]): Buffer {
  return Buffer.concat(bodiesOf(written).map((body) => opener.open(body)));
}
