import { Initiator, Responder, type SecureChannel } from "../src/handshake.ts";
import type { PasswordKey } from "../src/password-key.ts";
import { PasswordKeys } from "../src/password-keys.ts";
import type { RekeyPolicy } from "../src/record-sealer.ts";
import { hex } from "./vectors.ts";

/** One cache for a test file, so that each password is stretched once. */
export const keys = new PasswordKeys();

/** The client's scalar in conversations that are always the same. */
export const clientScalar: Buffer = hex(`11${"22".repeat(31)}`);
const serverScalar = hex(`33${"44".repeat(31)}`);

/** The preface lines of a connection, as the protocol writes them. */
export function preface(role: "client" | "server", share: Buffer): Buffer {
  const random = Buffer.alloc(32, role === "client" ? 0xc1 : 0x5e).toString("base64");
  const members = { ipc: 1, role, mode: "secure", random, share: share.toString("base64") };
  return Buffer.from(`${JSON.stringify(members)}\n`);
}

/** The body behind a record's header. */
export function bodyOf(record: Uint8Array): Buffer {
  return Buffer.from(record.subarray(4));
}

/** Cuts written buffers into record bodies, as the framing layer does. */
export function bodiesOf(written: readonly Uint8Array[]): Buffer[] {
  const bytes = Buffer.concat(written);
  const bodies: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    if (bytes[at] !== 0x17) throw new Error("no record header");
    const end = at + 4 + bytes.readUIntBE(at + 1, 3);
    bodies.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return bodies;
}

/** Every byte a handshake puts on the wire, and the two channels it ends in. */
export interface Pair {
  readonly clientPreface: Buffer;
  readonly serverPreface: Buffer;
  readonly serverFlight: Buffer;
  readonly clientFlight: Buffer;
  readonly client: SecureChannel;
  readonly server: SecureChannel;
}

/** The changes that may be made to the four messages on their way. */
export interface OnTheWay {
  readonly clientPreface?: (bytes: Buffer) => Buffer;
  readonly serverPreface?: (bytes: Buffer) => Buffer;
  readonly serverFlight?: (bytes: Buffer) => Buffer;
  readonly clientFlight?: (bytes: Buffer) => Buffer;
}

/** The options of a pair. */
export interface PairOptions {
  readonly serverKey?: PasswordKey;
  readonly policy?: RekeyPolicy;
  readonly onTheWay?: OnTheWay;
  readonly fixedScalars?: boolean;
}

/** The share a preface line carries, or nothing that is one. */
function shareIn(line: Buffer): Buffer {
  const found = /"share":"([^"]*)"/.exec(line.toString("latin1"));
  return Buffer.from(found?.[1] ?? "", "base64");
}

function same(bytes: Buffer): Buffer {
  return bytes;
}

/** Runs a whole handshake in memory. */
export function connectPair(clientKey: PasswordKey, options: PairOptions = {}): Pair {
  const { serverKey = clientKey, policy = {}, onTheWay = {}, fixedScalars = false } = options;
  const initiator = fixedScalars
    ? new Initiator(clientKey, policy, clientKey.createKeyShareForTesting(clientScalar))
    : new Initiator(clientKey, policy);
  const responder = fixedScalars
    ? new Responder(serverKey, policy, serverKey.createKeyShareForTesting(serverScalar))
    : new Responder(serverKey, policy);
  const clientPreface = preface("client", initiator.share);
  const serverPreface = preface("server", responder.share);

  const clientPrefaceSeen = (onTheWay.clientPreface ?? same)(Buffer.from(clientPreface));
  const serverPrefaceSeen = (onTheWay.serverPreface ?? same)(Buffer.from(serverPreface));
  const { flight: serverFlight, next } = responder.handleClientPreface({
    ownPreface: serverPreface,
    peerPreface: clientPrefaceSeen,
    peerShare: shareIn(clientPrefaceSeen),
  });
  const awaiting = initiator.handleServerPreface({
    ownPreface: clientPreface,
    peerPreface: serverPrefaceSeen,
    peerShare: shareIn(serverPrefaceSeen),
  });
  const serverFlightSeen = (onTheWay.serverFlight ?? same)(Buffer.from(serverFlight));
  const { flight: clientFlight, ...client } = awaiting.handleServerFinished(
    bodyOf(serverFlightSeen),
  );
  const clientFlightSeen = (onTheWay.clientFlight ?? same)(Buffer.from(clientFlight));
  const server = next.handleClientFinished(bodyOf(clientFlightSeen));
  return { clientPreface, serverPreface, serverFlight, clientFlight, client, server };
}
