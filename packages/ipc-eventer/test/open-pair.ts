import { type Pair, TestPlace } from "./test-place.ts";

/** A client and a server in a place of their own. */
export async function openPair(options: { password?: string } = {}): Promise<Pair> {
  const place = new TestPlace();
  return place.pair(await place.serve(options), options);
}
