import { constants } from "node:buffer";
import { ProtocolError } from "./error.ts";
import { checkOptions } from "./known-options.ts";

/** The limits of one session: of what it takes from its peer, and of how long it waits. Durations are milliseconds. */
export interface SessionLimits {
  /**
   * Bytes of one message, text and attachments together. Default 32 MiB: large enough for a file
   * or a picture, small enough that a thousand clients cannot ask for more than a server has.
   */
  maxMessageBytes: number;
  /** Binary values in one message. Default 64: each costs an allocation of its own. */
  maxAttachments: number;
  /**
   * Queued bytes from which `emit` answers false. Default 256 KiB: what a socket holds. A sender that
   * fills more in one turn of its loop lets the peer run dry meanwhile.
   */
  highWaterMark: number;
  /**
   * Queued bytes from which a peer is looked at: if it makes no progress it loses its session, or
   * events for it are dropped, as the policy says. Default 16 MiB.
   */
  maxQueuedBytes: number;
  /**
   * Queued bytes at which an event is not accepted, nor a call, however the peer reads. Default 256 MiB:
   * a million small events of one run. Policies that drop, and a session without a connection, have
   * `maxQueuedBytes` instead.
   */
  maxBurstBytes: number;
  /**
   * Time in which a peer with `maxQueuedBytes` waiting for it takes or acknowledges something. Default
   * 10 s. If as much again is emitted after its first look, it has the time that takes at 16 MiB a second.
   */
  stallTimeout: number;
  /**
   * Bytes kept until the peer acknowledges them, to be sent again over another connection. Default
   * 16 MiB; beyond it nothing more is sent before an acknowledgement has come. A single larger
   * message goes alone.
   */
  maxUnconfirmedBytes: number;
  /**
   * Calls of the peer that may be without a reply at once. Default 1,024: each holds its data and
   * a handler; one more is refused at once.
   */
  maxCalls: number;
  /**
   * Bytes of the peer's calls that may be without a reply at once, 1 KiB more for each. Default 32 MiB: as
   * much as one message, since data becomes objects that take up to 40 times its text. One more is refused;
   * a single larger call goes alone.
   */
  maxCallBytes: number;
  /**
   * Streams of the peer that may be open at once. Default 1,024: each may hold 64 KiB; with one more
   * the peer is told, before it sends anything, that there is no place.
   */
  maxStreams: number;
  /**
   * Bytes of one stream of the peer that may have come and not been read. Default 1 MiB: some four full
   * socket buffers, so that the peer writes while this side reads. Beyond 16 MiB for all streams of the
   * peer together, each has 64 KiB.
   */
  streamWindow: number;
  /** Silence after which a ping asks for a sign of life. Default 15 s; 0 turns heartbeats off. */
  heartbeatInterval: number;
  /** Time the peer has to answer a ping with any byte. Default 10 s. */
  heartbeatTimeout: number;
  /** Time from the first byte to the welcome. Default 5 s: a local handshake takes milliseconds. */
  handshakeTimeout: number;
  /** Time a closing session has to write out what is queued. Default 5 s. */
  closeTimeout: number;
}

/** The limits of a session that states none of its own. */
export const defaultLimits: Readonly<SessionLimits> = Object.freeze({
  maxMessageBytes: 32 * 1024 * 1024,
  maxAttachments: 64,
  highWaterMark: 256 * 1024,
  maxQueuedBytes: 16 * 1024 * 1024,
  maxBurstBytes: 256 * 1024 * 1024,
  stallTimeout: 10_000,
  maxUnconfirmedBytes: 16 * 1024 * 1024,
  maxCalls: 1024,
  maxCallBytes: 32 * 1024 * 1024,
  maxStreams: 1024,
  streamWindow: 1024 * 1024,
  heartbeatInterval: 15_000,
  heartbeatTimeout: 10_000,
  handshakeTimeout: 5_000,
  closeTimeout: 5_000,
});

/** The limits that a peer declares in its preface. */
export interface DeclaredLimits {
  readonly message: number;
  readonly attachments: number;
  /** Streams open at once; without a meaning unless both sides offer them. */
  readonly streams: number;
}

/** A peer that takes less than this could not even be told why it is refused. */
export const declaredFloor: DeclaredLimits = Object.freeze({
  message: 16 * 1024,
  attachments: 0,
  streams: 0,
});

/**
 * Bytes of one frame before the welcome, and of a control message at any time. The
 * longest hello with every character escaped takes 10 KiB.
 */
export const maxControlBytes: number = 16 * 1024;

/**
 * Bytes that may come behind a hello or welcome in one read of a socket, records opened, before the session has
 * taken them.
 */
export const heldBytes: number = 1024 * 1024;

/** Bytes of one preface line, its LF included. */
export const prefaceBytes = 1024;

/**
 * Levels of nesting in the data of one event, both ways: recursion stays far from the stack's end. A
 * constant of wire version 1, because a lower one could not be told from a violation.
 */
export const maxDepth = 128;

/**
 * Bytes of UTF-8 of a name, an id, an application version or a token that a hello or welcome may carry, and of
 * the code of a refusal.
 */
export const labelBytes: number = 256;

/** Bytes of UTF-8 of a bye's message that are sent and passed on. */
export const byeMessageBytes: number = 1024;

/** Binary values below this many bytes are copied at `emit`; larger ones must not change until they left. */
export const copiedBelowBytes: number = 64 * 1024;

/** Bytes from which an event for several sessions is queued by reference; a smaller one is cheaper to copy. */
export const sharedFromBytes: number = 4 * 1024;

/** The longest delay that a timer of Node.js takes, some 24 days. */
const longestDelay = 2 ** 31 - 1;

type Range = readonly [min: number, max: number];

const ranges: Readonly<Record<keyof SessionLimits, Range>> = {
  // A line becomes one string, so its bytes must fit one.
  maxMessageBytes: [declaredFloor.message, constants.MAX_STRING_LENGTH],
  maxAttachments: [declaredFloor.attachments, 65_536],
  highWaterMark: [0, Number.MAX_SAFE_INTEGER],
  maxQueuedBytes: [1, Number.MAX_SAFE_INTEGER],
  maxBurstBytes: [1, Number.MAX_SAFE_INTEGER],
  stallTimeout: [1, longestDelay],
  maxUnconfirmedBytes: [1, Number.MAX_SAFE_INTEGER],
  maxCalls: [0, 2 ** 24],
  maxCallBytes: [1, Number.MAX_SAFE_INTEGER],
  maxStreams: [0, 2 ** 24],
  streamWindow: [1024, 2 ** 30],
  heartbeatInterval: [0, longestDelay],
  heartbeatTimeout: [1, longestDelay],
  handshakeTimeout: [1, longestDelay],
  closeTimeout: [0, longestDelay],
};

/** Throws `IPC_INVALID_OPTION` for an unknown limit, and for one that is no number within its range. */
export function checkLimits(limits: SessionLimits): void {
  checkOptions("A set of limits", limits, ranges);
  check(limits, "maxMessageBytes");
  check(limits, "maxAttachments");
  check(limits, "highWaterMark");
  check(limits, "maxQueuedBytes");
  check(limits, "maxBurstBytes");
  check(limits, "stallTimeout");
  check(limits, "maxUnconfirmedBytes");
  check(limits, "maxCalls");
  check(limits, "maxCallBytes");
  check(limits, "maxStreams");
  check(limits, "streamWindow");
  check(limits, "heartbeatInterval");
  check(limits, "heartbeatTimeout");
  check(limits, "handshakeTimeout");
  check(limits, "closeTimeout");
}

function check(limits: SessionLimits, name: keyof SessionLimits): void {
  const value = limits[name];
  const [min, max] = ranges[name];
  if (typeof value === "number" && value >= min && value <= max) return;
  throw new ProtocolError(
    "IPC_INVALID_OPTION",
    "caller",
    `${name} is ${String(value)}; give a number from ${min} to ${max}.`,
    { context: { option: name, min, max } },
  );
}

/** The size of a message, as the message limits count it. */
export interface Extent {
  /** Bytes of text and attachments. */
  readonly size: number;
  readonly attachments: number;
}

/** The error of a message that the peer's declared limits forbid; `undefined` if it takes it. */
export function forbiddenBy(
  peer: DeclaredLimits,
  { size, attachments }: Extent,
): ProtocolError | undefined {
  if (size > peer.message) return tooLargeForPeer(size, peer.message);
  return attachments > peer.attachments ? tooManyForPeer(attachments, peer.attachments) : undefined;
}

function tooLargeForPeer(size: number, limit: number): ProtocolError {
  return new ProtocolError(
    "IPC_MESSAGE_TOO_LARGE",
    "caller",
    `The message takes ${size} bytes and the peer accepts ${limit}: it was not sent.`,
    { context: { size, limit } },
  );
}

function tooManyForPeer(attachments: number, limit: number): ProtocolError {
  return new ProtocolError(
    "IPC_TOO_MANY_ATTACHMENTS",
    "caller",
    `The message has ${attachments} binary values and the peer accepts ${limit}: it was not sent.`,
    { context: { attachments, limit } },
  );
}
