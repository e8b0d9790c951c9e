import { constants } from "node:buffer";
import { ProtocolError } from "./error.ts";
import { checkOptions } from "./known-options.ts";
import { declaredFloor, type SessionLimits } from "./limits.ts";

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
