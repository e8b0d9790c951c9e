import type { Case, Outcome, Setting } from "../case.ts";
import { fileHash, writeRandomFile } from "../file-hash.ts";
import { joinOutcomes } from "../join-outcomes.ts";
import { breakOff } from "../shows/break-off.ts";
import { copyFile } from "../shows/copy-file.ts";
import { crowd } from "../shows/crowd.ts";
import { cutOff } from "../shows/cut-off.ts";
import { type Mode, startPair } from "../shows/pair.ts";

const plans = {
  short: { mebibytes: 64, rounds: 1, cuts: 5, streams: 100, size: 640 * 1024 },
  long: { mebibytes: 1024, rounds: 3, cuts: 20, streams: 1_000, size: 2 ** 20 },
} as const;

/** Files and many streams go from one process to another, whole, broken off and cut. */
export const streams: Case = {
  name: "streams",
  promise:
    "streams arrive whole in bounded memory, share a connection fairly, and end on both sides",
  async run(setting) {
    const source = setting.stage.path("source");
    const { mebibytes } = plans[setting.form];
    writeRandomFile(source, mebibytes);
    const hash = await fileHash(source);
    // One after the other: each is to have the machine to itself.
    const plain = await show(setting, "plaintext", source, hash);
    const sealed = await show(setting, "encrypted", source, hash);
    return joinOutcomes([plain, sealed]);
  },
};

async function show(setting: Setting, mode: Mode, source: string, hash: string): Promise<Outcome> {
  const { mebibytes, rounds, cuts, streams: count, size } = plans[setting.form];
  const bytes = mebibytes * 2 ** 20;
  const pair = await startPair(setting, mode, source);
  await pair.giver.routines.open();
  const findings = [
    await copyFile(pair, { hash, mebibytes, rounds }),
    await breakOff(pair, bytes),
    await crowd(pair, { streams: count, size }),
  ];
  await pair.end();
  findings.push(await cutOff(setting, mode, source, { hash, bytes, cuts }));
  return {
    rows: findings.flatMap((finding) => finding.rows),
    broken: findings.flatMap((finding) => finding.broken),
  };
}
