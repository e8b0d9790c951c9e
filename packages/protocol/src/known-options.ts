import { ProtocolError } from "./error.ts";

/** The names of a set of options: typed so that none of an interface is forgotten. */
export type OptionNames<Options> = Readonly<Record<keyof Options, unknown>>;

type Names = Readonly<Record<string, unknown>>;

/**
 * Tells whether a value may be a set of options: an object, of whatever realm, that is no array, Map, bytes
 * or the like.
 */
export function isOptions(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    prototype === Object.prototype ||
    prototype === null ||
    Object.prototype.toString.call(value) === "[object Object]"
  );
}

/** The first name in a set of options that is not known, `undefined` if all are. */
export function unknownOption(options: object, known: Names): string | undefined {
  // Inherited names count, as they are read too, but for those that a program has added to all objects.
  for (const name in options) {
    if (!Object.hasOwn(known, name) && !(name in Object.prototype)) return name;
  }
  return undefined;
}

/** Names that are listed at most. */
const mostListed = 12;

/** Advises about an unknown option: the one that was probably meant, or all of them. */
export function adviseOption(name: string, known: Names): string {
  const names = Object.keys(known);
  const nearest = nearestName(name, names);
  if (nearest !== undefined) return `Did you mean "${nearest}"?`;
  return names.length > mostListed ? "See the table of options." : `It has ${names.join(", ")}.`;
}

/** Throws `IPC_INVALID_OPTION` for what is no set of options, and for an option that is not known. */
export function checkOptions(what: string, options: unknown, known: Names): void {
  if (!isOptions(options)) {
    throw invalid(`${what} takes its options as an object, { name: value }.`);
  }
  const name = unknownOption(options, known);
  if (name === undefined) return;
  throw invalid(`${what} has no option "${name}". ${adviseOption(name, known)}`, name);
}

/** The name that takes the fewest changes of a letter, if that is at most one for every three of its letters. */
function nearestName(name: string, names: readonly string[]): string | undefined {
  const wanted = name.slice(0, 64).toLowerCase();
  let nearest: string | undefined;
  let fewest = Infinity;
  for (const candidate of names) {
    const changes = countChanges(wanted, candidate.toLowerCase());
    if (changes < fewest && changes <= Math.max(1, Math.floor(candidate.length / 3))) {
      nearest = candidate;
      fewest = changes;
    }
  }
  return nearest;
}

/** The Levenshtein distance of two texts. */
function countChanges(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 0; i < from.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const replaced = (row[j] ?? 0) + (from[i] === to[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

function invalid(message: string, option = "options"): ProtocolError {
  return new ProtocolError("IPC_INVALID_OPTION", "caller", message, { context: { option } });
}
