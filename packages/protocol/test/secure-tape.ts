import { Buffer } from "node:buffer";
import type { KeyShare, PasswordKey } from "@ipc/crypto";
import type { Role } from "../src/index.ts";
import type { SecurityOptions } from "../src/secure.ts";
import type { Delivered } from "./delivered.ts";
import { knownSecurity, knownShare, SecureParty } from "./secure-pair.ts";

/** The bytes of one side in a whole conversation, cut where its parts end: preface, Finished, records. */
export type Tape = readonly Buffer[];

/** A conversation that can be played again, to either side alone. */
export interface Tapes {
  readonly said: Readonly<Record<Role, Tape>>;
  readonly delivered: Readonly<Record<Role, readonly Delivered[]>>;
}

/** Cuts what one side said into its parts. */
function cutTape(bytes: Buffer): Tape {
  const first = bytes.indexOf(0x0a) + 1;
  const parts = [bytes.subarray(0, first)];
  for (let at = first; at < bytes.length;) {
    const end = at + 4 + bytes.readUIntBE(at + 1, 3);
    parts.push(bytes.subarray(at, end));
    at = end;
  }
  return parts;
}

/**
 * Known shares that agree on each key once in a process: the same two prefaces give the same key, and
 * thousands of sessions need not compute it anew.
 */
export class KnownShares {
  readonly #key: PasswordKey;
  readonly #agreed = new Map<string, Buffer>();
  readonly #bytes: Readonly<Record<Role, Buffer>>;

  constructor(key: PasswordKey) {
    this.#key = key;
    this.#bytes = {
      client: knownShare("client", key).bytes,
      server: knownShare("server", key).bytes,
    };
  }

  of(role: Role): KeyShare {
    const agree: KeyShare["agree"] = (side, exchange) => {
      const prefaces = [exchange.ownPreface, exchange.peerPreface];
      const id = [side, ...prefaces.map((line) => Buffer.from(line).toString("hex"))].join(" ");
      const known = this.#agreed.get(id);
      if (known !== undefined) return Buffer.from(known);
      const agreed = knownShare(role, this.#key).agree(side, exchange);
      this.#agreed.set(id, Buffer.from(agreed));
      return agreed;
    };
    return { bytes: this.#bytes[role], agree } as unknown as KeyShare;
  }
}

/**
 * Lets two sessions greet, emit events and part, and keeps what they said. Conversations with another
 * byte in `random` are other sessions under the same password.
 */
export function recordConversation(key: PasswordKey, { random = 0x0c } = {}): Tapes {
  const security = (role: Role): SecurityOptions => ({
    ...knownSecurity(role, key),
    random: Buffer.alloc(32, random),
  });
  const client = new SecureParty("client", {
    security: security("client"),
    hello: { name: "probe" },
  });
  const server = new SecureParty("server", { security: security("server") });
  const said: Record<Role, Buffer[]> = { client: [], server: [] };
  const carry = (): void => {
    client.pump();
    server.pump();
    while (client.written.length + server.written.length > 0) {
      const [fromClient, fromServer] = [client.takeBytes(), server.takeBytes()];
      said.client.push(fromClient);
      said.server.push(fromServer);
      server.feed(fromClient);
      client.feed(fromServer);
    }
  };
  carry();
  for (let count = 0; count < 2; count++) {
    client.session.emit("order", { count });
    server.session.emit("answer", { count });
    carry();
  }
  // Both say bye at once, so that each hears the other's goodbye in a replay.
  client.session.close({ reason: "requested" }, client.now);
  server.session.close({ reason: "requested" }, server.now);
  carry();
  const tapeOf = (role: Role): Tape => cutTape(Buffer.concat(said[role]));
  return {
    said: { client: tapeOf("client"), server: tapeOf("server") },
    delivered: { client: client.delivered, server: server.delivered },
  };
}

/** Plays chunks to a fresh session of the role, which speaks as in the recording, up to the cut at their end. */
export function playTo(
  role: Role,
  key: PasswordKey,
  shares: KnownShares,
  chunks: readonly Uint8Array[],
): SecureParty {
  const party = new SecureParty(role, {
    security: { ...knownSecurity(role, key, shares.of(role)), random: Buffer.alloc(32, 0x0c) },
    hello: { name: "probe" },
  });
  party.pump();
  for (const chunk of chunks) if (chunk.length > 0) party.feed(chunk);
  party.disconnect();
  return party;
}
