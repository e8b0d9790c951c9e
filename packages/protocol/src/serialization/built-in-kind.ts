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
export const isError: Guard<Error> = guard("Error", Error.prototype, () => undefined);

const boxes: readonly [Guard<object>, (box: object) => Primitive][] = [
  box("Number", Number.prototype, (value) => Number.prototype.valueOf.call(value)),
  box("String", String.prototype, (value) => String.prototype.valueOf.call(value)),
  box("Boolean", Boolean.prototype, (value) => Boolean.prototype.valueOf.call(value)),
  box("BigInt", BigInt.prototype, (value) => BigInt.prototype.valueOf.call(value)),
];

const uncloneable: ReadonlySet<string> = new Set([
  "[object AsyncGenerator]",
  "[object FinalizationRegistry]",
  "[object Generator]",
  "[object Promise]",
  "[object Symbol]",
  "[object WeakMap]",
  "[object WeakRef]",
  "[object WeakSet]",
]);

/** The primitive in a boxed one, such as `new Number(1)`; `undefined` for all else. */
export function unbox(value: object): Primitive | undefined {
  const found = boxes.find(([isBox]) => isBox(value));
  return found?.[1](value);
}

/** Tell whether all of an object is inside of it, where nothing can be read. */
export function isUncloneable(value: object): boolean {
  return uncloneable.has(Object.prototype.toString.call(value));
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
