/** The least version of each runtime with which the stories of the tests pass. */
const least = { bun: [1, 4], deno: [2, 8] } as const;

/** The place to read more. */
const more = "The table of runtimes in the README of ipc-eventer lists what does not work.";

let isChecked = false;

/** Warns once, at the first server or client, if the runtime is one that the library does not work with. */
export function checkRuntime(): void {
  if (isChecked) return;
  isChecked = true;
  const text = runtimeProblem(process.versions);
  if (text !== undefined) process.emitWarning(text, { code: "IPC_RUNTIME" });
}

/** The problem with a runtime of these versions; `undefined` if none is known. */
export function runtimeProblem(
  versions: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const { bun, deno, node = "" } = versions;
  if (bun !== undefined) return tooOld("Bun", bun, least.bun);
  if (deno !== undefined) return tooOld("Deno", deno, least.deno);
  const [major = 0, minor = 0] = numbersIn(node);
  if (major === 20 ? minor >= 19 : major === 22 ? minor >= 12 : major > 22) return undefined;
  return `Node.js ${node} is not supported: use 20.19 or a later 20, 22.12 or a later 22, or any newer version. ${more}`;
}

function tooOld(
  name: string,
  version: string,
  [leastMajor, leastMinor]: readonly [number, number],
): string | undefined {
  const [major = 0, minor = 0] = numbersIn(version);
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return undefined;
  return `${name} ${version} is not supported: use ${leastMajor}.${leastMinor} or later. ${more}`;
}

function numbersIn(version: string): readonly number[] {
  return version.split(".", 2).map((part) => Number.parseInt(part, 10));
}
