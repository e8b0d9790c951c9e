import { CryptoError } from "./error.ts";

/** The names of a set of options: the type requires each name of the interface. */
export type OptionNames<Options> = Readonly<Record<keyof Options, true>>;

type Names = Readonly<Record<string, true>>;

/** Throws `IPC_INVALID_OPTION` for what is no set of options, and for an option that is not known. */
export function checkOptions(what: string, options: object, known: Names): void {
  const names = Object.keys(known);
  if (!isOptions(options)) refuse(`${what} takes them as an object that has ${names.join(", ")}`);
  const option = unknownName(options, known);
  if (option === undefined) return;
  const nearest = nearestName(option, names);
  const meant = nearest === undefined ? "" : ` (did you mean "${nearest}"?)`;
  refuse(`${what} has no "${option}"${meant}, but ${names.join(", ")}`);
}

/** Returns `value` if it is a whole number from `least` to `most`; else throws `IPC_LIMIT_INVALID`. */
export function checkLimit(name: string, value: number, least: number, most: number): number {
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    throw new CryptoError("IPC_LIMIT_INVALID", { name, least, most, whole: true });
  }
  return value;
}

function refuse(reason: string): never {
  throw new CryptoError("IPC_INVALID_OPTION", { reason });
}

/** Tells whether a value may be a set of options: by its tag, as it may be of another realm. */
function isOptions(value: unknown): value is object {
  return Object.prototype.toString.call(value) === "[object Object]";
}

/** The first name that is not known, an inherited one too unless all objects have it. */
function unknownName(options: object, known: Names): string | undefined {
  for (const name in options) {
    if (!Object.hasOwn(known, name) && !(name in Object.prototype)) return name;
  }
  return undefined;
}

/** The name that has most pairs of neighbouring letters in common with another. */
function nearestName(name: string, names: readonly string[]): string | undefined {
  const wanted = pairsOf(name);
  let nearest: string | undefined;
  let most = 0;
  for (const candidate of names) {
    const common = pairsOf(candidate).filter((pair) => wanted.includes(pair)).length;
    if (common > most) [nearest, most] = [candidate, common];
  }
  return nearest;
}

function pairsOf(name: string): string[] {
  const letters = Array.from(name.slice(0, 64).toLowerCase());
  return letters.slice(1).map((letter, index) => `${letters[index]}${letter}`);
}
