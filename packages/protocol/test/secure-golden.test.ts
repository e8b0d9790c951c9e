import { Buffer } from "node:buffer";
import { readdirSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import type { PasswordKey } from "@ipc/crypto";
import type { CloseReason, Hello, Welcome } from "../src/index.ts";
import { readNotation, writeNotation } from "./binary-notation.ts";
import type { Delivered } from "./delivered.ts";
import { keyOf, knownSecurity, SecureParty } from "./secure-pair.ts";
import { readTranscript, type Side, type Transcript } from "./transcript.ts";

const folder = new URL("golden/secure/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".txt"));
let key: PasswordKey;

beforeAll(async () => {
  key = await keyOf("correct horse", "printer");
});

/** The deliveries of a session, in the words of a transcript. */
function inWords(delivered: Delivered): string {
  const [kind, first] = delivered;
  if (kind === "event") {
    const data = delivered[2];
    return `event ${String(writeNotation(data === undefined ? [first] : [first, data]))}`;
  }
  if (kind !== "closed") return `${kind} ${JSON.stringify(first)}`;
  const { reason, message, error, byPeer } = first;
  const code = (error as { code?: string } | undefined)?.code;
  return `closed ${JSON.stringify({ reason, message, code, byPeer })}`;
}

function command(party: SecureParty, text: string): void {
  const space = `${text} `.indexOf(" ");
  const argument: unknown = space === text.length ? undefined : readNotation(text.slice(space));
  const commands: Record<string, () => void> = {
    emit: () => party.session.emit(...(argument as [string, unknown])),
    accept: () => party.session.accept(argument as Welcome, party.now),
    close: () => party.close(...(argument as [CloseReason, string])),
    end: () => party.disconnect(),
  };
  commands[text.slice(0, space)]?.();
  party.pump();
}

/** Plays one side with a session; the other side's bytes come from the transcript, in pieces of `size`. */
function replay({ steps, hello }: Transcript, side: Side, size: number): void {
  const party = new SecureParty(side, {
    security: { ...knownSecurity(side, key), rekey: { recordsPerKey: 4 } },
    hello: hello as Hello,
    accepts: false,
  });
  party.pump();
  const [sent, delivered]: [Buffer[], string[]] = [[], []];
  const compare = (): void => {
    expect(Buffer.concat(party.written).toString("hex")).toBe(Buffer.concat(sent).toString("hex"));
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

describe.each(files)("the golden transcript %s of an encrypted conversation", (file) => {
  const transcript = readTranscript(new URL(file, folder));
  it.each(transcript.roles)("is what the %s says, byte for byte", (side) => {
    replay(transcript, side, Infinity);
    replay(transcript, side, 1);
  });
});
