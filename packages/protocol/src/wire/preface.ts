import { Buffer, isUtf8 } from "node:buffer";
import { ProtocolError, quoted } from "../error.ts";
import { type Bye, parseBye } from "./bye.ts";
import { isJsonObject, ownMembers } from "./json.ts";
import {
  type DeclaredLimits,
  type SessionLimits,
  declaredFloor,
  defaultLimits,
  prefaceBytes,
} from "../limits.ts";

/** The versions of the wire that this package speaks, the highest first. */
export const wireVersions: readonly number[] = [1];

/** Versions that a preface may list. */
const mostVersions = 16;

/** Characters of a peer's serialization that an error repeats, and has in its context. */
const serializationLength = 32;

/** The side that dialled, or the one that listened. */
export type Role = "client" | "server";

/**
 * The first line of a connection, one from each side, the client's first:
 *
 * ```
 * {"ipc":[1],"role":"client","mode":"plain","limits":{"message":33554432,"attachments":64},"features":["recovery"]} LF
 * ```
 *
 * Only `ipc`, `role` and `mode` must be there, so that a person can type it; unknown members are
 * ignored.
 */
export interface Preface {
  /** The version that holds: the highest that both sides speak. */
  readonly version: number;
  readonly role: Role;
  readonly mode: "plain" | "secure";
  readonly limits: DeclaredLimits;
  readonly features: readonly string[];
  /** Secure mode: 32 fresh random bytes, in canonical base64. */
  readonly random?: Uint8Array;
  /** Secure mode: the key share of the password's key exchange, 32 bytes in canonical base64. */
  readonly share?: Uint8Array;
}

/** The members that a preface has besides in secure mode. */
export interface SecureMembers {
  readonly random: Uint8Array;
  readonly share: Uint8Array;
}

/** The line in the place of a preface with which a peer refuses the connection. */
export interface PrefaceRefusal {
  readonly bye: Bye;
}

/** The limits and features that a side states in its preface. */
export interface Offer {
  readonly limits: SessionLimits;
  /** Default: all that this version knows. */
  readonly features?: readonly Feature[] | undefined;
  /** The name of its serialization. Default: `json`. */
  readonly serialization?: string | undefined;
}

/** The preface line of this side, LF included. */
export function encodePreface(role: Role, offer: Offer, secure?: SecureMembers): string {
  const { limits, features = allFeatures, serialization } = offer;
  const preface = {
    ipc: wireVersions,
    role,
    mode: secure === undefined ? "plain" : "secure",
    limits: {
      message: limits.maxMessageBytes,
      attachments: limits.maxAttachments,
      streams: features.includes("streams") ? limits.maxStreams : undefined,
    },
    features,
    // A side that does not name one means this one.
    serialization: serialization === "json" ? undefined : serialization,
    random: secure && encodeBytes(secure.random),
    share: secure && encodeBytes(secure.share),
  };
  return `${JSON.stringify(preface)}\n`;
}

/**
 * Parses the preface in a line from the peer, its LF left off. Throws `IPC_NOT_IPC`, `IPC_VERSION_MISMATCH`,
 * `IPC_PEER_REQUIRES_PASSWORD`, `IPC_PEER_IS_PLAINTEXT`, `IPC_SERIALIZATION_MISMATCH` or `IPC_LIMITS_TOO_LOW`.
 */
export function parsePreface(
  line: Buffer,
  ownRole: Role,
  ownMode: Preface["mode"],
  ownSerialization = "json",
): Preface | PrefaceRefusal {
  const members = parseLine(line);
  const { bye, ipc, role, mode } = members;
  if (bye !== undefined) return { bye: parseBye(bye) };
  const version = highestCommon(ipc);
  if (role !== "client" && role !== "server") throw notIpc("its preface names no role");
  if (role === ownRole) throw notIpc(`it is a ${role}, as this side is`);
  if (mode !== "plain" && mode !== "secure") throw notIpc("its preface names no mode");
  checkMode(mode, ownMode);
  checkSerialization(members["serialization"], ownSerialization);
  const limits = parseLimits(members["limits"]);
  const preface = {
    version,
    role,
    mode,
    limits,
    features: parseFeatures(members["features"]),
  } as const;
  if (mode === "plain") return preface;
  return {
    ...preface,
    random: parseBytes("random", members["random"]),
    share: parseBytes("share", members["share"]),
  };
}

// The mode chooses nothing: each side knows from its own options whether there must be a password.
function checkMode(mode: Preface["mode"], ownMode: Preface["mode"]): void {
  if (mode === ownMode) return;
  const code = mode === "secure" ? "IPC_PEER_REQUIRES_PASSWORD" : "IPC_PEER_IS_PLAINTEXT";
  const text =
    mode === "secure"
      ? "The peer has a password and this side has none: give both the same one."
      : "The peer has no password and this side has one: give both the same one, or none.";
  throw new ProtocolError(code, "peer", text);
}

// Both sides must write data in one way: a reader of another would take it for something else.
function checkSerialization(theirs: unknown = "json", ours: string): void {
  if (typeof theirs !== "string") throw notIpc("its preface has a serialization that is no name");
  if (theirs === ours) return;
  const repeated = theirs.slice(0, serializationLength);
  throw new ProtocolError(
    "IPC_SERIALIZATION_MISMATCH",
    "peer",
    `The peer's serialization is ${quoted(theirs, serializationLength)}, this side's is ${quoted(ours)}: give both the same one.`,
    { context: { own: ours, peer: repeated } },
  );
}

function encodeBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
}

function parseBytes(name: keyof SecureMembers, value: unknown): Uint8Array {
  const bytes = Buffer.from(
    typeof value === "string" && value.length === 44 ? value : "",
    "base64",
  );
  if (bytes.length === 32 && bytes.toString("base64") === value) return bytes;
  throw notIpc(`its preface's ${name} is not 32 bytes in canonical base64`);
}

function parseLine(line: Buffer): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = isUtf8(line) ? JSON.parse(line.toString("utf8")) : undefined;
  } catch {
    // Told below; V8's own error quotes the text.
  }
  if (!isJsonObject(value)) throw notIpc("its first line is not a JSON object");
  return ownMembers(value);
}

/** The highest version that both sides speak. Throws `IPC_NOT_IPC` and `IPC_VERSION_MISMATCH`. */
function highestCommon(theirs: unknown): number {
  if (!isVersions(theirs)) throw notIpc("its first line has no list of wire versions");
  const version = wireVersions.find((own) => theirs.includes(own));
  if (version !== undefined) return version;
  const [own, peer] = [wireVersions.join(", "), theirs.join(", ")];
  throw new ProtocolError(
    "IPC_VERSION_MISMATCH",
    "peer",
    `The peer speaks wire version ${peer}, this side speaks ${own}: install the same version of ipc-eventer on both sides.`,
    { context: { own, peer } },
  );
}

function isVersions(value: unknown): value is readonly number[] {
  if (!Array.isArray(value) || value.length < 1 || value.length > mostVersions) return false;
  return value.every((version) => Number.isSafeInteger(version) && Number(version) >= 1);
}

function parseFeatures(value: unknown = []): readonly string[] {
  if (Array.isArray(value) && value.every((name) => typeof name === "string")) return value;
  throw notIpc("its preface has features that are no list of names");
}

function parseLimits(value: unknown = {}): DeclaredLimits {
  if (!isJsonObject(value)) throw notIpc("its preface has limits that are no object");
  const { message, attachments, streams } = ownMembers(value);
  return {
    message: parseLimit("message", message, defaultLimits.maxMessageBytes),
    attachments: parseLimit("attachments", attachments, defaultLimits.maxAttachments),
    streams: parseLimit("streams", streams, defaultLimits.maxStreams),
  };
}

function parseLimit(name: keyof DeclaredLimits, value: unknown, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (typeof value !== "number") throw notIpc(`its limit "${name}" is no number`);
  const floor = declaredFloor[name];
  if (value >= floor) return value;
  throw new ProtocolError(
    "IPC_LIMITS_TOO_LOW",
    "peer",
    `The peer takes less than this protocol needs: raise its limit "${name}" to ${floor} or more.`,
    { context: { limit: name, floor } },
  );
}

/** The error of a peer whose first line is no preface of this protocol. */
function notIpc(why: string): ProtocolError {
  return new ProtocolError(
    "IPC_NOT_IPC",
    "peer",
    `The peer does not speak the ipc-eventer protocol: ${why}.`,
  );
}

/**
 * A feature that a side may offer in its preface beyond the bare wire; in force is what both offer.
 *
 * - `recovery`: messages are counted and acknowledged, and a session may outlive its connection;
 * - `streams`: streams may be among the data.
 */
export const allFeatures: readonly Feature[] = ["recovery", "streams"];

/** The name of a feature. */
export type Feature = "recovery" | "streams";

const lineFeed = 0x0a;
const leftBrace = 0x7b;
const nothing = Buffer.alloc(0);

/** Takes the first line off a connection's bytes, holding at most the preface limit. */
export class PrefaceReader {
  /** The bytes of the line that have come: of a line that came whole those of the chunk. */
  #held: Buffer = nothing;
  #length = 0;

  /**
   * Take one chunk. Answers how many of its bytes belong to the line, LF included, or 0 if the line
   * is not whole yet and all were taken. Throws `IPC_NOT_IPC` when it does not begin as a preface
   * does or has no LF within the limit.
   */
  read(chunk: Uint8Array): number {
    if (this.#length === 0 && chunk.length > 0 && chunk[0] !== leftBrace) {
      throw notIpc("what it sent does not begin with a preface");
    }
    const space = prefaceBytes - this.#length;
    const found = chunk.subarray(0, space).indexOf(lineFeed);
    if (found === -1 && chunk.length >= space) {
      throw notIpc(`its first line is longer than ${prefaceBytes} bytes`);
    }
    const taken = found === -1 ? chunk.length : found + 1;
    if (found !== -1 && this.#length === 0) {
      this.#held = Buffer.from(chunk.buffer, chunk.byteOffset, taken);
    } else {
      if (this.#length === 0) this.#held = Buffer.allocUnsafeSlow(prefaceBytes);
      this.#held.set(chunk.subarray(0, taken), this.#length);
    }
    this.#length += taken;
    return found === -1 ? 0 : taken;
  }

  /** The whole line as received, LF included. To be read before the chunk is used again. */
  get line(): Buffer {
    return this.#held.subarray(0, this.#length);
  }
}
