/** The brief that this process was given at its start, by the case that started it. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows what it is
export function readBrief<Brief>(): Brief {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- this app's own words
  return JSON.parse(process.argv[2] ?? "null") as Brief;
}
