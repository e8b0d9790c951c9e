import { adviseOption, isBytes, isOptions, quoted, unknownOption } from "@ipc/protocol";
import { IPCError, memberOf } from "./errors.ts";

type Names = Readonly<Record<string, unknown>>;

/** Returns the `IPC_INVALID_OPTION` for a value that is no set of options or has an unknown one; `instead` is an example. */
export function optionsMistake(
  what: string,
  options: unknown,
  known: Names,
  instead: string,
): IPCError | undefined {
  if (options === undefined) return undefined;
  if (!isOptions(options)) {
    return invalid(`${what} takes its options as an object: ${instead}.`);
  }
  const name = unknownOption(options, known);
  return name === undefined
    ? undefined
    : invalid(`${what} has no option "${name}". ${adviseOption(name, known)}`);
}

/** Returns the `IPC_INVALID_OPTION` for the options of a method that waits, and for a callback in their place. */
export function waitMistake(
  method: string,
  options: { readonly timeout?: unknown; readonly signal?: unknown } | undefined,
  known: Names,
): IPCError | undefined {
  if (typeof options === "function") return callbackMistake(method);
  const instead = `${method}({ timeout: 1000 })`;
  return (
    optionsMistake(method, options, known, instead) ??
    timeoutMistake(options?.timeout) ??
    signalMistake(options?.signal)
  );
}

/**
 * The same for a method that ends something. A listener of a signal of the process gets the signal's name and number,
 * which must not be a mistake.
 */
export function endMistake(
  method: string,
  options: { readonly timeout?: unknown } | undefined,
  known: Names,
): IPCError | undefined {
  const isGiven = typeof options === "object" || typeof options === "function";
  return isGiven ? waitMistake(method, options, known) : undefined;
}

/** Throws `IPC_INVALID_OPTION` if a value is no function, in a call such as `use(middleware)`. */
export function assertFunction(call: string, value: unknown): void {
  if (typeof value === "function") return;
  throw invalid(`${call} takes a function, not ${kindOf(value)}.`);
}

/** Throws `IPC_INVALID_OPTION` for a reason that is no text, in a call such as `disconnect("bye")`. */
export function assertReason(call: string, reason: unknown): void {
  if (reason === undefined || typeof reason === "string") return;
  throw invalid(`The reason is text, not ${kindOf(reason)}: ${call}.`);
}

/** The same for a method that returns a promise and takes options behind the reason. */
export function reasonMistake(method: string, reason: unknown): IPCError | undefined {
  if (reason === undefined || typeof reason === "string") return undefined;
  if (typeof reason === "function") return callbackMistake(method);
  return invalid(
    `${method} takes its reason as text, and options behind it: ${method}("bye", { timeout: 1000 }).`,
  );
}

/**
 * Returns the `IPC_INVALID_OPTION` for an argument behind the one value that is sent. `call` is the text before the
 * value, as in `to(target).emit("move", `.
 */
export function moreMistake(method: string, call: string, more: unknown): IPCError {
  if (typeof more !== "function") {
    return invalid(
      `${method} takes one value. Send an array or an object: ${call}[first, second]).`,
    );
  }
  const advice = method.startsWith("invoke")
    ? `: it returns a promise. Write: const reply = await ${call}data).`
    : ". For an answer, use handle(event, handler) on the peer, and write here: const reply = await socket.invoke(event, data).";
  return invalid(`${method} takes no callback${advice}`);
}

/** Throws `IPC_INVALID_OPTION` for a password that is given and would protect nothing. */
export function assertPassword(options: { readonly password?: unknown }): void {
  if (!("password" in options)) return;
  const { password } = options;
  const given = typeof password === "string" || isBytes(password);
  if (given && password.length > 0) return;
  throw invalid(
    `The option password is ${given ? "empty" : kindOf(password)}: nothing would be protected. Give text or bytes, or leave the option out to speak plaintext.`,
  );
}

/** Throws `IPC_INVALID_OPTION` for an option that is neither true nor false. */
export function assertFlag(name: string, value: unknown): void {
  if (value === undefined || typeof value === "boolean") return;
  throw invalid(`The option ${name} is true or false, not ${kindOf(value)}.`);
}

/** Throws `IPC_INVALID_OPTION` for a directory that is no text. */
export function assertDirectory(value: unknown): void {
  if (value === undefined || typeof value === "string") return;
  throw invalid(`The option directory is an absolute path as text, not ${kindOf(value)}.`);
}

/** Throws `IPC_INVALID_OPTION` for a carrier without the methods of one. */
export function assertTransport(value: unknown): void {
  if (value === undefined || (hasMethod(value, "listen") && hasMethod(value, "dial"))) return;
  throw invalid(
    `The option transport is a carrier with the methods listen and dial, such as createMemoryTransport() makes, not ${kindOf(value)}.`,
  );
}

/** Throws `IPC_INVALID_OPTION` for validators that would check nothing. */
export function assertSchemas(value: unknown): void {
  if (value === undefined) return;
  if (!isOptions(value)) {
    throw invalid(
      `The option schemas is an object with a validator for each event, { say: schema }, not ${kindOf(value)}.`,
    );
  }
  for (const [event, schema] of Object.entries(value) as [string, unknown][]) {
    // A validator may be a function, and has its own methods as one.
    if (hasMethod(memberOf(schema, "~standard"), "validate")) continue;
    throw invalid(
      `The validator of ${quoted(event)} in the option schemas is ${kindOf(schema)} without a function validate in "~standard". Give a validator of Standard Schema.`,
    );
  }
}

function hasMethod(value: unknown, name: string): boolean {
  return typeof memberOf(value, name) === "function";
}

/** Returns the `IPC_INVALID_OPTION` for a signal that is none. */
export function signalMistake(value: unknown): IPCError | undefined {
  if (value === undefined) return undefined;
  // Checked by its methods: it may be of another realm.
  const isSignal =
    typeof value === "object" &&
    value !== null &&
    "aborted" in value &&
    "addEventListener" in value &&
    typeof value.addEventListener === "function";
  return isSignal
    ? undefined
    : invalid("The option signal is an AbortSignal, such as the signal of an AbortController.");
}

/** The longest delay that a timer of Node.js takes, some 24 days. */
const longestDelay = 2 ** 31 - 1;

/** Milliseconds in which handlers may answer when their server stops or their client disconnects. */
export const defaultAnswerTimeout = 5_000;

/** Throws `IPC_INVALID_OPTION` for a value that is no number of milliseconds up to a longest, by default a timer's. */
export function assertDuration(name: string, value: unknown, longest: number = longestDelay): void {
  if (!isWithin(value, longest)) throw durationMistake(name, longest);
}

/** Returns the `IPC_INVALID_OPTION` for a timeout that is no number of milliseconds a timer takes. */
export function timeoutMistake(value: unknown): IPCError | undefined {
  return value === undefined || isWithin(value, longestDelay)
    ? undefined
    : durationMistake("timeout", longestDelay);
}

/** True for a number from 0 to a greatest one. */
export function isWithin(value: unknown, max: number): value is number {
  return typeof value === "number" && value >= 0 && value <= max;
}

function callbackMistake(method: string): IPCError {
  return invalid(`${method} takes no callback: it returns a promise. Write: await ${method}().`);
}

function durationMistake(name: string, longest: number): IPCError {
  return invalid(`The option ${name} is a number of milliseconds from 0 to ${longest}.`);
}

/** Names the kind of a value, not the value itself: it may be a secret. */
function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function invalid(message: string): IPCError {
  return new IPCError("IPC_INVALID_OPTION", message);
}
