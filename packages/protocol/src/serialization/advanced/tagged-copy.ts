import { ProtocolError } from "../../error.ts";
import { maxDepth } from "../../limits.ts";
import { isStreamable } from "../../streams/streamable.ts";
import { type BinaryValue, isBinary, OutgoingAttachments } from "../attachments.ts";
import {
  hiddenKind,
  isDate,
  isError,
  isMap,
  isRegExp,
  isSet,
  oneOf,
  unbox,
} from "../built-in-kind.ts";
import { nestedTooDeep, notEncodableAt, notReadableAt } from "../encoding-error.ts";
import {
  dateText,
  errorLabels,
  hiddenMembers,
  isErrorMember,
  maxBigintDigits,
  maxHoles,
  maxPatternLength,
  MessageBudget,
  tagBigint,
  tagNumber,
} from "./leaves.ts";

type Form = Record<string, unknown>;

/**
 * A copy of data in the tagged form, as `JSON.stringify` is to write it.
 *
 * `levels` is how many levels of nesting are left, `holder[key]` where the form of a value is going to stand.
 */
export class TaggedCopy {
  readonly copy: unknown;
  /** The binary values and streams that were taken out. */
  readonly taken: OutgoingAttachments = new OutgoingAttachments();
  readonly #budget = new MessageBudget();
  readonly #shared = new SharedObjects();
  /** The path from the data to the value that is being copied. */
  readonly #path: (string | number)[] = [];

  /** Throws `IPC_TOO_DEEP`, and `IPC_NOT_ENCODABLE` with the path to what cannot be encoded. */
  constructor(data: unknown) {
    const root: unknown[] = [];
    try {
      root[0] = this.#form(data, root, 0, maxDepth);
    } catch (cause) {
      // A getter may throw anything.
      if (cause instanceof ProtocolError) throw cause;
      throw notReadableAt(this.#path, cause);
    }
    this.#shared.define();
    this.copy = root[0];
  }

  #form(value: unknown, holder: object, key: string | number, levels: number): unknown {
    switch (typeof value) {
      case "string":
      case "boolean":
        return value;
      case "number":
      case "undefined":
        return tagNumber(value);
      case "bigint":
        return this.#bigint(value);
      case "object":
        if (value === null) return null;
        return this.#shared.refer(value, holder, key) ?? this.#object(value, levels);
      case "function":
      case "symbol":
        throw this.#refusal(`is a ${typeof value}`);
    }
  }

  /** The form of what is reached by one more step. */
  #inner(value: unknown, holder: object, key: string | number, levels: number): unknown {
    this.#path.push(key);
    const form = this.#form(value, holder, key, levels);
    this.#path.pop();
    return form;
  }

  #object(value: object, levels: number): unknown {
    if (Array.isArray(value)) return this.#array(value, this.#below(levels));
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) {
      return this.#plainObject(value, this.#below(levels));
    }
    if (isBinary(value)) return this.#binary(value);
    if (isStreamable(value)) return this.taken.send(value);
    if (isDate(value)) return { $date: dateText(value) };
    if (isMap(value)) return { $map: this.#map(value, this.#below(levels)) };
    if (isSet(value)) return { $set: this.#set(value, this.#below(levels)) };
    if (isError(value)) return { $error: this.#error(value, this.#below(levels)) };
    if (isRegExp(value)) return { $regexp: this.#regExp(value) };
    const primitive = unbox(value);
    if (primitive !== undefined) return { $boxed: this.#form(primitive, value, "", levels) };
    const kind = hiddenKind(value);
    if (kind !== undefined) throw this.#refusal(`is ${oneOf(kind)}, whose contents cannot be read`);
    return this.#plainObject(value, this.#below(levels));
  }

  #plainObject(source: object, levels: number): Form {
    const keys = Object.keys(source);
    const copy: Form = {};
    const [only = ""] = keys;
    if (keys.length === 1 && only.startsWith("$")) {
      const escaped = `$${only}`;
      copy[escaped] = this.#inner(Reflect.get(source, only), copy, escaped, levels);
      return copy;
    }
    return this.#members(source, keys, copy, levels);
  }

  #members(source: object, keys: readonly string[], copy: Form, levels: number): Form {
    for (const key of keys) {
      defineMember(copy, key, this.#inner(Reflect.get(source, key), copy, key, levels));
    }
    return copy;
  }

  #array(source: readonly unknown[], levels: number): unknown {
    if (hasHoles(source)) return { $sparse: this.#sparse(source, levels) };
    const copy: unknown[] = [];
    for (let index = 0; index < source.length; index++) {
      copy.push(this.#inner(source[index], copy, index, levels));
    }
    return copy;
  }

  #sparse(source: readonly unknown[], levels: number): unknown {
    const indices = Object.keys(source).filter((key) => String(Number(key) >>> 0) === key);
    if (!this.#budget.takeHoles(source.length - indices.length)) {
      throw this.#refusal(`is one of arrays with more than ${maxHoles} holes`);
    }
    return [source.length, this.#members(source, indices, {}, levels)];
  }

  #map(source: ReadonlyMap<unknown, unknown>, levels: number): unknown {
    const entries: readonly (readonly [unknown, unknown])[] = [
      ...Map.prototype.entries.call(source),
    ];
    this.#checkKeys(entries.map(([key]) => key));
    return entries.map(([key, value], index) => {
      const pair: unknown[] = [];
      this.#path.push(index);
      pair.push(this.#inner(key, pair, 0, levels), this.#inner(value, pair, 1, levels));
      this.#path.pop();
      return pair;
    });
  }

  #set(source: ReadonlySet<unknown>, levels: number): unknown {
    const values: readonly unknown[] = [...Set.prototype.values.call(source)];
    this.#checkKeys(values);
    const copy: unknown[] = [];
    for (const [index, value] of values.entries()) {
      copy.push(this.#inner(value, copy, index, levels));
    }
    return copy;
  }

  #error(source: Error, levels: number): Form {
    const form: Form = errorLabels(source);
    for (const key of hiddenMembers(source)) {
      form[key] = this.#inner(Reflect.get(source, key), form, key, levels);
    }
    const keys = Object.keys(source).filter((key) => !isErrorMember(key));
    if (keys.length > 0) form["data"] = this.#members(source, keys, {}, levels);
    return form;
  }

  #regExp(value: RegExp): unknown {
    // A copy has the built-in's own source and flags, whatever a subclass makes of them.
    const { source, flags } = new RegExp(value);
    if (!this.#budget.takePattern(source, flags)) {
      throw this.#refusal(
        `is one of regular expressions of more than ${maxPatternLength} characters`,
      );
    }
    return [source, flags];
  }

  #bigint(value: bigint): unknown {
    const form = tagBigint(value);
    if (form !== undefined) return form;
    throw this.#refusal(`is a bigint of more than ${maxBigintDigits} digits`);
  }

  #binary(value: BinaryValue): unknown {
    const reference = this.taken.add(value);
    if (reference !== undefined) return reference;
    throw this.#refusal("is a binary value of a kind that has no place on the wire");
  }

  #checkKeys(keys: readonly unknown[]): void {
    if (this.#budget.takeKeys(keys)) return;
    throw this.#refusal(
      "is a Map or Set with too many numbers or bigints for keys; strings have no limit",
    );
  }

  #below(levels: number): number {
    if (levels === 0) throw nestedTooDeep(this.#path);
    return levels - 1;
  }

  #refusal(what: string): ProtocolError {
    return notEncodableAt(this.#path, what);
  }
}

function hasHoles(source: readonly unknown[]): boolean {
  for (let index = 0; index < source.length; index++) {
    if (source[index] === undefined && !Object.hasOwn(source, index)) return true;
  }
  return false;
}

/** Give an object a member by definition: assigning `__proto__` would set its prototype. */
function defineMember(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== "__proto__") {
    object[key] = value;
    return;
  }
  Object.defineProperty(object, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

/** The form of an object that was written before. */
interface ObjectReference {
  $ref: number;
}

/** The place in a copy at which the form of an object stands. */
interface Place {
  readonly holder: object;
  readonly key: string | number;
  /** The one reference that stands everywhere else. */
  reference: ObjectReference | undefined;
}

/** The objects of one message, so that one that is met again is referred to instead of copied. */
class SharedObjects {
  // In the order in which they are met, which is the order of the text.
  readonly #places = new Map<object, Place>();
  #anyShared = false;

  /** The reference to an object; `undefined` if it is met for the first time, and is now to stand at `holder[key]`. */
  refer(value: object, holder: object, key: string | number): ObjectReference | undefined {
    const place = this.#places.get(value);
    if (place === undefined) {
      this.#places.set(value, { holder, key, reference: undefined });
      return undefined;
    }
    this.#anyShared = true;
    place.reference ??= { $ref: 0 };
    return place.reference;
  }

  /** Wrap each form that is referred to into `{"$def":[id,form]}`, once the copy is complete. */
  define(): void {
    if (!this.#anyShared) return;
    let id = 0;
    for (const { holder, key, reference } of this.#places.values()) {
      if (reference === undefined) continue;
      reference.$ref = id;
      Reflect.set(holder, key, { $def: [id, Reflect.get(holder, key)] });
      id++;
    }
  }
}
