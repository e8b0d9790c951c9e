import type { Buffer } from "node:buffer";
import { isJsonObject } from "./json.ts";
import { type Bye, isCount, parseBye } from "./bye.ts";
import { invalidMessage } from "../error.ts";
import { parseCallId, parseReply, type Reply } from "../calls/reply.ts";
import type { Serialization, StreamFinder } from "../serialization/serialization.ts";
import { parseStream, type StreamMessage } from "../streams/stream-message.ts";

/**
 * A control message behind the hello and welcome: an object with one member, whose name says what it is.
 *
 * ```
 *   {"ping":n}  {"pong":n}  {"bye":{"reason":…}}
 *   {"reply":{"id":n,"data":…}}  {"reply":{"id":n,"error":{…}}}  {"reply":{"id":n,"failure":code}}
 *   {"cancel":n}  {"ack":n}  {"leave":ms}  {"stream":{"id":n,…}}
 * ```
 */
export type Control =
  | { readonly type: "ping"; readonly time: number }
  | { readonly type: "pong"; readonly time: number }
  | { readonly type: "bye"; readonly bye: Bye }
  | { readonly type: "reply"; readonly id: number; readonly reply: Reply }
  | { readonly type: "cancel"; readonly id: number }
  | { readonly type: "ack"; readonly received: number }
  | { readonly type: "leave"; readonly within: number }
  | StreamMessage;

/**
 * The control message in a line, parsed and as its text. Throws `IPC_INVALID_MESSAGE` and what the
 * data of a reply may be refused for.
 */
export function parseControl(
  line: unknown,
  text: string,
  attachments: readonly Buffer[],
  serialization: Serialization,
  streams?: StreamFinder,
): Control {
  const message = isJsonObject(line) ? line : {};
  const names = Object.keys(message);
  const [name] = names;
  if (name === undefined || names.length > 1) {
    throw invalidMessage("a control message without exactly one member");
  }
  const value = message[name];
  if (attachments.length > 0 && name !== "reply" && name !== "stream") {
    throw invalidMessage("a control message with attachments");
  }
  switch (name) {
    case "ping":
    case "pong":
      return { type: name, time: parseTime(value) };
    case "bye":
      return { type: "bye", bye: parseBye(value) };
    case "reply":
      return parseReply(value, text, attachments, serialization, streams);
    case "stream":
      return parseStream(value, text, attachments, serialization);
    case "cancel":
      return { type: "cancel", id: parseCallId(value) };
    case "ack":
      if (!isCount(value)) throw invalidMessage("a malformed acknowledgement");
      return { type: "ack", received: value };
    case "leave":
      return { type: "leave", within: parseTime(value) };
    default:
      throw invalidMessage("a control message that this version does not know");
  }
}

/** The line of a ping, LF included. Its number comes back in the pong; 0 is a heartbeat. */
export function encodePing(time: number): string {
  return `{"ping":${time}}\n`;
}

/** The line of a pong, LF included. */
export function encodePong(time: number): string {
  return `{"pong":${time}}\n`;
}

/** The line of an acknowledgement, LF included: so many messages were received. */
export function encodeAck(received: number): string {
  return `{"ack":${received}}\n`;
}

/** The line with which a server asks its client to finish and come back, LF included. */
export function encodeLeave(within: number): string {
  return `{"leave":${Math.round(within)}}\n`;
}

function parseTime(value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw invalidMessage("a ping, pong or leave without a whole number");
}
