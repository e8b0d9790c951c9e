/** Elements that the sparse arrays of one message may be without: a few bytes of text could ask for any number. */
export const maxHoles: number = 64 * 1024;

/** Decimal digits of a bigint: more than the largest numbers of cryptography have; its time is quadratic. */
export const maxBigintDigits = 4096;

/**
 * Characters of all the regular expressions of one message, those with the flag `v` counted sixteenfold: V8 takes
 * 1 MiB and 1 ms for the 15 characters of `\p{RGI_Emoji}`, and a tenth of a second for these.
 */
export const maxPatternLength: number = 16 * 1024;

/**
 * The square of how many numbers are keys of one Map or members of one Set, summed over a message. V8 hashes
 * them without a seed: they can be chosen to collide, and this is twice the steps that a peer can cause. A
 * step from one bigint to the next costs more, in proportion to what both begin with: a bigint counts as so
 * many numbers.
 */
export const maxNumericKeySquares: number = 16_384 ** 2;

/** Numbers as which a bigint counts that is a key; 32 if it has more than 1,024 bits. */
const [shortBigint, longBigint] = [8, 32];
const mostOfShort = 2n ** 1024n;

/**
 * The rest that one message may use of everything that costs more than its text. Each method answers false
 * beyond the limit.
 */
export class MessageBudget {
  #holes = maxHoles;
  #patternLength = maxPatternLength;
  #numericKeySquares = maxNumericKeySquares;
  /** True if there is a regular expression that this runtime does not know. */
  unknownPattern = false;

  takeHoles(count: number): boolean {
    this.#holes -= count;
    return this.#holes >= 0;
  }

  takePattern(source: string, flags: string): boolean {
    this.#patternLength -= source.length * (flags.includes("v") ? 16 : 1);
    return this.#patternLength >= 0;
  }

  /** For the keys of one Map, or the members of one Set, before any is put in. */
  takeKeys(keys: Iterable<unknown>): boolean {
    let count = 0;
    for (const key of keys) {
      if (typeof key === "number") count++;
      else if (typeof key === "bigint") count += isShort(key) ? shortBigint : longBigint;
    }
    this.#numericKeySquares -= count ** 2;
    return this.#numericKeySquares >= 0;
  }
}

function isShort(value: bigint): boolean {
  return value < mostOfShort && value > -mostOfShort;
}

type NamedValue = number | undefined;

const named: ReadonlyMap<unknown, NamedValue> = new Map<unknown, NamedValue>([
  ["undefined", undefined],
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
  ["-0", -0],
]);

const decimal = /^(?:0|-?[1-9]\d*)$/;

/** The form of a number, or of undefined: `{"$":name}` where JSON has no text for it. */
export function tagNumber(value: NamedValue): unknown {
  if (Object.is(value, -0)) return { $: "-0" };
  return Number.isFinite(value) ? value : { $: String(value) };
}

/** The form of a bigint, `{"$bigint":digits}`; `undefined` if it has too many digits. */
export function tagBigint(value: bigint): unknown {
  const digits = value.toString();
  return hasTooManyDigits(digits) ? undefined : { $bigint: digits };
}

/** The value of `{"$":name}` or `{"$bigint":digits}`, in a list; an empty one if there is no such value. */
export function untagPrimitive(tag: string, content: unknown): [value?: NamedValue | bigint] {
  if (tag === "$") return named.has(content) ? [named.get(content)] : [];
  if (tag !== "$bigint" || typeof content !== "string") return [];
  return hasTooManyDigits(content) || !decimal.test(content) ? [] : [BigInt(content)];
}

function hasTooManyDigits(text: string): boolean {
  return text.length > maxBigintDigits + (text.startsWith("-") ? 1 : 0);
}

/** The longest text of a date has a sign and six digits for its year. */
const longest = "+275760-09-13T00:00:00.000Z".length;

/** The form of a date: its ISO 8601 text in UTC, to the millisecond, or null for an invalid date. */
export function dateText(date: Date): string | null {
  // The built-in's own, whatever a subclass makes of it.
  const time = Date.prototype.getTime.call(date);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

/** The date of such a text; `undefined` for any other. */
export function parseDate(text: unknown): Date | undefined {
  if (text === null) return new Date(Number.NaN);
  if (typeof text !== "string" || text.length > longest) return undefined;
  const date = new Date(text);
  return dateText(date) === text ? date : undefined;
}

/** Members of an error that have a place of their own in its form; its other enumerable ones are its data. */
const known: ReadonlySet<string> = new Set(["name", "message", "stack", "cause"]);

/** The labels of an error: always strings, whatever its members are. */
export function errorLabels(error: Error): Record<string, string> {
  const { name, message, stack }: Readonly<Record<"name" | "message" | "stack", unknown>> = {
    name: error.name,
    message: error.message,
    stack: error.stack,
  };
  return {
    name: typeof name === "string" ? name : "Error",
    message: typeof message === "string" ? message : "",
    ...(typeof stack === "string" && { stack }),
  };
}

/** The own members with any value that are not enumerable as the built-in classes make them. */
export function hiddenMembers(error: Error): string[] {
  const isHidden = Object.hasOwn(error, "errors") && !Object.keys(error).includes("errors");
  return [...(Object.hasOwn(error, "cause") ? ["cause"] : []), ...(isHidden ? ["errors"] : [])];
}

/** Tell whether a member of an error has a place of its own in the error's form. */
export function isErrorMember(key: string): boolean {
  return known.has(key);
}

const classes: ReadonlyMap<string, new (message: string) => Error> = new Map(
  [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((type) => [
    type.name,
    type,
  ]),
);

/**
 * An error of the built-in class of a name, or else an `Error` that is called so. What is no stack of its own
 * is its name and message: the stack of its decoding would tell nothing.
 */
export function nativeError(name: string, message: string, stack: string | undefined): Error {
  const error = withoutStack(() => create(name, message));
  if (error.name !== name) defineHidden(error, "name", name);
  defineHidden(error, "stack", stack ?? `${name}: ${message}`);
  return error;
}

/** Define a member of an error that is not enumerable, as the built-in ones are. */
export function defineHidden(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, writable: true, configurable: true });
}

function create(name: string, message: string): Error {
  if (name === "AggregateError") return new AggregateError([], message);
  return new (classes.get(name) ?? Error)(message);
}

// Tracing the stack costs far more time and memory than all else; Reflect does not throw where intrinsics are frozen.
function withoutStack(make: () => Error): Error {
  const { stackTraceLimit } = Error;
  Reflect.set(Error, "stackTraceLimit", 0);
  try {
    return make();
  } finally {
    Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
  }
}
