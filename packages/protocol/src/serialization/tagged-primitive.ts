import { maxBigintDigits } from "./message-budget.ts";

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
