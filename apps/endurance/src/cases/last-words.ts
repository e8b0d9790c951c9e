import { mkdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { IPCClient, IPCServer } from "ipc-eventer";
import type { Case, Outcome, Row, Setting } from "../case.ts";
import { joinOutcomes } from "../join-outcomes.ts";
import type { DyingBrief, Remains, Way } from "../processes/dying.ts";
import type { Party, PartyBrief } from "../processes/party.ts";
import type { Stage } from "../stage.ts";
import { protect } from "../endpoint.ts";

const rounds = { short: 1, long: 20 } as const;

/** A little more than a socket takes at once, and many times that. */
const sizes = [219_263, 5_000_000] as const;

const ways: readonly Way[] = ["disconnect", "client unref", "stop", "server unref"];

/** Milliseconds in which the words arrive and the process is over. */
const patience = 10_000;

/** A process emits and ends, in every way there is. */
export const lastWords: Case = {
  name: "last-words",
  promise: "what is emitted last arrives, the process ends by itself, and stop() leaves nothing",
  async run(setting) {
    const parts = [dieInAllWays(setting, undefined), dieInAllWays(setting, "correct horse")];
    return joinOutcomes(await Promise.all(parts));
  },
};

async function dieInAllWays(setting: Setting, password: string | undefined): Promise<Outcome> {
  const rows: Row[] = [];
  const broken: string[] = [];
  for (const way of ways) {
    for (const size of sizes) rows.push(await repeat(setting, { way, size, password }, broken));
  }
  rows.push(await repeat(setting, { way: "stop and look", size: 1_000, password }, broken));
  return { rows, broken };
}

type Scene = Pick<DyingBrief, "way" | "size" | "password">;

async function repeat({ form, stage }: Setting, scene: Scene, broken: string[]): Promise<Row> {
  const { way, size, password } = scene;
  const mode = password === undefined ? "plaintext" : "encrypted";
  let [arrived, slowest] = [0, 0];
  for (let round = 0; round < rounds[form]; round++) {
    const begun = performance.now();
    const faults = await play(stage, scene, `${mode}-${way.replaceAll(" ", "-")}-${size}-${round}`);
    slowest = Math.max(slowest, performance.now() - begun);
    for (const fault of faults) broken.push(`${mode}, ${way}, ${size} bytes: ${fault}`);
    if (faults.length === 0) arrived++;
  }
  return {
    mode,
    way,
    bytes: size,
    rounds: rounds[form],
    arrived,
    "slowest ms": Math.round(slowest),
  };
}

async function play(stage: Stage, scene: Scene, name: string): Promise<string[]> {
  const directory = stage.path(name);
  mkdirSync(directory, { mode: 0o700 });
  const endpoint = `${directory}/s.sock`;
  const brief: DyingBrief = { ...scene, endpoint, remains: `${directory}.json` };
  const dies = scene.way === "disconnect" || scene.way === "client unref" ? "client" : "server";
  const witness = dies === "client" ? await serve(brief) : undefined;
  const child = stage.start({ label: scene.way, module: "./processes/dying.js", brief });
  const hearing = witness ?? (await dial(brief, stage));
  const late = sleep(patience, "late" as const, { ref: false });
  const faults: string[] = [];
  const words = await Promise.race([hearing.words, late]);
  if (words === "late") faults.push(`no words after ${patience} ms`);
  else if (words !== scene.size) faults.push(`${words} bytes arrived`);
  const code = await Promise.race([child.ended, late]);
  if (code !== 0)
    faults.push(code === "late" ? "the process does not end" : `it ended with ${code}`);
  await hearing.end();
  await child.kill();
  if (scene.way === "stop and look" && faults.length === 0) faults.push(...judge(brief.remains));
  return faults;
}

/** The process that receives the last events. */
interface Hearing {
  /** The number of their bytes. */
  readonly words: Promise<number>;
  end(): Promise<void>;
}

async function serve({ endpoint, password }: DyingBrief): Promise<Hearing> {
  const server = new IPCServer(endpoint, { ...protect(password), realm: "last words" });
  const words = new Promise<number>((resolve) => {
    server.on("words", (text: string) => resolve(text.length));
  });
  await server.start();
  return { words, end: () => server.stop() };
}

async function dial({ endpoint, password, way }: DyingBrief, stage: Stage): Promise<Hearing> {
  const options = {
    ...protect(password),
    realm: "last words",
    reconnect: true,
    reconnectInterval: 10,
  };
  const client = new IPCClient(endpoint, options);
  // There is no server yet when it dials first, and none at the end.
  client.on("error", () => undefined);
  const words = new Promise<number>((resolve) => {
    client.on("words", (text: string) => resolve(text.length));
  });
  const socket = await client.connect();
  socket.handle("never answered", () => new Promise(() => undefined));
  if (way === "stop and look") await abandon({ role: "client", endpoint, options, seed: 1 }, stage);
  socket.emit("now");
  return { words, end: () => client.disconnect() };
}

/** A client of which the session alone is left. */
async function abandon(brief: PartyBrief, stage: Stage): Promise<void> {
  const child = stage.start<Party>({ label: "a client", module: "./processes/party.js", brief });
  await child.routines.open();
  await child.kill();
}

function judge(path: string): string[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- this app's own words
  const { files, resources } = JSON.parse(readFileSync(path, "utf8")) as Remains;
  // The secret that proves ids after a restart stays.
  const left = [...files.filter((file) => file !== ".ipc-eventer-ids"), ...resources];
  return left.length === 0 ? [] : [`stop() has left ${left.join(", ")}`];
}
