import { inMebibytes } from "../in-mebibytes.ts";
import { Finding } from "./finding.ts";
import type { Pair } from "./pair.ts";

/** The most that one may have had, divided by the least, whenever all have something. */
const widest = 4;

/** The time of the last, divided by that of the first. */
const spread = 2;

/** Bytes that a stopped reader may have: what it has read, its window and its Readable's buffer. */
const stoppedBytes: number = 2 ** 20 + 192 * 1024;

/** Many streams go at once over one connection, and the reader of one stops. */
export async function crowd(
  { mode, giver, taker }: Pair,
  { streams, size }: { readonly streams: number; readonly size: number },
): Promise<Finding> {
  const finding = new Finding(mode, `${streams} at once`);
  await giver.routines.send(streams, size);
  const begun = performance.now();
  const figures = await taker.routines.race(streams, size);
  const seconds = (performance.now() - begun) / 1000;
  finding.tell("MiB/s", Math.round(inMebibytes(streams * size) / seconds));
  const { stopped, wrong } = figures;
  finding.check("streams not whole", wrong, "0", wrong === 0);
  const wide = figures.widest.toFixed(2);
  finding.check("fastest ÷ slowest", wide, `<= ${widest}`, figures.widest <= widest);
  const late = figures.spread.toFixed(2);
  finding.check("last ÷ first through", late, `<= ${spread}`, figures.spread <= spread);
  const least = Math.min(size - 1, stoppedBytes);
  finding.check("the stopped one had, MiB", inMebibytes(stopped), "a part", stopped <= least);
  return finding;
}
