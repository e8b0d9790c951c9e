import { IPCError } from "../error.ts";

const noMembers: ReadonlySet<never> = new Set();

/** The members of each room. A room is there while it has one, and takes no memory after that. */
export class Rooms<S> {
  readonly #members = new Map<string, Set<S>>();

  /** How many rooms have members. */
  get size(): number {
    return this.#members.size;
  }

  /** The sockets in a room, as it changes. */
  membersOf(room: string): ReadonlySet<S> {
    return this.#members.get(room) ?? noMembers;
  }

  add(room: string, socket: S): void {
    const members = this.#members.get(room);
    if (members === undefined) this.#members.set(room, new Set([socket]));
    else members.add(socket);
  }

  remove(room: string, socket: S): void {
    const members = this.#members.get(room);
    if (members === undefined) return;
    members.delete(socket);
    if (members.size === 0) this.#members.delete(room);
  }
}

/** Throws `IPC_INVALID_OPTION` for a room's name that is no string: `join(undefined)` is a mistake. */
export function assertRoomName(room: unknown): asserts room is string {
  if (typeof room === "string") return;
  throw new IPCError("IPC_INVALID_OPTION", `The name of a room is a string, not ${typeof room}.`);
}
