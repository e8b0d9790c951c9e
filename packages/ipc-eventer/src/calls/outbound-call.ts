import {
  type Call,
  type EncodedCall,
  type ProtocolError,
  type Reply,
  type Session,
  type OptionNames,
  isOptions,
} from "@ipc/protocol";
import { realTime } from "@ipc/transport";
import type { Driver } from "../driver/driver.ts";
import { IPCError } from "../errors.ts";
import { moreMistake, optionsMistake, signalMistake, timeoutMistake } from "../option-mistakes.ts";
import { offAbort, onAbort } from "./shared-signal.ts";

/** Options of `invoke`. */
export interface InvokeOptions {
  /** Milliseconds until the call fails with `IPC_CALL_TIMEOUT`; 0 is never. Default: `callTimeout`. */
  readonly timeout?: number | undefined;
  /** Gives the call up: it fails with `IPC_CALL_CANCELLED`, and the handler's own signal is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** The names of the options of `invoke`. */
export const invokeOptions: OptionNames<InvokeOptions> = {
  timeout: true,
  signal: true,
};

/** Hands a call to its session at this instant. Answers and throws as `Calls.invoke`. */
export type Begin = (session: Session, call: OutboundCall, now: number) => number | ProtocolError;

/** A call of this side, from `invoke` to its outcome. */
export class OutboundCall implements Call {
  readonly event: string;
  readonly promise: Promise<unknown>;
  readonly #driver: Driver;
  readonly #signal: AbortSignal | undefined;
  #id = 0;
  #resolve!: (reply: unknown) => void;
  #reject!: (error: unknown) => void;

  constructor(driver: Driver, event: string, { signal }: InvokeOptions) {
    this.#driver = driver;
    this.event = event;
    this.#signal = signal;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Sends the call. An error that prevents this is the outcome. */
  send(begin: Begin): void {
    if (this.#signal?.aborted === true) {
      this.#reject(cancelled(this.event, this.#signal));
      return;
    }
    try {
      const sent = begin(this.#driver.session, this, realTime.now());
      this.#driver.noteQueued();
      if (typeof sent !== "number") {
        this.#reject(sent);
        return;
      }
      this.#id = sent;
      if (this.#signal !== undefined) onAbort(this.#signal, this.#cancel);
    } catch (error) {
      this.#reject(error);
    }
  }

  /** Settles the promise with the outcome. */
  settle(reply: Reply): void {
    if (this.#signal !== undefined) offAbort(this.#signal, this.#cancel);
    if (reply.type === "data") this.#resolve(reply.data);
    else this.#reject(reply.error);
  }

  readonly #cancel = (): void => {
    this.#driver.session.calls.cancel(this.#id);
    this.#driver.schedule();
    if (this.#signal !== undefined) this.#reject(cancelled(this.event, this.#signal));
  };
}

/** Makes a call with the arguments of `invoke`, data and options, and returns the promise of its outcome. */
export function invoke(
  driver: Driver,
  defaultTimeout: number,
  event: string,
  values: readonly unknown[],
): Promise<unknown> {
  const given = optionsOf("invoke", event, values, invokeOptions);
  if (given instanceof IPCError) return Promise.reject(given);
  const { timeout = defaultTimeout } = given;
  const [data] = values;
  return makeCall(driver, event, given, ({ calls }, call, now) =>
    calls.invoke(event, data, call, timeout, now),
  );
}

/** Makes a call that was encoded for several sessions. */
export function invokeEncoded(
  driver: Driver,
  defaultTimeout: number,
  encoded: EncodedCall,
  options: InvokeOptions,
): Promise<unknown> {
  const { timeout = defaultTimeout } = options;
  return makeCall(driver, encoded.event, options, ({ calls }, call, now) =>
    calls.invokeEncoded(encoded, call, timeout, now),
  );
}

/** Makes a call with `begin`, and returns the promise of its outcome. */
function makeCall(
  driver: Driver,
  event: string,
  options: InvokeOptions,
  begin: Begin,
): Promise<unknown> {
  const mistake = callOptionsMistake(options);
  if (mistake !== undefined) return Promise.reject(mistake);
  const call = new OutboundCall(driver, event, options);
  call.send(begin);
  return call.promise;
}

/** The `IPC_INVALID_OPTION` of a call's option that is out of its range. */
export function callOptionsMistake({ timeout, signal }: InvokeOptions): IPCError | undefined {
  return timeoutMistake(timeout) ?? signalMistake(signal);
}

const noOptions: InvokeOptions = {};

/** Returns the options behind the event and data of a call, or the `IPC_INVALID_OPTION` for anything else there. */
export function optionsOf(
  method: string,
  event: string,
  values: readonly unknown[],
  known: Readonly<Record<string, unknown>>,
): InvokeOptions | IPCError {
  const options = values[1];
  if (options === undefined && values.length < 3) return noOptions;
  const call = `${method}("${event}", `;
  if (values.length > 2 || !isOptions(options)) {
    const more = values.find((value, index) => index > 0 && value !== undefined);
    return moreMistake(method, call, more);
  }
  return optionsMistake(method, options, known, `${call}data, { timeout: 1000 })`) ?? options;
}

function cancelled(event: string, signal: AbortSignal): IPCError {
  return new IPCError(
    "IPC_CALL_CANCELLED",
    `The call "${event}" was cancelled by the signal that it was given; the cause is the reason.`,
    {
      cause: signal.reason,
    },
  );
}
