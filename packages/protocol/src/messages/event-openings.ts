/** How many openings are remembered; a power of two. */
const places = 16;
/** Characters of the longest name that is remembered: names are the peer's, and outlive their messages. */
export const longestName = 64;
const rightBracket = 0x5d;

/** How the line of an event begins, and the name of that event. */
interface Opening {
  /** `["name",` */
  readonly text: string;
  readonly name: string;
}

/**
 * The openings of the event lines that came last. A peer says few names over and over: of a line whose
 * opening is known, only the data is parsed.
 *
 * ```
 *   ["name",{"some":"data"}]
 *   opening ^ data        ^
 * ```
 */
export class EventOpenings {
  readonly #openings: (Opening | undefined)[] = [];

  /** The name of the event that a line may be; `undefined` if its opening is not known. */
  find(line: string): string | undefined {
    const opening = this.#openings[placeOf(line, line.indexOf('"', 2))];
    return opening !== undefined && line.startsWith(opening.text) ? opening.name : undefined;
  }

  /** Remember the name of the event that a line was. */
  learn(line: string, name: string): void {
    if (name.length > longestName) return;
    const text = `["${name}",`;
    // Of a name that is written with escapes, or behind white space, the opening is another.
    if (!line.startsWith(text) || name.includes("\\")) return;
    this.#openings[placeOf(line, name.length + 2)] = { text, name };
  }
}

/** The data in a line that begins with the opening of `name`; `undefined` if it is no event after all. */
export function readData(line: string, name: string): unknown {
  const end = line.length - 1;
  if (line.charCodeAt(end) !== rightBracket) return undefined;
  try {
    // It takes exactly one JSON value, or throws: a second element of the array does not pass.
    return JSON.parse(line.slice(name.length + 4, end));
  } catch {
    return undefined;
  }
}

/** Where the opening belongs whose name ends before `end`. */
function placeOf(line: string, end: number): number {
  return (7 * end + line.charCodeAt(end - 1)) & (places - 1);
}
