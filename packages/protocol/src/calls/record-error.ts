import { isBinary } from "../serialization/attachments.ts";
import { hiddenKind, isError, unbox } from "../serialization/built-in-kind.ts";
import {
  type CauseRecord,
  type ErrorRecord,
  nameLength,
  maxCauses,
  maxErrors,
  maxValues,
} from "./remote-error.ts";

/** Characters of a message or a stack that cross; a longer one is cut. */
const textLength: number = 64 * 1024;

/** Characters of all texts of an error, of its causes and of all members: what is over is cut or left out. */
const maxCharacters: number = 256 * 1024;

/** Values that are read in members that are left out in the end, before all others are left out too. */
const maxWasted = 3 * maxValues;

/**
 * Levels of nesting of an own member that crosses: with its chain of causes around it, it stays below the
 * limit of data.
 */
const memberDepth = 64;

/** Members of an error that have a place of their own in its record. */
const knownMembers: ReadonlySet<string> = new Set(["name", "message", "stack", "cause", "code"]);

type Writable<Kind> = { -readonly [Key in keyof Kind]: Kind[Key] };

/**
 * Records an error, or anything else that was thrown, as it crosses to the peer. Never throws, whatever
 * getters and proxies are in it, and takes no more time and memory than its limits allow, whatever a peer has
 * put into it.
 */
export function recordError(thrown: unknown, withStack: boolean): ErrorRecord {
  return new Recording(withStack).record(thrown);
}

class Recording {
  readonly #withStack: boolean;
  #errors = maxErrors;
  #characters = maxCharacters;
  #values = maxValues;
  #wasted = 0;
  /** The errors so far, whose members have their turn when all causes had theirs. */
  readonly #recorded: { readonly error: object; readonly record: Writable<ErrorRecord> }[] = [];

  constructor(withStack: boolean) {
    this.#withStack = withStack;
  }

  record(thrown: unknown): ErrorRecord {
    if (!isErrorSafely(thrown)) {
      const message = this.#text(textOf(thrown), textLength);
      return { name: "Error", message, data: { thrown: this.#member(thrown) } };
    }
    const whole = this.#error(thrown, maxCauses);
    for (const { error, record } of this.#recorded) record.data = this.#members(error, record);
    return whole;
  }

  #error(error: object, causes: number): ErrorRecord {
    this.#errors--;
    const stack = this.#withStack ? read(error, "stack") : undefined;
    const record: Writable<ErrorRecord> = {
      name: this.#text(textOf(read(error, "name") ?? "Error"), nameLength),
      message: this.#text(textOf(read(error, "message") ?? ""), textLength),
      code: this.#code(read(error, "code")),
      stack: typeof stack === "string" ? this.#text(stack, textLength) : undefined,
    };
    this.#recorded.push({ error, record });
    if (causes > 0) {
      record.cause = this.#cause(read(error, "cause"), causes - 1);
      record.errors = this.#aggregated(error, causes - 1);
    }
    return record;
  }

  #cause(cause: unknown, causes: number): CauseRecord | undefined {
    if (cause === undefined) return undefined;
    if (!isErrorSafely(cause)) return { value: this.#member(cause) };
    return this.#errors > 0 ? { error: this.#error(cause, causes) } : undefined;
  }

  #aggregated(error: object, causes: number): readonly CauseRecord[] | undefined {
    const errors = aggregatedIn(error);
    if (errors === undefined) return undefined;
    const records: CauseRecord[] = [];
    const length = read(errors, "length");
    const count = typeof length === "number" ? Math.min(length, maxErrors) : 0;
    for (let index = 0; index < count; index++) {
      const one = read(errors, String(index));
      const record = one === undefined ? { value: undefined } : this.#cause(one, causes);
      if (record === undefined) break;
      records.push(record);
    }
    return records;
  }

  #code(code: unknown): string | number | undefined {
    if (typeof code === "string") return this.#text(code, nameLength);
    return typeof code === "number" ? code : undefined;
  }

  #members(error: object, { errors }: ErrorRecord): Record<string, unknown> | undefined {
    // Without a prototype, a member named __proto__ is a member like any other.
    const data: Record<string, unknown> = { __proto__: null };
    let isEmpty = true;
    for (const key of keysOf(error)) {
      if (this.#values === 0) break;
      if (knownMembers.has(key) || (key === "errors" && errors !== undefined)) continue;
      const value = this.#member(read(error, key), key);
      if (value === undefined) continue;
      data[key] = value;
      isEmpty = false;
    }
    return isEmpty ? undefined : data;
  }

  /** A copy of a member as JSON would have it; `undefined` if it has no text, is nested too deep, or is too large. */
  #member(value: unknown, key = ""): unknown {
    const [characters, values] = [this.#characters, this.#values];
    try {
      this.#takeCharacters(key.length);
      return this.#copy(value, key, memberDepth);
    } catch {
      this.#wasted += values - this.#values;
      this.#characters = characters;
      this.#values = this.#wasted > maxWasted ? 0 : values;
      return undefined;
    }
  }

  /** Throws what a getter or `toJSON` throws, and for whatever the whole member is left out. */
  #copy(source: unknown, key: string, levels: number): unknown {
    this.#takeValues(1);
    if (isBinary(source)) this.#needValues(source.byteLength);
    const value = isAskable(source) ? source.toJSON(key) : source;
    if (typeof value === "string") this.#takeCharacters(value.length);
    if (typeof value === "bigint") throw new TypeError("JSON has no text for a bigint.");
    if (typeof value === "function" || typeof value === "symbol") return undefined;
    if (typeof value !== "object" || value === null) return value;
    if (levels === 0) throw new RangeError("It is nested too deep.");
    if (Array.isArray(value)) return this.#elements(value, levels - 1);
    const primitive = unbox(value);
    if (primitive !== undefined) return this.#copy(primitive, key, levels);
    return this.#object(value, levels - 1);
  }

  #elements(source: readonly unknown[], levels: number): readonly unknown[] {
    this.#needValues(source.length);
    const copy: unknown[] = [];
    for (let index = 0; index < source.length; index++) {
      copy.push(this.#copy(source[index], String(index), levels));
    }
    return copy;
  }

  #object(source: object, levels: number): Record<string, unknown> | undefined {
    const copy: Record<string, unknown> = { __proto__: null };
    if (isError(source)) {
      copy["name"] = this.#copy(source.name, "name", levels);
      copy["message"] = this.#copy(source.message, "message", levels);
    } else if (hiddenKind(source) !== undefined) {
      return undefined;
    }
    for (const key of Object.keys(source)) {
      this.#takeCharacters(key.length);
      copy[key] = this.#copy(Reflect.get(source, key), key, levels);
    }
    return copy;
  }

  /** The beginning of a text, as far as there is room. */
  #text(text: string, most: number): string {
    const cut = text.slice(0, Math.min(most, this.#characters));
    this.#characters -= cut.length;
    return cut;
  }

  #takeCharacters(count: number): void {
    if (count > this.#characters) throw new RangeError("It has too many characters.");
    this.#characters -= count;
  }

  #takeValues(count: number): void {
    this.#needValues(count);
    this.#values -= count;
  }

  #needValues(count: number): void {
    if (count > this.#values) throw new RangeError("It has too many values.");
  }
}

/** The errors of an aggregate: a list that is hidden as the built-in class has it, or in which there is an error. */
function aggregatedIn(error: object): readonly unknown[] | undefined {
  try {
    const descriptor = Object.getOwnPropertyDescriptor(error, "errors");
    if (descriptor === undefined) return undefined;
    const errors: unknown = Reflect.get(error, "errors");
    if (!Array.isArray(errors)) return undefined;
    const isMember = descriptor.enumerable === true && !errors.slice(0, maxErrors).some(isError);
    return isMember ? undefined : errors;
  } catch {
    return undefined;
  }
}

function isErrorSafely(thrown: unknown): thrown is object {
  try {
    return typeof thrown === "object" && thrown !== null && isError(thrown);
  } catch {
    return false;
  }
}

function isAskable(value: unknown): value is { toJSON: (key: string) => unknown } {
  return (
    ((typeof value === "object" && value !== null) || typeof value === "function") &&
    typeof Reflect.get(value, "toJSON") === "function"
  );
}

function keysOf(source: object): readonly string[] {
  try {
    return Object.keys(source);
  } catch {
    return [];
  }
}

function read(source: object, key: string): unknown {
  try {
    return Reflect.get(source, key);
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string {
  try {
    // An array's own text is made of all that is in it, over and over where objects are shared.
    const isList = Array.isArray(value) || ArrayBuffer.isView(value);
    return isList ? Object.prototype.toString.call(value) : String(value);
  } catch {
    return "something without a text";
  }
}
