import type { ClientsOwner } from "../server/clients.ts";
import type { AnyEvents, DataArgument, EventMap } from "../listening/event-map.ts";
import type { EventName, ReplyOf } from "../listening/event-map.ts";
import { invokeAll, type Outcomes } from "./invoke-all.ts";
import type { AnyServerSocket, IPCServerSocket } from "../ipc-server-socket.ts";
import { IPCError } from "../error.ts";
import { moreMistake } from "../option-mistakes.ts";
import {
  callOptionsMistake,
  type InvokeOptions,
  invokeOptions,
  optionsOf,
} from "../calls/outbound-call.ts";
import { type Target, targetsOf } from "./target.ts";

/**
 * Some of a server's clients, as they are named: rooms and single clients, less some others.
 *
 * It never changes: `to` and `except` answer another one. Its clients are found anew each time that
 * something is sent, so one may be kept for as long as the server is.
 */
export class Audience<
  In extends EventMap<In> = AnyEvents,
  Out extends EventMap<Out> = AnyEvents,
  Data = Record<string, unknown>,
> {
  readonly #owner: ClientsOwner;
  /** `undefined` means all clients. */
  readonly #among: readonly Target[] | undefined;
  readonly #without: readonly Target[];

  /** Audiences are made by servers and sockets. */
  constructor(
    owner: ClientsOwner,
    among: readonly Target[] | undefined,
    without: readonly Target[] = [],
  ) {
    this.#owner = owner;
    this.#among = among;
    this.#without = without;
  }

  /** These as well. A client in several of the rooms is meant once. Throws `IPC_INVALID_OPTION`. */
  to(target: Target | readonly Target[]): Audience<In, Out, Data> {
    const more = targetsOf(target);
    const among = this.#among === undefined ? undefined : [...this.#among, ...more];
    return new Audience(this.#owner, among, this.#without);
  }

  /** Not these, however else they are named, before or after. Throws `IPC_INVALID_OPTION`. */
  except(target: Target | readonly Target[]): Audience<In, Out, Data> {
    return new Audience(this.#owner, this.#among, [...this.#without, ...targetsOf(target)]);
  }

  /** The sockets that are meant at this moment, each once. */
  get sockets(): readonly IPCServerSocket<In, Out, Data>[] {
    return [...this.#find()];
  }

  /** Send an event to each of them, encoded once. Throws as `socket.emit` does, also if no client is meant. */
  emit<K extends EventName<Out>>(event: K, ...data: DataArgument<Out, K>): void;
  emit(event: string, data?: unknown, more?: unknown): void {
    if (more !== undefined) {
      throw moreMistake("emit to several", `to(target).emit("${event}", `, more);
    }
    this.#owner.clients.send(event, data, this.#find());
  }

  /**
   * Call each of them, encoded once, and gather the replies and the failures.
   *
   * `timeout` and `signal` are those of `socket.invoke`, for each call. No peer can make it reject,
   * and neither does the signal: a client that has not answered by then has failed with
   * `IPC_CALL_CANCELLED`. Rejects with what `socket.emit` throws, and with `IPC_INVALID_OPTION` for
   * the timeout; no client is asked then.
   */
  invokeAll<K extends EventName<Out>>(
    event: K,
    ...values: [...data: DataArgument<Out, K>, options?: InvokeOptions]
  ): Promise<Outcomes<IPCServerSocket<In, Out, Data>, ReplyOf<Out, K>>>;
  async invokeAll(
    event: string,
    ...values: readonly unknown[]
  ): Promise<Outcomes<AnyServerSocket, unknown>> {
    const options = optionsOf("invokeAll", event, values, invokeOptions);
    if (options instanceof IPCError) throw options;
    const mistake = callOptionsMistake(options);
    if (mistake !== undefined) throw mistake;
    const encoded = this.#owner.clients.encodeCall(event, values[0]);
    return invokeAll(this.#find(), encoded, options);
  }

  #find(): Iterable<AnyServerSocket> {
    const { clients } = this.#owner;
    const groups = this.#among?.map((target) => clients.of(target)) ?? [clients.sockets];
    const [first = [], ...others] = groups;
    if (others.length === 0 && this.#without.length === 0) return first;
    const found = new Set(first);
    for (const group of others) for (const socket of group) found.add(socket);
    for (const target of this.#without) {
      for (const socket of clients.of(target)) found.delete(socket);
    }
    return found;
  }
}
