import { notEncodable } from "../serialization/encoding-error.ts";
import type { ProtocolError } from "../error.ts";
import { EncodedEvent } from "../messages/event-encoder.ts";
import { assertEventName, reportEvent } from "../messages/event-name.ts";
import type { Call } from "../calls/outbound-calls.ts";
import type { SessionParts } from "../session/session-parts.ts";
import { notRelayedParts, relayUnsupported } from "./not-relayed.ts";
import type { Envelope } from "./relay-name.ts";

/** The client that a message is from, as the server knows it. */
export interface Sender {
  readonly id: string;
  readonly name: string;
}

/** Sends messages for another client, and of one. All of them are on lane 0. */
export class Relay {
  readonly #parts: SessionParts;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /**
   * Client: send an event to the client of an id, through the server. Answers, throws and reports as
   * `Session.emit`.
   */
  emitTo(id: string, event: string, data: unknown): boolean {
    const answer = this.#emit(envelope("ipc:to", [id], event, data));
    if (typeof answer === "boolean") return answer;
    this.#parts.inbox.push(reportEvent, answer);
    return false;
  }

  /** Server: pass an event on. Answers as `Session.emit`, or the error for which it was not sent. Throws as that. */
  emitFrom({ id, name }: Sender, event: string, data: unknown): boolean | ProtocolError {
    return this.#emit(envelope("ipc:from", [id, name], event, data));
  }

  /** Client: call the client of an id, through the server. Answers and throws as `Calls.invoke`. */
  invokeTo(
    id: string,
    event: string,
    data: unknown,
    call: Call,
    timeout: number,
    now: number,
  ): number | ProtocolError {
    const to = envelope("ipc:to", [id], event, data);
    return this.#invoke(to, call, timeout, now);
  }

  /** Server: pass a call on; it has no time of its own. Answers and throws as `Calls.invoke`. */
  invokeFrom(
    { id, name }: Sender,
    event: string,
    data: unknown,
    call: Call,
    now: number,
  ): number | ProtocolError {
    const from = envelope("ipc:from", [id, name], event, data);
    return this.#invoke(from, call, 0, now);
  }

  /** Server: tell the sender that an event of its own was not passed on, by the code of an error, and why. */
  tellNotRelayed(id: string, event: string, code: string, why?: string): void {
    const parts = notRelayedParts(id, event, code, why);
    this.#emit({ name: "ipc:not-relayed", event: "ipc:not-relayed", parts });
  }

  #emit(message: Envelope): boolean | ProtocolError {
    const { encoder, outbound, streams } = this.#parts;
    const line = encoder.relayLine(message, streams);
    return this.#refuse(message, line) ?? outbound.intake.queueEvent(line, message.event);
  }

  #invoke(message: Envelope, call: Call, timeout: number, now: number): number | ProtocolError {
    const { encoder, exchange, streams } = this.#parts;
    const line = encoder.relayLine(message, streams, exchange);
    return this.#refuse(message, line) ?? exchange.send(line, call, timeout, now);
  }

  /** The error for which the message that was encoded last cannot be sent, if it cannot; its streams are discarded. */
  #refuse({ name }: Envelope, line: string): ProtocolError | undefined {
    const { connection, encoder, outbound } = this.#parts;
    let error: ProtocolError | undefined;
    if (!connection.relays) error = relayUnsupported();
    else if (name === "ipc:from") {
      error = outbound.admission.refuseRelayed(new EncodedEvent(line, encoder.attachments));
    }
    if (error !== undefined) outbound.intake.discard(error);
    return error;
  }
}

function envelope(
  name: Envelope["name"],
  address: readonly string[],
  event: string,
  data: unknown,
): Envelope {
  assertEventName(event);
  if (data === undefined) return { name, event, parts: [...address, event] };
  // Within an array JSON has a text for these; as the data of an event they have none.
  if (typeof data === "function" || typeof data === "symbol") {
    throw notEncodable(`this ${typeof data} has no text`);
  }
  return { name, event, parts: [...address, event, data] };
}
