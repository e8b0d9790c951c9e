import type { Buffer } from "node:buffer";
import { ProtocolError } from "../error.ts";
import { isReservedEvent, reservedByPeer } from "../messages/event-name.ts";
import { invalidMessage } from "../messages/invalid-message.ts";
import { labelLength } from "../limits.ts";
import { readNotRelayed } from "./not-relayed.ts";
import type { RelayName } from "./relay-name.ts";

/** A message of one client for another, as a server or the other client hears it. */
export class Relayed {
  /** Server: the id of the client that it is for. Client: of the one that it is from. */
  readonly id: string;
  /** Client: the name of the client that it is from. Empty on a server. */
  readonly name: string;
  readonly event: string;
  readonly data: unknown;
  /** Bytes of its attachments, and UTF-16 units of its line. */
  readonly size: number;

  constructor(id: string, name: string, event: string, data: unknown, size: number) {
    this.id = id;
    this.name = name;
    this.event = event;
    this.data = data;
    this.size = size;
  }
}

/**
 * Reads a message under the name for relayed messages: `ipc:to` on a server, `ipc:from` on a client.
 * Throws `IPC_INVALID_MESSAGE`.
 */
export function readRelayed(
  name: RelayName,
  value: unknown,
  text: string,
  attachments: readonly Buffer[],
): Relayed {
  const parts: readonly unknown[] = Array.isArray(value) ? value : [];
  const [id, ...others] = parts;
  const sender = name === "ipc:from" ? others.shift() : "";
  const [event, data] = others;
  if (!isLabel(id) || !isLabel(sender) || typeof event !== "string" || others.length > 2) {
    throw invalidMessage(`a malformed "${name}"`);
  }
  let size = text.length;
  for (const attachment of attachments) size += attachment.length;
  return new Relayed(id, sender, event, data, size);
}

/**
 * Reads an event under a reserved name: a message of another client, or a report. `inbound` is
 * the name under which this side hears such messages, if it does. Throws `IPC_INVALID_MESSAGE`.
 */
export function readReserved(
  inbound: RelayName | undefined,
  name: string,
  value: unknown,
  text: string,
  attachments: readonly Buffer[],
): Relayed | ProtocolError {
  if (name === inbound) {
    const relayed = readRelayed(inbound, value, text, attachments);
    return isReservedEvent(relayed.event) ? reservedByPeer(relayed.event) : relayed;
  }
  const isNotice = inbound === "ipc:from" && name === "ipc:not-relayed";
  return isNotice ? readNotRelayed(value) : reservedByPeer(name);
}

function isLabel(value: unknown): value is string {
  return typeof value === "string" && value.length <= labelLength;
}
