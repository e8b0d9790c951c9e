import { writeFileSync } from "node:fs";
import { arch, cpus, platform } from "node:os";
import type { Options } from "./options.ts";
import { Stage } from "./stage.ts";
import { table } from "./table.ts";

/** Run a case and tell what came of it. Answers whether its promise held. */
export async function perform({ chosen, form, seed, output }: Options): Promise<boolean> {
  const stage = new Stage();
  const begun = performance.now();
  try {
    const { rows, broken } = await chosen.run({ form, seed, stage });
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
