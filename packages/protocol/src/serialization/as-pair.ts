/** A parsed value as the pair it has to be; `undefined` if it is anything else. */
export function asPair(value: unknown): readonly [unknown, unknown] | undefined {
  return Array.isArray(value) && value.length === 2 ? [value[0], value[1]] : undefined;
}
