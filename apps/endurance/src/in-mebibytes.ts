/** Bytes as mebibytes, to one decimal. */
export function inMebibytes(bytes: number): number {
  return Math.round((bytes / 2 ** 20) * 10) / 10;
}
