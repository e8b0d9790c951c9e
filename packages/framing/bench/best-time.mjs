/**
 * The shortest of several runs of `work`, in milliseconds: what else the machine does only makes a run longer.
 * @param {() => void} work
 */
export function bestTime(work, rounds = 5) {
  let shortest = Infinity;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    work();
    shortest = Math.min(shortest, performance.now() - start);
  }
  return shortest;
}
