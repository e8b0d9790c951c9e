import { TransportError } from "./transport-error.ts";
import type { DialOptions, ListenOptions } from "./transport.ts";

/** The longest timeout, in milliseconds: beyond it Node.js timers fire at once. */
const MAX_TIMEOUT = 0x7fff_ffff;

/** Refuse options out of range with `IPC_TRANSPORT_OPTION`. */
export function checkOptions(endpoint: string, options: ListenOptions & DialOptions): void {
  const check = (name: string, value: number | undefined, min: number, max: number): void => {
    if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return;
    throw new TransportError(
      "IPC_TRANSPORT_OPTION",
      endpoint,
      `The option ${name} is ${String(value)}, but must be an integer from ${min} to ${max}.`,
    );
  };
  check("mode", options.mode, 0, 0o777);
  check("backlog", options.backlog, 1, 0x7fff_ffff);
  if (options.fd !== "systemd") check("fd", options.fd, 0, 0x7fff_ffff);
  check("owner", options.owner, 0, 0xffff_ffff);
  check("timeout", options.timeout, 0, MAX_TIMEOUT);
}
