import { isJsonObject, asPair, ownMembers, peerNestsTooDeep } from "../../wire/json.ts";
import type { ReceivedAttachments } from "../attachments.ts";
import { notDecodable, notReadable } from "../encoding-error.ts";
import {
  defineHidden,
  isErrorMember,
  MessageBudget,
  nativeError,
  parseDate,
  untagPrimitive,
} from "./leaves.ts";

type Form = Record<string, unknown>;

/**
 * Turns a parsed tagged form into the value it stands for. Plain objects and arrays are changed in place.
 *
 * `levels` is how many levels of nesting are left. `shared` tells that the form defines an object for
 * references: it is kept as soon as it is made, since what is inside may already refer to it.
 */
export class Restoration {
  readonly #attachments: ReceivedAttachments;
  readonly #budget = new MessageBudget();
  readonly #shared: object[] = [];

  constructor(attachments: ReceivedAttachments) {
    this.#attachments = attachments;
  }

  /** Throws `IPC_INVALID_MESSAGE`, `IPC_TOO_DEEP` and `IPC_ATTACHMENTS_MISMATCH`. */
  restore(form: unknown, levels: number): unknown {
    return this.#form(form, levels, false);
  }

  /** Throws `IPC_NOT_DECODABLE` if something could not be restored. */
  checkReadable(): void {
    if (!this.#budget.unknownPattern) return;
    throw notReadable("this runtime does not know a regular expression in it");
  }

  #form(form: unknown, levels: number, shared: boolean): unknown {
    if (Array.isArray(form)) return this.#elements(this.#keep(form, shared), below(levels));
    if (!isJsonObject(form)) return form;
    const keys = Object.keys(form);
    const [only = ""] = keys;
    if (keys.length !== 1 || !only.startsWith("$")) {
      return this.#members(this.#keep(form, shared), keys, below(levels));
    }
    const content = form[only];
    if (!only.startsWith("$$")) return this.#tagged(only, content, levels, shared);
    const object: Form = this.#keep({}, shared);
    object[only.slice(1)] = this.restore(content, below(levels));
    return object;
  }

  #elements(elements: unknown[], levels: number): unknown[] {
    for (let index = 0; index < elements.length; index++) {
      const form = elements[index];
      if (typeof form === "object" && form !== null) elements[index] = this.restore(form, levels);
    }
    return elements;
  }

  #members(object: Form, keys: readonly string[], levels: number): Form {
    for (const key of keys) {
      const form = object[key];
      // The key is the object's own, so that even __proto__ is written as any other.
      if (typeof form === "object" && form !== null) object[key] = this.restore(form, levels);
    }
    return object;
  }

  #tagged(tag: string, content: unknown, levels: number, shared: boolean): unknown {
    switch (tag) {
      case "$bin":
        return this.#keep(this.#attachments.take(content), shared);
      case "$date":
      case "$regexp":
      case "$boxed":
        return this.#keep(restoreLeaf(tag, content, this.#budget) ?? malformed(tag), shared);
      case "$map":
        return this.#map(content, below(levels), shared);
      case "$set":
        return this.#set(content, below(levels), shared);
      case "$error":
        return this.#error(content, below(levels), shared);
      case "$sparse":
        return this.#sparse(content, below(levels), shared);
      default:
        // The other tags make no object that could be referred to.
        return shared ? malformed("$def") : this.#special(tag, content, levels);
    }
  }

  #special(tag: string, content: unknown, levels: number): unknown {
    switch (tag) {
      case "$def":
        return this.#definition(content, levels);
      case "$ref":
        return (typeof content === "number" ? this.#shared[content] : undefined) ?? malformed(tag);
      case "$":
      case "$bigint": {
        const value = untagPrimitive(tag, content);
        return value.length === 0 ? malformed(tag) : value[0];
      }
      default:
        throw notDecodable("a tag that is not known");
    }
  }

  #definition(content: unknown, levels: number): unknown {
    const [id, form] = asPair(content) ?? [];
    if (id !== this.#shared.length || typeof form !== "object" || form === null) {
      return malformed("$def");
    }
    return this.#form(form, levels, true);
  }

  #map(content: unknown, levels: number, shared: boolean): unknown {
    const map = this.#keep(new Map<unknown, unknown>(), shared);
    const entries = asArray(content, "$map").map((form): [unknown, unknown] => {
      const [key, value] = asPair(form) ?? malformed("$map");
      return [this.restore(key, levels), this.restore(value, levels)];
    });
    this.#checkKeys(entries.map(([key]) => key));
    for (const [key, value] of entries) map.set(key, value);
    return map.size === entries.length ? map : malformed("$map");
  }

  #set(content: unknown, levels: number, shared: boolean): unknown {
    const set = this.#keep(new Set<unknown>(), shared);
    const values = this.#elements(asArray(content, "$set"), levels);
    this.#checkKeys(values);
    for (const value of values) set.add(value);
    return set.size === values.length ? set : malformed("$set");
  }

  #error(content: unknown, levels: number, shared: boolean): unknown {
    const { name, message, stack, ...rest } = ownMembers(asObject(content, "$error"));
    if (typeof name !== "string" || typeof message !== "string") return malformed("$error");
    if (stack !== undefined && typeof stack !== "string") return malformed("$error");
    const error = this.#keep(nativeError(name, message, stack), shared);
    for (const key of Object.keys(rest)) {
      if (key === "data") this.#errorData(asObject(rest[key], "$error"), error, levels);
      else if (key !== "cause" && key !== "errors") malformed("$error");
      else defineHidden(error, key, this.restore(rest[key], levels));
    }
    return error;
  }

  #errorData(data: Form, error: Error, levels: number): void {
    const keys = Object.keys(data);
    if (keys.some(isErrorMember)) malformed("$error");
    this.#members(data, keys, levels);
    for (const key of keys) {
      const descriptor = { enumerable: true, configurable: true, writable: true };
      Object.defineProperty(error, key, { ...descriptor, value: data[key] });
    }
  }

  #sparse(content: unknown, levels: number, shared: boolean): unknown {
    const [length, form] = asPair(content) ?? [];
    const elements = asObject(form, "$sparse");
    const indices = Object.keys(elements);
    if (typeof length !== "number" || length >>> 0 !== length) return malformed("$sparse");
    if (!this.#budget.takeHoles(length - indices.length)) return malformed("$sparse");
    const array: unknown[] = this.#keep([], shared);
    array.length = length;
    for (const key of indices) {
      const index = Number(key);
      if (String(index >>> 0) !== key || index >= length) return malformed("$sparse");
      array[index] = this.restore(elements[key], levels);
    }
    return array;
  }

  #checkKeys(keys: readonly unknown[]): void {
    if (!this.#budget.takeKeys(keys))
      throw notDecodable("a Map or Set with too many numbers for keys");
  }

  #keep<Kind extends object>(object: Kind, shared: boolean): Kind {
    if (shared) this.#shared.push(object);
    return object;
  }
}

function below(levels: number): number {
  if (levels === 0) throw peerNestsTooDeep();
  return levels - 1;
}

function asObject(content: unknown, tag: string): Form {
  return isJsonObject(content) ? content : malformed(tag);
}

function asArray(content: unknown, tag: string): unknown[] {
  return Array.isArray(content) ? content : malformed(tag);
}

function malformed(tag: string): never {
  throw notDecodable(`the tag ${tag} with what it cannot stand for`);
}

/** The object without further values in it that a tag and its content stand for; `undefined` if there is none. */
function restoreLeaf(tag: string, content: unknown, budget: MessageBudget): object | undefined {
  if (tag === "$date") return parseDate(content);
  return tag === "$regexp" ? restoreRegExp(content, budget) : restoreBoxed(content);
}

function restoreRegExp(content: unknown, budget: MessageBudget): RegExp | undefined {
  const [source, flags] = asPair(content) ?? [];
  if (typeof source !== "string" || typeof flags !== "string") return undefined;
  if (!budget.takePattern(source, flags)) return undefined;
  // A message that is refused in the end needs no more of them: each unknown one takes as long as hundreds of others.
  if (budget.unknownPattern) return new RegExp("");
  try {
    return new RegExp(source, flags);
  } catch {
    // A newer runtime may know more. All else is read nevertheless: there may be streams in it.
    budget.unknownPattern = true;
    return new RegExp("");
  }
}

function restoreBoxed(content: unknown): object | undefined {
  if (!isJsonObject(content)) return isPrimitive(content) ? boxOf(content) : undefined;
  const [tag = "", ...others] = Object.keys(content);
  const [primitive] = others.length === 0 ? untagPrimitive(tag, content[tag]) : [];
  return primitive === undefined ? undefined : boxOf(primitive);
}

function boxOf(primitive: string | number | boolean | bigint): object {
  return new Object(primitive);
}

function isPrimitive(content: unknown): content is string | number | boolean {
  return typeof content === "string" || typeof content === "number" || typeof content === "boolean";
}
