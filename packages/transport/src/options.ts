import { TransportError } from "./errors.ts";

/** The options that both sides share: the place of an endpoint's socket. */
export interface EndpointOptions {
  /** The directory that holds the sockets, instead of the default of the platform. POSIX only. */
  directory?: string | undefined;
}

export interface ListenOptions extends EndpointOptions {
  /** Permission bits of the socket file. Default 0o600. POSIX only. */
  mode?: number | undefined;
  /** Connections the system may hold before they are accepted. Default 511. */
  backlog?: number | undefined;
  /**
   * Listen on a Unix stream socket that this process inherited, already bound, instead of making
   * one: a descriptor, or `"systemd"` for the one that systemd passed under the endpoint's name, or
   * else the only one (sd_listen_fds(3)). Its file belongs to the process that made it: `directory` and
   * `mode` mean nothing, `close` removes nothing, and `backlog` is by default what the system allows.
   * POSIX only.
   */
  fd?: number | "systemd" | undefined;
  /** Let every local user read the pipe. Windows only. */
  readableAll?: boolean | undefined;
  /** Let every local user write the pipe, and so receive some of the clients: only with a password. Windows only. */
  writableAll?: boolean | undefined;
}

export interface DialOptions extends EndpointOptions {
  /** Give up: the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Milliseconds until `ETIMEDOUT`. Default: none. */
  timeout?: number | undefined;
  /** The user id that must own the socket, checked before anything is sent. Default: ours, or root. POSIX only. */
  owner?: number | undefined;
}

/** The names of a set of options: the type requires each name of the interface. */
export type OptionNames<Options> = Readonly<Record<keyof Options, true>>;

type Names = Readonly<Record<string, true>>;

const dialOptions: OptionNames<DialOptions> = {
  directory: true,
  signal: true,
  timeout: true,
  owner: true,
};

const listenOptions: OptionNames<ListenOptions> = {
  directory: true,
  mode: true,
  backlog: true,
  fd: true,
  readableAll: true,
  writableAll: true,
};

/** The longest timeout, in milliseconds: beyond it Node.js timers fire at once. */
const MAX_TIMEOUT = 0x7fff_ffff;

/** Refuse unknown options of `dial`, and those out of range, with `IPC_TRANSPORT_OPTION`. */
export function checkDialOptions(endpoint: string, options: DialOptions): void {
  checkNames("dial", endpoint, options, dialOptions);
  checkRanges(endpoint, options);
}

/** Refuse unknown options of `listen`, and those out of range, with `IPC_TRANSPORT_OPTION`. */
export function checkListenOptions(endpoint: string, options: ListenOptions): void {
  checkNames("listen", endpoint, options, listenOptions);
  checkRanges(endpoint, options);
}

/** Refuse, with `IPC_TRANSPORT_OPTION`, what is no set of options, and an option that is not known. */
export function checkNames(what: string, address: string, options: object, known: Names): void {
  const names = Object.keys(known).join(", ");
  const option = isOptions(options) ? unknownName(options, known) : "";
  if (option === undefined) return;
  const nearest = nearestName(option, Object.keys(known));
  const meant = nearest === undefined ? "" : ` Did you mean "${nearest}"?`;
  throw new TransportError(
    "IPC_TRANSPORT_OPTION",
    address,
    option === ""
      ? `${what} takes its options as an object that has ${names}.`
      : `${what} has no option "${option}".${meant} It has ${names}.`,
  );
}

function checkRanges(endpoint: string, options: ListenOptions & DialOptions): void {
  const check = (name: string, value: number | undefined, min: number, max: number): void => {
    if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return;
    throw new TransportError(
      "IPC_TRANSPORT_OPTION",
      endpoint,
      `The option ${name} is ${String(value)}, but must be an integer from ${min} to ${max}.`,
    );
  };
  for (const name of ["readableAll", "writableAll"] as const) {
    const value: unknown = options[name];
    if (value === undefined || typeof value === "boolean") continue;
    throw new TransportError(
      "IPC_TRANSPORT_OPTION",
      endpoint,
      `The option ${name} is true or false, not a ${typeof value}.`,
    );
  }
  check("mode", options.mode, 0, 0o777);
  check("backlog", options.backlog, 1, 0x7fff_ffff);
  if (options.fd !== "systemd") check("fd", options.fd, 0, 0x7fff_ffff);
  check("owner", options.owner, 0, 0xffff_ffff);
  check("timeout", options.timeout, 0, MAX_TIMEOUT);
}

/** Tells whether a value may be a set of options: by its tag, as it may be of another realm. */
function isOptions(value: unknown): value is object {
  return Object.prototype.toString.call(value) === "[object Object]";
}

/** The first name that is not known, an inherited one too unless all objects have it. */
function unknownName(options: object, known: Names): string | undefined {
  for (const name in options) {
    if (!Object.hasOwn(known, name) && !(name in Object.prototype)) return name;
  }
  return undefined;
}

/** The name that has most pairs of neighbouring letters in common with another. */
function nearestName(name: string, names: readonly string[]): string | undefined {
  const wanted = pairsOf(name);
  let nearest: string | undefined;
  let most = 0;
  for (const candidate of names) {
    const common = pairsOf(candidate).filter((pair) => wanted.includes(pair)).length;
    if (common > most) [nearest, most] = [candidate, common];
  }
  return nearest;
}

function pairsOf(name: string): string[] {
  const letters = Array.from(name.slice(0, 64).toLowerCase());
  return letters.slice(1).map((letter, index) => `${letters[index]}${letter}`);
}
