import { IPCError } from "../errors.ts";

const noMembers: ReadonlySet<never> = new Set();

/** The members of each room. A room without members takes no memory. */
export class Rooms<S> {
  readonly #members = new Map<string, Set<S>>();

  /** The number of rooms with members. */
  get size(): number {
    return this.#members.size;
  }

  /** Returns the sockets in a room; the set changes with the room. */
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

/**
 * A part of an audience: a room, by its name, or a client, by its socket or anything else
 * that has its `id`.
 *
 * A string is always a room. A client can choose its id (an earlier server may have issued it), and an application
 * may let clients name their rooms: if a string could name either, one could receive what is meant for the other.
 */
export type Target = string | { readonly id: string };

/**
 * Returns the targets in the argument of `to` or `except`, with ids in place of sockets. Throws `IPC_INVALID_OPTION`
 * for anything else, such as the `undefined` of a socket that was not found.
 */
export function targetsOf(value: Target | readonly Target[]): readonly Target[] {
  return Array.isArray(value) ? value.map(targetOf) : [targetOf(value)];
}

function targetOf(value: unknown): Target {
  if (typeof value === "string") return value;
  if (typeof value === "object" && value !== null && "id" in value) {
    const { id } = value;
    if (typeof id === "string") return { id };
  }
  throw new IPCError(
    "IPC_INVALID_OPTION",
    "An audience is named by rooms (strings) and clients (sockets, or { id }). One of these is neither: check that getSocket() has found the client.",
  );
}
