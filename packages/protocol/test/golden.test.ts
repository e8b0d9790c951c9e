import { Buffer } from "node:buffer";
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { CallFailure, CloseReason, ErrorRecord, Hello, Welcome } from "../src/index.ts";
import { readNotation, writeNotation } from "./binary-notation.ts";
import { type Delivered, Party } from "./party.ts";
import { readTranscript, type Side, type Transcript } from "./transcript.ts";

const folder = new URL("golden/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".txt"));

/** What a session delivered, in the words of a transcript. */
function inWords(delivered: Delivered): string {
  const [kind, first] = delivered;
  if (kind === "event") {
    const [, name, data] = delivered;
    const told = name === "ipc:report" ? (data as { code: string }).code : data;
    return `event ${String(writeNotation(told === undefined ? [name] : [name, told]))}`;
  }
  if (kind === "call" || kind === "cancel") {
    const [, ...told] = delivered;
    return `${kind} ${String(writeNotation(told))}`;
  }
  if (kind === "reply") {
    const [, { event }, reply] = delivered;
    if (reply.type === "data") return `reply ${String(writeNotation([event, reply.data]))}`;
    const { name, message, code, cause } = reply.error;
    const told = { name, message, code, cause: cause instanceof Error ? `${cause}` : cause };
    return `failed ${JSON.stringify([event, told])}`;
  }
  if (kind !== "closed") return `${kind} ${JSON.stringify(first)}`;
  const { reason, message, error, byPeer } = first;
  const code = (error as { code?: string } | undefined)?.code;
  return `closed ${JSON.stringify({ reason, message, code, byPeer })}`;
}

function command(party: Party, text: string): void {
  const space = `${text} `.indexOf(" ");
  const argument: unknown = space === text.length ? undefined : readNotation(text.slice(space));
  switch (text.slice(0, space)) {
    case "emit":
      party.session.emit(...(argument as [string, unknown]));
      break;
    case "invoke": {
      const [event, data, timeout] = argument as [string, unknown?, number?];
      party.invoke(event, data, timeout);
      break;
    }
    case "cancel":
      party.session.calls.cancel(argument as number);
      break;
    case "reply":
      party.session.calls.reply(...(argument as [number, unknown]));
      break;
    case "fail":
      party.session.calls.replyError(...(argument as [number, ErrorRecord]));
      break;
    case "refuse":
      party.session.calls.refuse(...(argument as [number, CallFailure, string]));
      break;
    case "ping":
      party.session.ping(argument as number);
      break;
    case "accept":
      party.session.accept(argument as Welcome, party.now);
      break;
    case "close":
      party.close(...(argument as [CloseReason, string]));
      break;
    case "time":
      party.tick(argument as number);
      break;
    case "end":
      party.disconnect();
      break;
    default:
      throw new Error(`No command: ${text}`);
  }
  party.pump();
}

/** Plays one side with a session; the other side's bytes come from the transcript, in pieces of `size`. */
function replay({ steps, hello }: Transcript, side: Side, size: number): void {
  const party = new Party(side, { hello: hello as Hello, accepts: false });
  party.pump();
  const [sent, delivered]: [Buffer[], string[]] = [[], []];
  const compare = (): void => {
    expect(Buffer.concat(party.written).toString("latin1")).toBe(
      Buffer.concat(sent).toString("latin1"),
    );
    expect(party.delivered.map(inWords)).toEqual(delivered);
  };
  for (const { by, kind, bytes, text } of steps) {
    if (by === side && kind === "sends") {
      sent.push(bytes);
    } else if (by === side && kind === "delivers") {
      delivered.push(text);
    } else if (by === side) {
      compare();
      command(party, text);
    } else if (kind === "sends") {
      for (let at = 0; at < bytes.length; at += size) party.feed(bytes.subarray(at, at + size));
    }
  }
  compare();
}

describe.each(files)("the golden transcript %s", (file) => {
  const transcript = readTranscript(new URL(file, folder));
  it.each(transcript.roles)("is what the %s says, byte for byte", (side) => {
    replay(transcript, side, Infinity);
    replay(transcript, side, 1);
  });
});
