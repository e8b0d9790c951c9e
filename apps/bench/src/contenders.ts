import { createRequire } from "node:module";
import type { Contender } from "./contender.ts";

/** How to find a contender: the parent reads the entry, only the contender's own processes load it. */
export interface Entry {
  readonly name: string;
  readonly version: string;
  load(): Promise<Contender>;
}

const require = createRequire(import.meta.url);
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own manifest, with exact versions
const { dependencies } = require("../package.json") as { dependencies: Record<string, string> };
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own manifest too
const { version: ownVersion } = require("ipc-eventer/package.json") as { version: string };

const floor: Entry = {
  name: "floor",
  version: "",
  load: async () => (await import("./contenders/floor.ts")).floor,
};

const tlsFloor: Entry = {
  name: "floor + TLS",
  version: "",
  load: async () => (await import("./contenders/tls-floor.ts")).tlsFloor,
};

const nodeIpc: Entry = {
  name: "node-ipc",
  version: dependencies["node-ipc"] ?? "",
  load: async () => (await import("./contenders/node-ipc.ts")).nodeIpc,
};

const achrinzaNodeIpc: Entry = {
  name: "@achrinza/node-ipc",
  version: dependencies["@achrinza/node-ipc"] ?? "",
  load: async () => (await import("./contenders/achrinza-node-ipc.ts")).achrinzaNodeIpc,
};

const plain: Entry = {
  name: "ipc-eventer",
  version: ownVersion,
  load: async () => (await import("./contenders/ipc-eventer.ts")).ipcEventer(),
};

const secure: Entry = {
  name: "ipc-eventer + password",
  version: ownVersion,
  load: async () =>
    (await import("./contenders/ipc-eventer.ts")).ipcEventer({ password: "correct horse" }),
};

/** Those that can run under a version of Node: the floor first, then what is compared with it. */
export function contendersFor(nodeVersion: string): readonly Entry[] {
  const [major = 0, minor = 0] = nodeVersion.split(".").map(Number);
  const runsNodeIpc14 = major > 22 || (major === 22 && minor >= 13);
  return [floor, tlsFloor, runsNodeIpc14 ? nodeIpc : achrinzaNodeIpc, plain, secure];
}

/** The entry of a contender by its name. */
export function contenderNamed(name: string): Entry {
  const entries = [floor, tlsFloor, nodeIpc, achrinzaNodeIpc, plain, secure];
  const entry = entries.find((candidate) => candidate.name === name);
  if (entry === undefined) throw new Error(`No contender is named ${name}.`);
  return entry;
}
