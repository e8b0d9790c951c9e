/** An array of holes, with elements at some of its indices. */
export function holeArray(
  length: number,
  elements: Readonly<Record<number, unknown>> = {},
): unknown[] {
  const array: unknown[] = [];
  array.length = length;
  return Object.assign(array, elements);
}
