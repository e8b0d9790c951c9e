import { median } from "simple-statistics";
import { fileHash } from "../file-hash.ts";
import { inMebibytes } from "../in-mebibytes.ts";
import type { Copy } from "../processes/giver.ts";
import type { Delays } from "../processes/prober.ts";
import { Finding } from "./finding.ts";
import type { Pair } from "./pair.ts";

/** The file to be copied, and how often. */
export interface CopyPlan {
  readonly hash: string;
  readonly mebibytes: number;
  readonly rounds: number;
}

/** Bytes by which either process may grow: both windows, what is kept for the acknowledgement, and V8's leisure. */
const growth: number = 128 * 2 ** 20;

/** The least share of a bare socket's speed. Told, not required: a busy machine has its moods. */
const aim = 0.8;

/** A file goes as a stream and over a bare socket in turn, while small calls are made. */
export async function copyFile(
  { mode, giver, taker, brief }: Pair,
  plan: CopyPlan,
): Promise<Finding> {
  const finding = new Finding(mode, "copy");
  const { routines } = giver;
  const copies: Copy[] = [];
  const [bare, sealed]: [number[], number[]] = [[], []];
  const work: { readonly bare: number; readonly stream: number }[] = [];
  let wrong = 0;
  const spent = async (): Promise<number> =>
    (await routines.processorTime()) + (await taker.routines.processorTime());
  // Once for nothing: the first round compiles the code.
  await routines.copyBare(brief.bare, false);
  await routines.copy();
  await Promise.all([routines.watch(), taker.routines.watch()]);
  for (let round = 0; round < plan.rounds; round++) {
    const atFirst = await spent();
    bare.push(await routines.copyBare(brief.bare, false));
    const afterBare = await spent();
    if (mode === "encrypted") sealed.push(await routines.copyBare(brief.sealed, true));
    const beforeCopy = await spent();
    copies.push(await routines.copy());
    work.push({ bare: afterBare - atFirst, stream: (await spent()) - beforeCopy });
    if ((await fileHash(brief.target)) !== plan.hash) wrong++;
  }
  const seconds = copies.map((copy) => copy.seconds);
  finding.tell("MiB/s", Math.round(plan.mebibytes / median(seconds)));
  finding.tell("rate ÷ node:net", ratio(bare, seconds), mode === "plaintext" ? `aim ${aim}` : "");
  if (mode === "encrypted")
    finding.tell("rate ÷ AES over node:net", ratio(sealed, seconds), `aim ${aim}`);
  const share = median(work.map(({ bare: base, stream }) => stream / base)).toFixed(2);
  finding.tell("processor time ÷ node:net", share);
  finding.check("copies that differ", wrong, "0", wrong === 0);
  for (const [who, side] of [
    ["sender", giver],
    ["reader", taker],
  ] as const) {
    const { resident, external } = await side.routines.grown();
    const most = `<= ${inMebibytes(growth)}`;
    finding.check(`${who} grew, MiB`, inMebibytes(resident), most, resident <= growth);
    finding.check(`of buffers, MiB`, inMebibytes(external), most, external <= growth);
  }
  finding.tell("calls meanwhile", cells(copies.map(({ busy }) => busy)));
  finding.tell("beside it, idle", cells(copies.map(({ idle }) => idle)));
  return finding;
}

/** The middle one of the ratios, round by round. */
function ratio(base: readonly number[], seconds: readonly number[]): string {
  return median(seconds.map((time, round) => (base[round] ?? time) / time)).toFixed(2);
}

function cells(delays: readonly Delays[]): string {
  const [p50, p99] = [median(delays.map((one) => one.p50)), median(delays.map((one) => one.p99))];
  const count = delays.reduce((sum, one) => sum + one.count, 0);
  return `p50 ${p50.toFixed(2)}, p99 ${p99.toFixed(2)} ms (${count})`;
}
