import type { Progress } from "@ipc-apps/demo-server/contract";
import logUpdate from "log-update";
import pc from "picocolors";

/** Columns of the bar. */
const barWidth = 20;

/** The share of the work for which a line of progress is printed without a terminal. */
const plainStep = 0.1;

/** The output for people: news as lines, and below them one line of progress that is drawn over where the output is a terminal. */
export class Screen {
  readonly #live = process.stdout.isTTY;
  #told = 0;

  /** Print a line that stays. */
  print(text: string): void {
    if (this.#live) logUpdate.persist(text);
    else console.log(text);
  }

  /** Show where the work stands. */
  show({ done, total, workers }: Progress): void {
    const share = total === 0 ? 1 : done / total;
    if (!this.#live && share - this.#told < plainStep) return;
    this.#told = share;
    const hands = workers.map(({ name, holding }) => `${name} ${holding}`).join(", ");
    const line = `${done} of ${total} files ${pc.dim(`in hand: ${hands}`)}`;
    if (this.#live) logUpdate(`${bar(share)} ${line}`);
    else console.log(line);
  }

  /** Leave the last progress where it is. */
  close(): void {
    if (this.#live) logUpdate.done();
  }
}

function bar(share: number): string {
  const full = Math.round(share * barWidth);
  return pc.green("█".repeat(full)) + pc.dim("░".repeat(barWidth - full));
}
