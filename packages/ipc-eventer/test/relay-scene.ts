import type { IPCClientOptions, IPCServer, IPCServerOptions } from "../src/index.ts";
import type { IPCServerSocket, RelayHook } from "../src/index.ts";
import { type Pair, TestPlace } from "./test-place.ts";

/** The hook of the tests. */
export type Hook = RelayHook<IPCServerSocket>;

/** A server with a hook, and two clients. */
interface Scene {
  readonly place: TestPlace;
  readonly server: IPCServer;
  readonly ada: Pair;
  readonly bob: Pair;
}

/** Set the scene; the hook is set at once. */
export async function relayScene(
  hook: Hook | "none" = () => true,
  options: IPCServerOptions & IPCClientOptions = {},
): Promise<Scene> {
  const place = new TestPlace();
  const server = await place.serve(options);
  if (hook !== "none") server.relay(hook);
  const ada = await place.pair(server, { ...options, name: "Ada" });
  const bob = await place.pair(server, { ...options, name: "Bob" });
  return { place, server, ada, bob };
}
