import { CryptoError } from "./crypto-error.ts";
import { SHARE_BYTES } from "./key-share.ts";
import type { Role } from "./key-share.ts";

/**
 * The first bytes of either side of a `SecureStream`, both of them part of the handshake's transcript.
 *
 *     offset  bytes
 *          0     13  "ipc-crypto/1 "
 *         13      1  "c" of the client, the initiator; "s" of the server
 *         14     32  random
 *         46     32  key share
 */
export const GREETING_BYTES = 78;

/** Bytes of the random part. */
export const GREETING_RANDOM_BYTES = 32;

const MAGIC = "ipc-crypto/1 ";
const LETTERS: Readonly<Record<Role, string>> = { initiator: "c", responder: "s" };

/** The greeting of a side. */
export function encodeGreeting(role: Role, random: Uint8Array, share: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(MAGIC + LETTERS[role], "latin1"), random, share]);
}

/** The key share in the greeting of a peer that has this role; throws `IPC_GREETING_INVALID`. */
export function decodeGreeting(role: Role, greeting: Buffer): Buffer {
  if (!greeting.subarray(0, 14).equals(Buffer.from(MAGIC + LETTERS[role], "latin1"))) {
    throw new CryptoError("IPC_GREETING_INVALID", undefined);
  }
  return greeting.subarray(GREETING_BYTES - SHARE_BYTES);
}
