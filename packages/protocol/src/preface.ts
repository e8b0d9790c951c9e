import { Buffer, isUtf8 } from "node:buffer";
import { ProtocolError, type ProtocolErrorCode } from "./error.ts";
import { type DeclaredLimits, declaredFloor, defaultLimits, type SessionLimits } from "./limits.ts";

/** The version of the wire that this package speaks. */
export const wireVersion = 1;

/** Who dialled and who listened. */
export type Role = "client" | "server";

/**
 * What the first line of a connection says, one from each side, the client first:
 *
 * ```
 * {"ipc":1,"role":"client","mode":"plain","limits":{"message":33554432,"attachments":64},"features":[]} LF
 * ```
 *
 * Only `ipc`, `role` and `mode` must be there, so that a person can type it; unknown members are
 * ignored.
 */
export interface Preface {
  readonly ipc: number;
  readonly role: Role;
  readonly mode: "plain" | "secure";
  readonly limits: DeclaredLimits;
  readonly features: readonly string[];
}

/** The preface line of this side. */
export function encodePreface(role: Role, limits: SessionLimits): string {
  const preface: Preface = {
    ipc: wireVersion,
    role,
    mode: "plain",
    limits: {
      message: limits.maxMessageBytes,
      attachments: limits.maxAttachments,
    },
    features: [],
  };
  return `${JSON.stringify(preface)}\n`;
}

/**
 * The preface in a line from the peer, its LF left off. Throws `IPC_NOT_IPC`,
 * `IPC_VERSION_MISMATCH`, `IPC_PEER_REQUIRES_PASSWORD`, `IPC_LIMITS_TOO_LOW`, or the error with
 * which the peer refused us.
 */
export function parsePreface(line: Buffer, ownRole: Role): Preface {
  const members = parseObject(line);
  if (members === undefined) throw notIpc("its first line is not a JSON object");
  if (typeof members["error"] === "string") throw refusal(members["error"]);
  const { ipc, role, mode } = members;
  if (typeof ipc !== "number") throw notIpc("its first line has no wire version");
  if (ipc !== wireVersion) {
    throw new ProtocolError(
      "IPC_VERSION_MISMATCH",
      "peer",
      `The peer speaks wire version ${ipc}, this side speaks ${wireVersion}: install the same version of ipc-eventer on both sides.`,
      { context: { own: wireVersion, peer: ipc } },
    );
  }
  if (role !== "client" && role !== "server") throw notIpc("its preface names no role");
  if (role === ownRole) throw notIpc(`it is a ${role}, as this side is`);
  if (mode !== "plain" && mode !== "secure") throw notIpc("its preface names no mode");
  if (mode === "secure") {
    throw new ProtocolError(
      "IPC_PEER_REQUIRES_PASSWORD",
      "peer",
      "The peer has a password and this side has none: give both the same one.",
    );
  }
  const features = members["features"] ?? [];
  if (!Array.isArray(features) || !features.every((name) => typeof name === "string")) {
    throw notIpc("its preface has features that are no list of names");
  }
  return { ipc, role, mode, limits: parseLimits(members["limits"]), features };
}

/** The plaintext line with which a side turns away a peer it does not talk to, or ends over a violation. */
export function encodeRefusal(code: string): string {
  return `${JSON.stringify({ error: code })}\n`;
}

/** The error that a peer's refusal becomes on this side. Unknown codes are not repeated. */
export function refusal(code: string): ProtocolError {
  const told = refusals.get(code);
  return new ProtocolError(told?.code ?? "IPC_REFUSED", "peer", told?.text ?? refusedText(code), {
    context: /^IPC_[A-Z_]{1,40}$/.test(code) ? { refusal: code } : {},
  });
}

const refusals = new Map<string, { code: ProtocolErrorCode; text: string }>([
  [
    "IPC_VERSION_MISMATCH",
    {
      code: "IPC_VERSION_MISMATCH",
      text: "The peer does not speak our wire version: install the same version of ipc-eventer on both sides.",
    },
  ],
  [
    "IPC_PEER_IS_PLAINTEXT",
    {
      code: "IPC_PEER_REQUIRES_PASSWORD",
      text: "The peer has a password and this side has none: give both the same one.",
    },
  ],
  [
    "IPC_PEER_REQUIRES_PASSWORD",
    {
      code: "IPC_PEER_IS_PLAINTEXT",
      text: "The peer has no password and this side has one: give both the same one, or none.",
    },
  ],
]);

function refusedText(code: string): string {
  return /^IPC_[A-Z_]{1,40}$/.test(code)
    ? `The peer ended the connection with ${code}.`
    : "The peer ended the connection with an unknown error.";
}

function parseObject(line: Buffer): Record<string, unknown> | undefined {
  if (!isUtf8(line)) return undefined;
  try {
    const value: unknown = JSON.parse(line.toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function parseLimits(value: unknown): DeclaredLimits {
  const declared = (typeof value === "object" && value !== null ? value : {}) as Record<
    string,
    unknown
  >;
  return {
    message: limit(declared, "message", defaultLimits.maxMessageBytes),
    attachments: limit(declared, "attachments", defaultLimits.maxAttachments),
  };
}

function limit(
  declared: Record<string, unknown>,
  name: keyof DeclaredLimits,
  otherwise: number,
): number {
  const value = declared[name] ?? otherwise;
  if (typeof value === "number" && value >= declaredFloor[name]) return value;
  throw new ProtocolError(
    "IPC_LIMITS_TOO_LOW",
    "peer",
    `The peer takes less than this protocol needs: its limit "${name}" must be at least ${declaredFloor[name]}.`,
    { context: { limit: name, floor: declaredFloor[name] } },
  );
}

function notIpc(why: string): ProtocolError {
  return new ProtocolError(
    "IPC_NOT_IPC",
    "peer",
    `The peer does not speak the ipc-eventer protocol: ${why}.`,
  );
}
