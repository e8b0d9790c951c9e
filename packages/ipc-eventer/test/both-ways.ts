import type { IPCSocket } from "../src/index.ts";
import { TestPlace } from "./test-place.ts";

/** Both sides of one session, in both orders: the caller, and the side that answers. */
export async function bothWays(
  options: Parameters<TestPlace["serve"]>[0] = {},
): Promise<{ asker: IPCSocket; answerer: IPCSocket; way: string }[]> {
  const place = new TestPlace();
  const server = await place.serve(options);
  const { socket, remote } = await place.pair(server, options);
  return [
    { asker: socket, answerer: remote, way: "client asks" },
    { asker: remote, answerer: socket, way: "server asks" },
  ];
}
