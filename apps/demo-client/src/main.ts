import pc from "picocolors";
import { perform } from "./perform.ts";
import { Screen } from "./screen.ts";
import { readSettings } from "./settings.ts";

// The demo: exits with 0 if nothing was lost or wrong.

const over = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => over.abort(new Error(`stopped by ${signal}`)));
}

try {
  const settings = readSettings(process.env, process.argv[2]);
  const faults = await perform(settings, new Screen(), over.signal);
  for (const fault of faults) console.log(pc.red(`✗ ${fault}`));
  if (faults.length > 0) process.exitCode = 1;
  else console.log(pc.green("✓ every file counted once, every hash checked, nothing lost"));
} catch (error) {
  console.log(pc.red(`✗ ${error instanceof Error ? error.message : String(error)}`));
  process.exitCode = 1;
}
