import { setTimeout as sleep } from "node:timers/promises";
import type { Case, Row, Setting } from "../case.ts";
import { type Journal, judgeJournals } from "../judge-journals.ts";
import type { ScribeBrief } from "../processes/scribe.ts";
import { Scribes } from "../scribes.ts";

const roundsOf = { short: 1, long: 20 } as const;

type Options = ScribeBrief["options"];

/** Something that keeps one side from answering. */
interface Pause {
  readonly what: "stop" | "compute";
  readonly who: "server" | "client";
  /** Milliseconds. */
  readonly duration: number;
  /** The heartbeat of the side that pauses, and of the other one. */
  readonly own: Options;
  readonly other: Options;
  readonly recoveryWindow: number;
  /** The outcome that is allowed: nothing at all, a recovery, or a new session and a report. */
  readonly expected: readonly ("undisturbed" | "recovered" | "reported")[];
}

/** Long enough that a busy machine does not look like a peer that has stopped. */
const strict: Options = {
  heartbeatInterval: 300,
  heartbeatTimeout: 1_500,
  handshakeTimeout: 1_200,
};
const patient: Options = { heartbeatInterval: 300, heartbeatTimeout: 10_000 };
/** A server that only answers: each of its bytes is a sign of life. */
const silent: Options = { heartbeatInterval: 0 };

const both = ["server", "client"] as const;

const pauses: readonly Pause[] = both.flatMap((who): Pause[] => [
  // More than a strict side waits: it is not to blame the other one for that.
  { ...of("compute", who, 2_700), own: strict, other: silent, expected: ["undisturbed"] },
  // Three heartbeats of a side that waits long enough.
  { ...of("compute", who, 900), own: patient, other: patient, expected: ["undisturbed"] },
  { ...of("stop", who, 4_000), own: strict, other: strict, expected: ["recovered"] },
  { ...of("stop", who, 4_000), own: patient, other: strict, expected: ["recovered"] },
  {
    ...of("stop", who, 4_000),
    own: strict,
    other: strict,
    recoveryWindow: 300,
    // A server that was stopped knows nothing of the time in between.
    expected: who === "server" ? ["recovered", "reported"] : ["reported"],
  },
]);

/** Stops either side, or lets it compute without yielding, for longer than a heartbeat. */
export const pausing: Case = {
  name: "pauses",
  promise:
    "a stopped side is recovered or its loss reported; a side that computes keeps its connection",
  async run(setting) {
    const broken: string[] = [];
    const rows: Row[] = [];
    // The cases of one side run together: these processes mostly wait.
    for (const side of both) {
      const plays = pauses.flatMap((pause, index) =>
        pause.who === side ? [play(setting, pause, `pause-${index}`, broken)] : [],
      );
      rows.push(...(await Promise.all(plays)));
    }
    return { rows, broken };
  },
};

async function play(setting: Setting, pause: Pause, name: string, broken: string[]): Promise<Row> {
  const { form, seed, stage } = setting;
  const { what, who, duration, own, other, recoveryWindow, expected } = pause;
  const scribes = new Scribes(stage, { name, seed, options: { recoveryWindow } });
  const server = await scribes.start("server", who === "server" ? own : other);
  const client = await scribes.start("client", who === "client" ? own : other);
  const { child } = who === "server" ? server : client;
  for (let round = 0; round < roundsOf[form]; round++) {
    await sleep(200);
    if (what === "compute") {
      // Without a word from the other side, which would be a sign of life.
      await Promise.all([server, client].map((writer) => writer.child.routines.fall()));
      await child.routines.compute(duration);
    } else {
      child.signal("SIGSTOP");
      await sleep(duration);
      child.signal("SIGCONT");
    }
    await sleep(300);
  }
  await scribes.fall(server, client, 0);
  const journals = scribes.journals();
  const { said, heard, unsent, unconfirmed, ...judgement } = judgeJournals(journals);
  const faults = [...judgement.faults];
  const disconnects = journals.flatMap(disconnectsOf);
  const sessions = Math.max(...journals.map(sessionsOf));
  const title = `${who}, ${what} ${duration} ms, ${expected.join(" or ")}`;
  const found =
    disconnects.length === 0 ? "undisturbed" : sessions === 1 ? "recovered" : "reported";
  if (!expected.includes(found)) faults.push(`was ${found}: ${disconnects.join(", ")}`);
  for (const fault of faults.slice(0, 5)) broken.push(`${title}: ${fault}`);
  return {
    who,
    pauses: `${roundsOf[form] * (what === "compute" ? 3 : 1)} × ${what} ${duration} ms`,
    "its heartbeat": heartbeatOf(own),
    "the other's": heartbeatOf(other),
    window: recoveryWindow,
    outcome: found,
    sessions,
    said,
    heard,
    "in lost": unsent + unconfirmed,
  };
}

function heartbeatOf({ heartbeatInterval, heartbeatTimeout }: Options): string {
  if (heartbeatInterval === 0) return "none";
  return `${heartbeatInterval} + ${heartbeatTimeout}`;
}

function of(
  what: Pause["what"],
  who: Pause["who"],
  duration: number,
): Pick<Pause, "what" | "who" | "duration" | "recoveryWindow"> {
  return { what, who, duration, recoveryWindow: 10_000 };
}

function disconnectsOf({ entries }: Journal): string[] {
  // The last one is the leave-taking.
  return entries.flatMap((entry) => (entry.is === "disconnect" ? [entry.reason] : [])).slice(0, -1);
}

function sessionsOf({ entries }: Journal): number {
  return entries.reduce((most, { session }) => Math.max(most, session), 0);
}
