import {
  type Call,
  type EncodedCall,
  type ProtocolError,
  type Reply,
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
const invokeOptions: OptionNames<InvokeOptions> = {
  timeout: true,
  signal: true,
};

/** A call of this side, from `invoke` to its outcome. */
export class OutboundCall implements Call {
  readonly event: string;
  readonly promise: Promise<unknown>;
  /** Given up by a signal, the call leaves it when it has its outcome. */
  #abort: { readonly signal: AbortSignal; readonly listener: () => void } | undefined;
  #resolve!: (reply: unknown) => void;
  #reject!: (error: unknown) => void;

  constructor(event: string) {
    this.event = event;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Notes that the call was sent under an id, or was not, for an error. */
  handleSent(sent: number | ProtocolError, driver: Driver, signal: AbortSignal | undefined): void {
    driver.noteQueued();
    if (typeof sent !== "number") this.#reject(sent);
    else if (signal !== undefined) this.#abortBy(signal, sent, driver);
  }

  /** Settles the promise with the outcome. */
  settle(reply: Reply): void {
    if (this.#abort !== undefined) offAbort(this.#abort.signal, this.#abort.listener);
    if (reply.type === "data") this.#resolve(reply.data);
    else this.#reject(reply.error);
  }

  #abortBy(signal: AbortSignal, id: number, driver: Driver): void {
    const listener = (): void => {
      driver.session.calls.cancel(id);
      driver.schedule();
      this.#reject(cancelled(this.event, signal));
    };
    this.#abort = { signal, listener };
    onAbort(signal, listener);
  }
}

/** Makes a call with data, or one that was encoded for several sessions, and returns the promise of its outcome. */
export function invoke(
  driver: Driver,
  defaultTimeout: number,
  asked: string | EncodedCall,
  data: unknown,
  { timeout = defaultTimeout, signal }: InvokeOptions,
): Promise<unknown> {
  const { calls } = driver.session;
  const call = new OutboundCall(typeof asked === "object" ? asked.event : asked);
  if (signal?.aborted === true) return Promise.reject(cancelled(call.event, signal));
  try {
    const now = realTime.now();
    const sent =
      typeof asked === "object"
        ? calls.invokeEncoded(asked, call, timeout, now)
        : calls.invoke(asked, data, call, timeout, now);
    call.handleSent(sent, driver, signal);
  } catch (error) {
    return Promise.reject(error);
  }
  return call.promise;
}

/** The `IPC_INVALID_OPTION` of a call's option that is out of its range. */
function callOptionsMistake({ timeout, signal }: InvokeOptions): IPCError | undefined {
  return timeoutMistake(timeout) ?? signalMistake(signal);
}

const noOptions: InvokeOptions = {};

/** Returns the options behind the event and data of a call, or the `IPC_INVALID_OPTION` for anything else there. */
export function optionsOf(
  method: string,
  event: string,
  values: readonly unknown[],
): InvokeOptions | IPCError {
  const options = values[1];
  if (options === undefined && values.length < 3) return noOptions;
  const call = `${method}("${event}", `;
  if (values.length > 2 || !isOptions(options)) {
    const more = values.find((value, index) => index > 0 && value !== undefined);
    return moreMistake(method, call, more);
  }
  return (
    optionsMistake(method, options, invokeOptions, `${call}data, { timeout: 1000 })`) ??
    callOptionsMistake(options) ??
    options
  );
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
