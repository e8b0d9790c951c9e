type Guard<Kind extends object> = (value: object) => value is Kind;

type Primitive = string | number | boolean | bigint;

export const isMap: Guard<ReadonlyMap<unknown, unknown>> = guard("Map", Map.prototype, (value) =>
  Map.prototype.has.call(value, undefined),
);

export const isSet: Guard<ReadonlySet<unknown>> = guard("Set", Set.prototype, (value) =>
  Set.prototype.has.call(value, undefined),
);

export const isDate: Guard<Date> = guard("Date", Date.prototype, (value) =>
  Date.prototype.getTime.call(value),
);

const patternSource = Object.getOwnPropertyDescriptor(RegExp.prototype, "source");

export const isRegExp: Guard<RegExp> = guard("RegExp", RegExp.prototype, (value) =>
  patternSource?.get?.call(value),
);

// Nothing tells a real error from an object with its prototype.
const isNamedError = guard("Error", Error.prototype, () => undefined);

// A DOMException of another realm is one only by its tag.
export const isError: Guard<Error> = (value): value is Error =>
  isNamedError(value) || Object.prototype.toString.call(value) === "[object DOMException]";

const boxes: readonly [Guard<object>, (box: object) => Primitive][] = [
  box("Number", Number.prototype, (value) => Number.prototype.valueOf.call(value)),
  box("String", String.prototype, (value) => String.prototype.valueOf.call(value)),
  box("Boolean", Boolean.prototype, (value) => Boolean.prototype.valueOf.call(value)),
  box("BigInt", BigInt.prototype, (value) => BigInt.prototype.valueOf.call(value)),
];

/** The primitive in a boxed one, such as `new Number(1)`; `undefined` for all else. */
export function unbox(value: object): Primitive | undefined {
  const found = boxes.find(([isBox]) => isBox(value));
  return found?.[1](value);
}

const contained: readonly [name: string, is: Guard<object>][] = [
  ["Map", isMap],
  ["Set", isSet],
  ["Error", isError],
  ["RegExp", isRegExp],
];

/** Kinds of which an instance never shows what is in it, whatever members it has. */
const closed: ReadonlySet<string> = new Set([
  "AsyncGenerator",
  "FinalizationRegistry",
  "Generator",
  "Promise",
  "Symbol",
  "WeakMap",
  "WeakRef",
  "WeakSet",
]);

/**
 * Names the class of an object whose contents are not its members, so that its members alone would be little or
 * nothing of it: of a built-in class, or of any that names itself by a tag and has no members to show.
 */
export function hiddenKind(value: object): string | undefined {
  const found = contained.find(([, is]) => is(value));
  if (found !== undefined) return found[0];
  const tag = Object.prototype.toString.call(value).slice("[object ".length, -1);
  if (closed.has(tag)) return tag;
  return tag !== "Object" && Object.keys(value).length === 0 ? tag : undefined;
}

/** The name of a kind with its article. */
export function oneOf(kind: string): string {
  return `${/^[AEIOU]/.test(kind) ? "an" : "a"} ${kind}`;
}

/** Tell whether the serialization `advanced` carries objects of a hidden kind. */
export function isCarriedByAdvanced(kind: string): boolean {
  return contained.some(([name]) => name === kind);
}

/**
 * Tells objects of a built-in class, those of subclasses and of other realms included. What says to be one by its
 * prototype or tag alone fails in `probe`, which asks for what only a real one has.
 */
function guard<Kind extends object>(
  name: string,
  prototype: object,
  probe: (value: object) => unknown,
): Guard<Kind> {
  const tag = `[object ${name}]`;
  return (value): value is Kind =>
    (Object.prototype.isPrototypeOf.call(prototype, value) ||
      Object.prototype.toString.call(value) === tag) &&
    passes(value, probe);
}

function box(
  name: string,
  prototype: object,
  open: (value: object) => Primitive,
): [Guard<object>, (box: object) => Primitive] {
  return [guard(name, prototype, open), open];
}

function passes(value: object, probe: (value: object) => unknown): boolean {
  try {
    probe(value);
    return true;
  } catch {
    return false;
  }
}
