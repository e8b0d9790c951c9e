import { assertEventName, type OptionNames } from "@ipc/protocol";
import { realTime } from "@ipc/transport";
import type { ClientSession } from "../client/client-sessions.ts";
import { messageChannel, publishCall, publishEvent } from "../diagnostics/diagnostics.ts";
import { IPCError } from "../error.ts";
import type { AnyArguments, AnyEvents, DataArgument, EventMap } from "../listening/event-map.ts";
import type { EventName, ReplyOf } from "../listening/event-map.ts";
import { moreMistake } from "../option-mistakes.ts";
import { type InvokeOptions, makeCall, optionsOf } from "../calls/outbound-call.ts";

/** Options of a call of another client. */
export type RelayOptions = Pick<InvokeOptions, "timeout" | "signal">;

const relayOptions: OptionNames<RelayOptions> = { timeout: true, signal: true };

/** Carries a client's messages for others. */
export interface RelayCarrier {
  /** Milliseconds that a call waits for its reply unless it says otherwise. */
  readonly callTimeout: number;
  /** The session of the moment. */
  readonly session: () => ClientSession | undefined;
  /** Tell of an error that harms nothing else. */
  readonly report: (error: Error) => void;
}

/** Characters that an id may have on the wire. */
const idLength = 256;

/**
 * Another client of the same server, reached through the server.
 *
 * It is a name and nothing more: it may be made before there is a session, and kept for as long as
 * the client is. `Theirs` maps what the other client hears and handles.
 */
export class Recipient<Theirs extends EventMap<Theirs> = AnyEvents> {
  /** The other client's id. */
  readonly id: string;
  readonly #carrier: RelayCarrier;

  /** Recipients are made by clients. Throws `IPC_INVALID_OPTION`. */
  constructor(id: string, carrier: RelayCarrier) {
    if (typeof id !== "string" || id.length > idLength) {
      const text = `A client is reached by its id, a string of at most ${idLength} characters.`;
      throw new IPCError("IPC_INVALID_OPTION", text);
    }
    this.id = id;
    this.#carrier = carrier;
  }

  /**
   * Send an event to the other client, which hears it as any other, with this client in
   * `context.from`. Answers and throws as `socket.emit`.
   *
   * An error that keeps it from being passed on is told on `error`, not here: `IPC_UNKNOWN_CLIENT`,
   * `IPC_RELAY_REFUSED`, `IPC_RELAY_UNSUPPORTED`, `IPC_QUEUE_FULL`, or a limit of the other client.
   */
  emit<K extends EventName<Theirs>>(event: K, ...data: DataArgument<Theirs, K>): boolean;
  emit(event: string, data?: unknown, more?: unknown): boolean {
    if (more !== undefined) {
      throw moreMistake("emit to another client", `to(id).emit("${event}", `, more);
    }
    assertEventName(event);
    const session = this.#carrier.session();
    if (session === undefined) {
      const text = "An event for another client was emitted without a session; it was not sent.";
      realTime.nextTick(this.#carrier.report, new IPCError("IPC_CLOSED", text));
      return false;
    }
    const { driver } = session.peer;
    const answer = driver.session.relay.emitTo(this.id, event, data);
    if (messageChannel.hasSubscribers) publishEvent(driver.session, event, session.socket.id);
    driver.schedule();
    return answer;
  }

  /**
   * Call the other client, whose handler finds this client in `context.from`. Rejects as
   * `socket.invoke` does, and with `IPC_UNKNOWN_CLIENT`, `IPC_RELAY_REFUSED`,
   * `IPC_RELAY_UNSUPPORTED`, and `IPC_CLOSED` without a session.
   */
  invoke<K extends EventName<Theirs>>(
    event: K,
    ...values: [...data: DataArgument<Theirs, K>, options?: RelayOptions]
  ): Promise<ReplyOf<Theirs, K>>;
  async invoke(event: string, ...values: AnyArguments): Promise<unknown> {
    assertEventName(event);
    const given = optionsOf("invoke", event, values, relayOptions);
    if (given instanceof IPCError) throw given;
    const session = this.#carrier.session();
    if (session === undefined) {
      throw new IPCError("IPC_CLOSED", "Another client was called without a session.");
    }
    const { driver } = session.peer;
    publishCall(driver.session, event, session.socket.id);
    const { timeout = this.#carrier.callTimeout, signal } = given;
    return makeCall(driver, event, { timeout, signal }, ({ relay }, call, now) =>
      relay.invokeTo(this.id, event, values[0], call, timeout, now),
    );
  }
}
