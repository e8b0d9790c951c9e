import { ProtocolError } from "../error.ts";
import { adviseOption, isOptions, type OptionNames, unknownOption } from "../known-options.ts";

/** The options of one event. */
export interface EmitOptions {
  /** Milliseconds after which the event is dropped if it has not been sent by then. Default: never. */
  readonly ttl?: number | undefined;
  /** Drop the event at once unless it can leave now. Default false. */
  readonly volatile?: boolean | undefined;
  /** Of the events with this key that wait to be sent, only the newest is kept. */
  readonly conflate?: string | undefined;
}

const emitOptions: OptionNames<EmitOptions> = {
  ttl: true,
  volatile: true,
  conflate: true,
};

/** Throws `IPC_INVALID_OPTION` for what is no set of options, for unknown options, and for those out of their ranges. */
export function checkEmitOptions(event: string, options: EmitOptions): void {
  if (!isOptions(options)) throw notOneValue(event, options);
  const unknown = unknownOption(options, emitOptions);
  if (unknown !== undefined) {
    throw mistake(
      unknown,
      `emit has no option "${unknown}". ${adviseOption(unknown, emitOptions)} If it is data, send one value: emit("${event}", [first, second]).`,
    );
  }
  const { ttl, volatile, conflate } = options;
  if (ttl !== undefined && !(typeof ttl === "number" && ttl >= 0)) {
    throw invalid("ttl", "a number of milliseconds of at least 0");
  }
  if (volatile !== undefined && typeof volatile !== "boolean") {
    throw invalid("volatile", "a boolean");
  }
  if (conflate !== undefined && typeof conflate !== "string") {
    throw invalid("conflate", "a string");
  }
}

/** The error of what stands behind the data of an emit and is no set of options. */
function notOneValue(event: string, given: unknown): ProtocolError {
  const advice =
    typeof given === "function"
      ? `emit takes no callback. For an answer, use handle("${event}", …) on the peer, and await invoke("${event}", data) here.`
      : `emit takes one value. Send an array or an object: emit("${event}", [first, second]).`;
  return mistake("options", advice);
}

function invalid(option: string, range: string): ProtocolError {
  return mistake(option, `The option ${option} of an emit is ${range}.`);
}

function mistake(option: string, message: string): ProtocolError {
  return new ProtocolError("IPC_INVALID_OPTION", "caller", message, { context: { option } });
}
