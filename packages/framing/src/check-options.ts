import { FramingError } from "./framing-error.ts";

/** The names of a set of options: the type requires each name of the interface. */
export type OptionNames<Options> = Readonly<Record<keyof Options, true>>;

type Names = Readonly<Record<string, true>>;

/** Throws `IPC_FRAMING_INVALID_OPTION` for what is no set of options, and for an option that is not known. */
export function checkOptions(options: object, known: Names): void {
  const names = Object.keys(known);
  const option = isOptions(options) ? unknownName(options, known) : "";
  if (option === undefined) return;
  const nearest = nearestName(option, names);
  throw new FramingError("IPC_FRAMING_INVALID_OPTION", { option, known: names, nearest });
}

/** Returns `value` if it is a whole number from `min` to `max`; else throws `IPC_FRAMING_INVALID_OPTION`. */
export function checkInteger(option: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new FramingError("IPC_FRAMING_INVALID_OPTION", { option, value, min, max });
  }
  return value;
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
