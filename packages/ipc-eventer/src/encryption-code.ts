import { randomBytes } from "node:crypto";
import { HandshakeLimiter, type PasswordKey, PasswordKeys } from "@ipc/crypto";
import type { SessionSecurity } from "@ipc/protocol";
import { createSecurity, type HandshakePermit } from "@ipc/protocol/secure";
import { realTime } from "@ipc/transport";

// Imported when there is a password: nothing else of this package loads the code of encryption.

// One cache for the process: servers and clients of one password and realm stretch it once.
const passwordKeys = new PasswordKeys();

/** The key of a password. Rejects with `IPC_PASSWORD_INVALID` or `IPC_REALM_INVALID`. */
export function deriveKey(password: string | Uint8Array, realm: string): Promise<PasswordKey> {
  return passwordKeys.derive(password, realm);
}

/** The security of a session made now. */
export function secure(key: PasswordKey, permit?: HandshakePermit): SessionSecurity {
  // The share of the next handshake is made while the peer of this one computes.
  realTime.setImmediate(prepareShare, key);
  return createSecurity({ key, random: randomBytes(32), permit });
}

// A shared function with the key as argument: no closure per session.
function prepareShare(key: PasswordKey): void {
  key.prepareKeyShare();
}

/** The limiter of a server's handshakes, of which so many may be under way at once. */
export function limitHandshakes<T>(maxPending: number): HandshakeLimiter<T> {
  return new HandshakeLimiter({ maxPending });
}
