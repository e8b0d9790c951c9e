import { writeFileSync } from "node:fs";
import { arch, cpus, platform } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { Options } from "./options.ts";
import { Stage } from "./stage.ts";
import { table } from "./table.ts";

/** Milliseconds after which a case has hung. */
const deadlines = { short: 100_000, long: 3_600_000 } as const;

/** Run a case and tell what came of it. Answers whether its promise held. */
export async function perform({ chosen, form, seed, output }: Options): Promise<boolean> {
  const stage = new Stage();
  const begun = performance.now();
  try {
    const { rows, broken } = await Promise.race([
      chosen.run({ form, seed, stage }),
      hang(chosen.name, deadlines[form]),
    ]);
    const seconds = Math.round((performance.now() - begun) / 100) / 10;
    console.log(table(rows));
    for (const sentence of broken) console.log(`✗ ${sentence}`);
    if (broken.length === 0) console.log(`✓ ${chosen.promise}`);
    const machine = `Node.js ${process.version}, ${platform()} ${arch()}, ${cpus().length} cores`;
    const result = { case: chosen.name, form, seed, machine, seconds, rows, broken };
    console.log(JSON.stringify(result));
    if (output !== undefined) writeFileSync(output, `${JSON.stringify(result, null, 2)}\n`);
    return broken.length === 0;
  } finally {
    await stage.clear();
  }
}

async function hang(name: string, deadline: number): Promise<never> {
  await sleep(deadline, undefined, { ref: false });
  throw new Error(`${name} has not come to an end within ${deadline / 1000} s`);
}
