/** Tell whether a key is `$bin`, or `$bin` with any number of further `$` before it. */
export function isBinKey(key: string): boolean {
  return key.endsWith("$bin") && /^\$+bin$/.test(key);
}
