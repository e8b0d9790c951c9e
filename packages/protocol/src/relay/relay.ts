import type { Intake } from "../delivery/intake.ts";
import { notEncodable } from "../encoding-error.ts";
import type { ProtocolError } from "../error.ts";
import { assertEventName, reportEvent } from "../event-name.ts";
import type { Exchange } from "../exchange.ts";
import type { Inbox } from "../inbox.ts";
import type { Call } from "../outbound-calls.ts";
import { notRelayedParts } from "./not-relayed.ts";
import type { Envelope } from "./relay-name.ts";

/** The client that a message is from, as the server knows it. */
export interface Sender {
  readonly id: string;
  readonly name: string;
}

/** What a session sends for another client, and of one. All of it is on lane 0. */
export class Relay {
  readonly #intake: Intake;
  readonly #exchange: Exchange;
  readonly #inbox: Inbox;

  constructor(intake: Intake, exchange: Exchange, inbox: Inbox) {
    this.#intake = intake;
    this.#exchange = exchange;
    this.#inbox = inbox;
  }

  /** Client: send an event to the client of an id, through the server. Answers, throws and reports as `Session.emit`. */
  emitTo(id: string, event: string, data: unknown): boolean {
    const answer = this.#intake.emitRelayed(envelope("ipc:to", [id], event, data));
    if (typeof answer === "boolean") return answer;
    this.#inbox.push(reportEvent, answer);
    return false;
  }

  /** Server: pass an event on. Answers as `Session.emit`, or the error for which it was not sent. Throws as that. */
  emitFrom({ id, name }: Sender, event: string, data: unknown): boolean | ProtocolError {
    return this.#intake.emitRelayed(envelope("ipc:from", [id, name], event, data));
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
    return this.#exchange.invokeRelayed(to, call, timeout, now);
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
    return this.#exchange.invokeRelayed(from, call, 0, now);
  }

  /** Server: tell the sender that an event of its own was not passed on, by the code of an error, and why. */
  tellNotRelayed(id: string, event: string, code: string, why?: string): void {
    const parts = notRelayedParts(id, event, code, why);
    this.#intake.emitRelayed({ name: "ipc:not-relayed", parts });
  }
}

function envelope(
  name: Envelope["name"],
  address: readonly string[],
  event: string,
  data: unknown,
): Envelope {
  assertEventName(event);
  if (data === undefined) return { name, parts: [...address, event] };
  // Within an array JSON has a text for these; as the data of an event they have none.
  if (typeof data === "function" || typeof data === "symbol") {
    throw notEncodable(`this ${typeof data} has no text`);
  }
  return { name, parts: [...address, event, data] };
}
