import type { Entry } from "../contender.ts";

/** The key of both sides. It is fixed: nothing is secret here. */
const psk = Buffer.alloc(32, 7);
const identity = "bench";

/**
 * AES-128-GCM, because node:tls gives a pre-shared key the hash SHA-256, with which TLS 1.3 has no
 * suite of AES-256.
 */
const options = { minVersion: "TLSv1.3", ciphers: "TLS_AES_128_GCM_SHA256" } as const;

/** The encrypted floor: the same JSON lines through node:tls with a pre-shared key. */
export const entry: Entry = {
  name: "floor + TLS",
  kind: "floor",
  imports: ["node:tls"],
  cannot: { binary: "JSON lines carry no bytes" },
  async load() {
    const { connect, createServer } = await import("node:tls");
    const { byHand } = await import("./parts/by-hand.ts");
    return byHand({
      ready: "secureConnect",
      listen: (path, accept) =>
        createServer({ ...options, pskCallback: () => psk }, accept).listen(path),
      dial: (path) =>
        connect({
          ...options,
          path,
          pskCallback: () => ({ identity, psk }),
          // A pre-shared key stands in for the certificate that would be looked at here.
          checkServerIdentity: () => undefined,
        }),
    });
  },
};
