import { Buffer } from "node:buffer";
import {
  defaultLimits,
  MessageEncoder,
  isOptions,
  labelBytes,
  serializationOf,
  type OptionNames,
  type SerializationChoice,
  type SessionLimits,
  type SlowConsumerPolicy,
} from "@ipc/protocol";
import {
  createNodeTransport,
  type DialOptions,
  type ListenOptions,
  type Transport,
} from "@ipc/transport";
import { Backoff } from "./client/reconnect-policy.ts";
import type { Password } from "./encryption.ts";
import { IPCError } from "./errors.ts";
import {
  assertDirectory,
  assertDuration,
  assertFlag,
  assertPassword,
  assertSchemas,
  assertTransport,
  isWithin,
  optionsMistake,
} from "./option-mistakes.ts";
import type { Schemas } from "./socket/schema.ts";

type LimitOptions = { [Name in keyof SessionLimits]?: SessionLimits[Name] | undefined };

/** Options of servers and clients. All durations are milliseconds, all sizes bytes. */
export interface EndpointOptions extends LimitOptions {
  /**
   * Encrypts everything and lets no peer in that has another password. Text of at least one
   * character, or bytes of high entropy. Both sides have the same one, or neither has one: where
   * there is none the option is left out, as `undefined` may be a mistake and throws.
   */
  password?: Password;
  /**
   * The scope of the password: both sides must name the same realm. Default: the endpoint's name as
   * given, or the basename without `.sock` of an absolute path.
   */
  realm?: string | undefined;
  /** Milliseconds that a call without its own `timeout` waits for its reply. Default 30 s; 0 is no limit. */
  callTimeout?: number | undefined;
  /**
   * The policy for a peer for which `maxQueuedBytes` wait: `disconnect` (default) ends its session
   * if it makes no progress; `drop-oldest` and `drop-newest` drop events for it, the oldest that wait or the new
   * ones, and report it. Calls and replies are never dropped: they fail with `IPC_QUEUE_FULL`.
   */
  slowConsumer?: SlowConsumerPolicy | undefined;
  /**
   * The serialization of the data of events and calls: `"json"` (default), `advanced` of `ipc-eventer/advanced`
   * for all that `structuredClone` knows, or a codec of the application's own. The same on both sides.
   */
  serialization?: SerializationChoice | undefined;
  /**
   * Validators, by the event whose inbound data they check before any listener or handler sees it:
   * of any library that speaks Standard Schema (zod, valibot, arktype, …), synchronous ones.
   */
  schemas?: Schemas | undefined;
  /** Send the stacks of what handlers throw to the caller, as `remoteStack`. Default false. */
  sendStacks?: boolean | undefined;
  /** The application's own version, sent to the peer in the handshake. At most 256 bytes of UTF-8. */
  version?: string | undefined;
  /** The directory of the socket, instead of the default of the platform. POSIX only. */
  directory?: string | undefined;
  /** The carrier. Default: the Unix sockets or named pipes of this machine. */
  transport?: Transport | undefined;
}

/** Options of an `IPCServer`. */
export interface IPCServerOptions
  extends
    EndpointOptions,
    Pick<ListenOptions, "mode" | "backlog" | "readableAll" | "writableAll" | "fd"> {
  /**
   * Milliseconds for which the session of a client with `reconnect` is kept without a connection.
   * Default 5 s: a client dials again within milliseconds, and a process that has ended
   * should take no memory. 0 ends every session with its connection.
   */
  recoveryWindow?: number | undefined;
  /**
   * Sessions without a connection that are kept at once. Default 1,000: each may hold `maxQueuedBytes`
   * and `maxUnconfirmedBytes`. Half of the places are for those that were connected longest, half for
   * those that were parked last.
   */
  maxParkedSessions?: number | undefined;
}

/** Options of an `IPCClient`. */
export interface IPCClientOptions extends EndpointOptions, Pick<DialOptions, "owner"> {
  /** A label for people; the server sees it as `socket.name`. Default `client-<pid>`. At most 256 bytes of UTF-8. */
  name?: string | undefined;
  /** Dial again when the connection is lost or the server is away. Default false. */
  reconnect?: boolean | undefined;
  /**
   * The mean time to the second attempt in a row; later ones wait longer. Default 1 s: a restarted
   * daemon is back after that. The first attempt after a lost connection is made at once.
   */
  reconnectInterval?: number | undefined;
  /** The longest mean time between attempts. Default 5 s, or the interval if that is longer: an attempt to reach a local server costs little. */
  reconnectMaxInterval?: number | undefined;
  /**
   * Send what was emitted without a connection and never left first of all in the next session, if
   * its own is lost. Default true; with false it is reported in `lost.unsent`.
   */
  carryUnsent?: boolean | undefined;
}

/** Options of `client.connect()`. */
export interface ConnectOptions {
  /** Give up: the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Give up after this many milliseconds. Default: only the handshake's own timeout per attempt. */
  timeout?: number | undefined;
}

const endpointOptions: OptionNames<EndpointOptions> = {
  ...defaultLimits,
  password: true,
  realm: true,
  callTimeout: true,
  slowConsumer: true,
  serialization: true,
  schemas: true,
  sendStacks: true,
  version: true,
  directory: true,
  transport: true,
};

const serverOptions: OptionNames<IPCServerOptions> = {
  ...endpointOptions,
  mode: true,
  backlog: true,
  readableAll: true,
  writableAll: true,
  fd: true,
  recoveryWindow: true,
  maxParkedSessions: true,
};

const clientOptions: OptionNames<IPCClientOptions> = {
  ...endpointOptions,
  owner: true,
  name: true,
  reconnect: true,
  reconnectInterval: true,
  reconnectMaxInterval: true,
  carryUnsent: true,
};

/** Throws `IPC_INVALID_OPTION` for what is no set of a server's options, and for options that would be ignored. */
export function assertServerOptions(options: IPCServerOptions): void {
  assertOptions("IPCServer", options, serverOptions, "IPCClient", clientOptions);
}

/** Throws `IPC_INVALID_OPTION` for what is no set of a client's options, and for options that would be ignored. */
export function assertClientOptions(options: IPCClientOptions): void {
  assertOptions("IPCClient", options, clientOptions, "IPCServer", serverOptions);
  assertFlag("reconnect", options.reconnect);
  assertFlag("carryUnsent", options.carryUnsent);
  assertLabel("name", options.name);
}

/** Throws `IPC_INVALID_OPTION` for what is no set of options of `connectOrServe`; `further` are its own. */
export function assertSharedOptions(
  options: object,
  further: Readonly<Record<string, unknown>>,
): void {
  const what = "connectOrServe";
  const given = isOptions(options) ? Object.keys(options) : [];
  for (const [part, names] of [
    ["server", serverOptions],
    ["client", clientOptions],
  ] as const) {
    const [own = ""] = given.filter(
      (name) => name in names && !(name in endpointOptions) && !(name in further),
    );
    if (own === "") continue;
    throw new IPCError(
      "IPC_INVALID_OPTION",
      `${what} has no option "${own}" for both roles. Give it to the ${part}: { ${part}: { ${own}: … } }.`,
    );
  }
  const instead = `${what}(name, { serve, connect, password: … })`;
  // Unlike others, these options cannot be left out.
  const mistake = optionsMistake(
    what,
    options ?? null,
    { ...endpointOptions, ...further },
    instead,
  );
  if (mistake !== undefined) throw mistake;
  assertPassword(options);
}

function assertOptions(
  what: string,
  options: EndpointOptions,
  known: OptionNames<EndpointOptions>,
  other: string,
  elsewhere: OptionNames<EndpointOptions>,
): void {
  const instead = `new ${what}(name, { password: … })`;
  const mistake = optionsMistake(what, options, known, instead);
  if (mistake !== undefined) {
    const given = isOptions(options) ? Object.keys(options) : [];
    const misplaced = given.find((name) => name in elsewhere && !(name in known));
    if (misplaced === undefined) throw mistake;
    const text = `${what} has no option "${misplaced}": it is one of ${other}.`;
    throw new IPCError("IPC_INVALID_OPTION", text);
  }
  assertPassword(options);
  assertDirectory(options.directory);
  assertTransport(options.transport);
  assertSchemas(options.schemas);
  assertFlag("sendStacks", options.sendStacks);
  assertLabel("version", options.version);
}

/** The session limits in a set of options, not yet checked. */
export function limitsOf(options: EndpointOptions): SessionLimits {
  const limits: SessionLimits = { ...defaultLimits };
  let name: keyof SessionLimits;
  for (name in limits) {
    const value = options[name];
    if (value !== undefined) limits[name] = value;
  }
  return limits;
}

/** The encoder that a set of options describes, for all sessions of an endpoint. Throws `IPC_INVALID_OPTION`. */
export function encoderOf(options: EndpointOptions, limits: SessionLimits): MessageEncoder {
  return new MessageEncoder(limits, serializationOf(options.serialization));
}

/** The options of a server that are for its transport. */
export function listenOptionsOf(options: IPCServerOptions): ListenOptions {
  const { directory, mode, backlog, fd, readableAll, writableAll } = options;
  return { directory, mode, backlog, fd, readableAll, writableAll };
}

/** The transport in a set of options. */
export function transportOf(options: EndpointOptions): Transport {
  return options.transport ?? createNodeTransport();
}

const defaultCallTimeout = 30_000;

/** The default timeout of calls in a set of options. Throws `IPC_INVALID_OPTION`. */
export function callTimeoutOf(options: EndpointOptions): number {
  const timeout = options.callTimeout ?? defaultCallTimeout;
  assertDuration("callTimeout", timeout);
  return timeout;
}

/** The limits of parked sessions: their time in milliseconds, and their number. */
export interface RecoveryOptions {
  readonly window: number;
  readonly maxParked: number;
}

const defaultRecoveryWindow = 5_000;
const defaultMaxParkedSessions = 1_000;

/** The recovery in a server's options. Throws `IPC_INVALID_OPTION`. */
export function recoveryOf(options: IPCServerOptions): RecoveryOptions {
  const {
    recoveryWindow: window = defaultRecoveryWindow,
    maxParkedSessions: maxParked = defaultMaxParkedSessions,
  } = options;
  assertDuration("recoveryWindow", window);
  if (!isWithin(maxParked, 2 ** 24)) {
    throw new IPCError(
      "IPC_INVALID_OPTION",
      "The option maxParkedSessions is a number from 0 to 16777216.",
    );
  }
  return { window, maxParked };
}

const policies: ReadonlySet<unknown> = new Set<SlowConsumerPolicy | undefined>([
  undefined,
  "disconnect",
  "drop-newest",
  "drop-oldest",
]);

/** The policy for peers that do not read, in a set of options. Throws `IPC_INVALID_OPTION`. */
export function slowConsumerOf(options: EndpointOptions): SlowConsumerPolicy | undefined {
  if (policies.has(options.slowConsumer)) return options.slowConsumer;
  throw new IPCError(
    "IPC_INVALID_OPTION",
    'The option slowConsumer is "disconnect", "drop-oldest" or "drop-newest".',
  );
}

const defaultReconnectInterval = 1_000;
const defaultReconnectMaxInterval = 5_000;

/** The longest mean wait: waits are drawn up to twice the mean, and must fit a timer of Node.js. */
const longestInterval = 2 ** 30 - 1;

/** The backoff that a client's options describe. Throws `IPC_INVALID_OPTION`. */
export function backoffOf(options: IPCClientOptions): Backoff {
  const interval = options.reconnectInterval ?? defaultReconnectInterval;
  assertDuration("reconnectInterval", interval, longestInterval);
  const maxInterval =
    options.reconnectMaxInterval ?? Math.max(interval, defaultReconnectMaxInterval);
  assertDuration("reconnectMaxInterval", maxInterval, longestInterval);
  return new Backoff({ interval, maxInterval, random: Math.random });
}

/** Throws `IPC_INVALID_OPTION` for a label that no peer would accept. */
function assertLabel(name: "name" | "version", value: unknown): void {
  if (value === undefined) return;
  const bytes = typeof value === "string" ? Buffer.byteLength(value) : undefined;
  if (bytes !== undefined && bytes <= labelBytes) return;
  const found = bytes === undefined ? "" : `; this one takes ${bytes}`;
  throw new IPCError(
    "IPC_INVALID_OPTION",
    `The option ${name} is a string of at most ${labelBytes} bytes of UTF-8${found}.`,
  );
}
