import { isLane } from "@ipc/protocol";
import { IPCError } from "./error.ts";

/** The longest delay that a timer of Node.js takes, some 24 days. */
const longestDelay = 2 ** 31 - 1;

/** Milliseconds in which handlers may answer when their server stops or their client disconnects. */
export const defaultAnswerTimeout = 5_000;

/** Throws `IPC_INVALID_OPTION` for what is no number of milliseconds up to a longest, by default a timer's. */
export function assertDuration(name: string, value: unknown, longest: number = longestDelay): void {
  if (!isWithin(value, longest)) throw durationMistake(name, longest);
}

/** The `IPC_INVALID_OPTION` of a timeout that is no number of milliseconds a timer takes. */
export function timeoutMistake(value: unknown): IPCError | undefined {
  return value === undefined || isWithin(value, longestDelay)
    ? undefined
    : durationMistake("timeout", longestDelay);
}

/** The `IPC_INVALID_OPTION` of a lane that there is none of. */
export function laneMistake(value: unknown): IPCError | undefined {
  if (value === undefined || isLane(value)) return undefined;
  return new IPCError("IPC_INVALID_OPTION", "The option lane is a whole number from 0 to 7.");
}

/** True for a number from 0 to a greatest one. */
export function isWithin(value: unknown, max: number): value is number {
  return typeof value === "number" && value >= 0 && value <= max;
}

function durationMistake(name: string, longest: number): IPCError {
  return new IPCError(
    "IPC_INVALID_OPTION",
    `The option ${name} is a number of milliseconds from 0 to ${longest}.`,
  );
}
