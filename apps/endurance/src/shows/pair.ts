import type { Child } from "../child.ts";
import type { Giver, GiverBrief } from "../processes/giver.ts";
import type { Taker, TakerBrief } from "../processes/taker.ts";
import type { Setting } from "../case.ts";
import { protect } from "../endpoint.ts";

/** Plaintext or encrypted. */
export type Mode = "plaintext" | "encrypted";

/** The same for both, whatever is between them. */
const realm = "streams";

/** A process that sends a file, and one that takes it. */
export interface Pair {
  readonly mode: Mode;
  readonly giver: Child<Giver>;
  readonly taker: Child<Taker>;
  readonly brief: TakerBrief;
  end(): Promise<void>;
}

/** Start both; `dial` is where the giver dials, if that is not where the taker listens. */
export async function startPair(
  { stage }: Setting,
  mode: Mode,
  source: string,
  dial?: string,
): Promise<Pair> {
  const password = mode === "encrypted" ? "correct horse" : undefined;
  const label = dial === undefined ? mode : `${mode}-cut`;
  const brief: TakerBrief = {
    endpoint: stage.path(`${label}.sock`),
    options: { ...protect(password), realm, recoveryWindow: 60_000 },
    bare: stage.path(`${label}.bare`),
    sealed: stage.path(`${label}.sealed`),
    target: stage.path(`${label}.copy`),
  };
  const execArgv = ["--expose-gc"];
  const taker = stage.start<Taker>({
    label: "the reader",
    module: "./processes/taker.js",
    brief,
    execArgv,
  });
  await taker.routines.open();
  const giverBrief: GiverBrief = {
    endpoint: dial ?? brief.endpoint,

    options: { ...protect(password), realm, reconnect: true, reconnectInterval: 10 },
    source,
  };
  const giver = stage.start<Giver>({
    label: "the sender",
    module: "./processes/giver.js",
    brief: giverBrief,
    execArgv,
  });
  return {
    mode,
    giver,
    taker,
    brief,
    async end() {
      await Promise.all([giver.kill(), taker.kill()]);
    },
  };
}
