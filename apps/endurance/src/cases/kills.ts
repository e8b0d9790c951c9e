import { setTimeout as sleep } from "node:timers/promises";
import type { Case, Outcome, Setting } from "../case.ts";
import { inBothModes } from "../join-outcomes.ts";
import { judgeJournals } from "../judge-journals.ts";
import type { ScribeBrief } from "../processes/scribe.ts";
import { Scribes } from "../scribes.ts";
import { seeded } from "../seeded.ts";
import { protect } from "../endpoint.ts";

/** The number of kills of each side. */
const killsOf = { short: 3, long: 20 } as const;

/** Long enough for a client that is not killed, short enough to see the end of those that were. */
const recoveryWindow = 700;

/** Server and client are killed in turn, and started again. */
export const kills: Case = {
  name: "kills",
  promise: "what flush confirmed was heard, nothing twice; all else of the living is in `lost`",
  run: (setting) => inBothModes((mode, password) => killBoth(setting, mode, password)),
};

async function killBoth(
  { form, seed, stage }: Setting,
  mode: string,
  password: string | undefined,
): Promise<Outcome> {
  const random = seeded(seed);
  const scribes = new Scribes(stage, {
    name: mode,
    seed,
    options: { ...protect(password), recoveryWindow },
  });
  const writers = { server: await scribes.start("server"), client: await scribes.start("client") };
  const left: Record<ScribeBrief["role"], number> = {
    server: killsOf[form],
    client: killsOf[form],
  };
  while (left.server + left.client > 0) {
    const isServer = left.client === 0 || (left.server > 0 && random() < 0.5);
    const role = isServer ? "server" : "client";
    left[role]--;
    await sleep(50 + random() * 350);
    await scribes.kill(writers[role]);
    await sleep(random() * 200);
    writers[role] = await scribes.start(role);
  }
  await sleep(500);
  // The sessions of killed clients have not all been given up yet.
  await scribes.fall(writers.server, writers.client, recoveryWindow);
  const { faults, diedWithSpeaker, ...sums } = judgeJournals(scribes.journals());
  const row = {
    mode,
    kills: 2 * killsOf[form],
    ...sums,
    "died with its speaker": diedWithSpeaker,
    "lost, doubled, late": faults.length,
  };
  return { rows: [row], broken: faults.slice(0, 20).map((fault) => `${mode}: ${fault}`) };
}
