import { hkdfExpand } from "./hkdf.ts";
import { preparePassword } from "./prepare-password.ts";
import { takeSecret } from "./primitives.ts";
import type { KeyObject } from "./primitives.ts";
import { stretchPassword } from "./stretch-password.ts";

/** The keys that a password and an envelope's salt become. */
export interface EnvelopeKeys {
  readonly key: KeyObject;
  readonly nonce: Buffer;
  readonly commitment: Buffer;
}

/**
 * The keys of one envelope; a salt is used once, so key and nonce are as well.
 *
 *     prk        = PBKDF2-HMAC-SHA256(password, salt, 200000, 32)
 *     commitment = HKDF-Expand-SHA256(prk, "ipc-crypto/1 envelope commitment", 32)
 *     key        = HKDF-Expand-SHA256(prk, "ipc-crypto/1 envelope key", 32)
 *     nonce      = HKDF-Expand-SHA256(prk, "ipc-crypto/1 envelope nonce", 12)
 *
 * Throws `IPC_PASSWORD_INVALID`.
 */
export async function envelopeKeys(
  password: string | Uint8Array,
  salt: Uint8Array,
): Promise<EnvelopeKeys> {
  const prepared = preparePassword(password);
  let prk: Buffer;
  try {
    prk = await stretchPassword(prepared, salt);
  } finally {
    prepared.fill(0);
  }
  const expand = (name: string, length: number): Buffer =>
    hkdfExpand("sha256", prk, Buffer.from(`ipc-crypto/1 envelope ${name}`, "latin1"), length);
  const keys = {
    key: takeSecret(expand("key", 32)),
    nonce: expand("nonce", 12),
    commitment: expand("commitment", 32),
  };
  prk.fill(0);
  return keys;
}
