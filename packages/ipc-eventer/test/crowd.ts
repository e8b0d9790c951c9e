import type { IPCClient, IPCServer, IPCServerSocket, IPCSocket } from "../src/index.ts";
import { TestPlace } from "./test-place.ts";

/** One of a crowd: both ends of its session, and the data of what it has heard of "news". */
export interface Member {
  readonly client: IPCClient;
  readonly socket: IPCSocket;
  readonly remote: IPCServerSocket;
  readonly heard: unknown[];
}

/** A server and a crowd that it alone has. */
export interface Crowd<Name extends string> {
  readonly server: IPCServer;
  readonly members: Record<Name, Member>;
}

/** A server in a place of its own, and clients of these names that listen to "news". */
export async function serveCrowd<Name extends string>(
  names: readonly Name[],
): Promise<Crowd<Name>> {
  const place = new TestPlace();
  const server = await place.serve();
  const members: Partial<Record<Name, Member>> = {};
  for (const name of names) {
    const { client, socket, remote } = await place.pair(server, { name });
    const heard: unknown[] = [];
    socket.on("news", (data) => heard.push(data));
    members[name] = { client, socket, remote, heard };
  }
  return { server, members: members as Record<Name, Member> };
}

/** The events that each of them has heard, once all has come that was emitted before this. */
export async function heardBy<Name extends string>(
  members: Record<Name, Member>,
): Promise<Partial<Record<Name, unknown[]>>> {
  const heard: Partial<Record<Name, unknown[]>> = {};
  for (const name in members) {
    const { socket, remote } = members[name];
    socket.handle("all come", () => true);
    // A call keeps its place among events.
    await remote.invoke("all come");
    socket.unhandle("all come");
    heard[name] = members[name].heard.splice(0);
  }
  return heard;
}
