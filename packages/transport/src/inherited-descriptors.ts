import type { Stats } from "node:fs";
import { systemCode, systemError, TransportError } from "./errors.ts";
import { fs } from "./file-facts.ts";
import { ServerListener, startServer } from "./net-server.ts";
import type { ListenOptions } from "./options.ts";
import type { Acceptor } from "./transport.ts";

/** The first descriptor that systemd passes: SD_LISTEN_FDS_START of sd_listen_fds(3). */
const FIRST_DESCRIPTOR = 3;

/** The variables of sd_listen_fds(3). */
const VARIABLES = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] as const;

/** The variables as they were last there. */
interface Passed {
  readonly pid: string;
  readonly count: number;
  readonly names: readonly string[];
}

/**
 * The descriptors of this process that one may listen on, each by one listener at a time. What the
 * variables of sd_listen_fds(3) say is kept when they are removed, so that several listeners find
 * theirs one after the other and no child takes them for its own.
 */
export class InheritedDescriptors {
  readonly #environment: Record<string, string | undefined>;
  readonly #pid: number;
  readonly #listening = new Set<number>();
  readonly #spent = new Set<number>();
  #passed: Passed | undefined;

  constructor(environment: Record<string, string | undefined>, pid: number) {
    this.#environment = environment;
    this.#pid = pid;
  }

  /**
   * The descriptor for an endpoint, which is the caller's until `release`. Throws
   * `IPC_NOT_INHERITED`, `IPC_LISTEN_PID`, `IPC_DESCRIPTOR_NAME`, and `EADDRINUSE` for one that a
   * listener has.
   */
  take(fd: number | "systemd", endpoint: string): number {
    const descriptor = fd === "systemd" ? this.#find(endpoint) : fd;
    if (this.#listening.has(descriptor)) {
      throw new TransportError(
        "EADDRINUSE",
        endpoint,
        `Cannot listen on descriptor ${descriptor}: a listener of this process has it. Close that one first.`,
      );
    }
    if (fd === "systemd") {
      // The system may have given the number to something else since.
      if (this.#spent.has(descriptor)) {
        throw notInherited(
          endpoint,
          `A listener of this process has closed descriptor ${descriptor}, the one for "${endpoint}". Restart the service to get it again.`,
        );
      }
      this.#spent.add(descriptor);
    }
    this.#listening.add(descriptor);
    return descriptor;
  }

  release(descriptor: number): void {
    this.#listening.delete(descriptor);
  }

  #find(endpoint: string): number {
    this.#read();
    const passed = this.#passed;
    if (passed === undefined) {
      throw notInherited(
        endpoint,
        `Cannot listen on "${endpoint}": systemd has passed no socket, as LISTEN_FDS is not set. Start the service by its socket unit, or leave \`fd\` out.`,
      );
    }
    if (passed.pid !== String(this.#pid)) {
      throw new TransportError(
        "IPC_LISTEN_PID",
        endpoint,
        `Cannot listen on "${endpoint}": the sockets are for process ${passed.pid} (LISTEN_PID), but this is ${this.#pid}. Start node directly or by exec, not through npm or a shell.`,
      );
    }
    return FIRST_DESCRIPTOR + indexOf(endpoint, passed);
  }

  /** Removes the variables whatever they say, as sd_listen_fds(1) does. */
  #read(): void {
    const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES } = this.#environment;
    for (const variable of VARIABLES) delete this.#environment[variable];
    if (LISTEN_PID === undefined || LISTEN_FDS === undefined) return;
    const count = /^[1-9]\d{0,8}$/u.test(LISTEN_FDS) ? Number(LISTEN_FDS) : 0;
    if (count === 0) return;
    const names = (LISTEN_FDNAMES ?? "").split(":").slice(0, count);
    this.#passed = { pid: LISTEN_PID, count, names };
  }
}

/** Finds the endpoint's among the passed descriptors: the one of its name, or the only one. */
function indexOf(endpoint: string, { count, names }: Passed): number {
  // Without FileDescriptorName= systemd gives the name of the unit, with its suffix.
  const wanted = new Set([endpoint, `${endpoint}.socket`]);
  const first = names.findIndex((name) => wanted.has(name));
  const last = names.findLastIndex((name) => wanted.has(name));
  if (first === last && first !== -1) return first;
  if (count === 1) return 0;
  throw new TransportError(
    "IPC_DESCRIPTOR_NAME",
    endpoint,
    `Cannot listen on "${endpoint}": of the ${count} sockets that systemd has passed (${names.join(", ")}), ${first === -1 ? "none" : "more than one"} has that name. Set FileDescriptorName=${endpoint} in one socket unit.`,
  );
}

function notInherited(endpoint: string, message: string): TransportError {
  return new TransportError("IPC_NOT_INHERITED", endpoint, message);
}

/**
 * listen(2) is called again and sets the backlog anew: the most there is, which the system cuts to
 * its own limit, as the process that made the socket has chosen no smaller one for us.
 */
const SYSTEM_BACKLOG = 0x7fff_ffff;

/** Options of listening on a descriptor, with the facts of the process. */
export interface DescriptorOptions extends ListenOptions {
  readonly fd: number | "systemd";
  readonly platform: string;
  readonly descriptors: InheritedDescriptors;
}

/**
 * Listen on a socket that another process has made and bound; nothing of it is changed or removed.
 * Rejects as `take` throws, and with `IPC_NOT_INHERITED` or `IPC_NOT_A_SOCKET`.
 */
export async function listenOnDescriptor(
  endpoint: string,
  acceptor: Acceptor,
  options: DescriptorOptions,
): Promise<ServerListener> {
  if (options.platform === "win32") {
    throw new TransportError(
      "IPC_TRANSPORT_OPTION",
      endpoint,
      `Cannot listen on "${endpoint}" with \`fd\`: Windows passes no pipes as descriptors. Leave \`fd\` out.`,
    );
  }
  const runtime = runtimeWithoutDescriptors();
  if (runtime !== undefined) {
    throw new TransportError(
      "IPC_TRANSPORT_OPTION",
      endpoint,
      `Cannot listen on "${endpoint}" with \`fd\`: ${runtime} cannot inspect a descriptor that it was given. Run the server with Node.js, or leave \`fd\` out.`,
    );
  }
  const { descriptors } = options;
  const fd = descriptors.take(options.fd, endpoint);
  const release = (): void => descriptors.release(fd);
  try {
    const inode = checkSocket(fd);
    const address = (await readSocketPath(inode)) ?? `descriptor ${fd}`;
    const backlog = options.backlog ?? SYSTEM_BACKLOG;
    const server = await startServer({ fd }, address, acceptor, { backlog });
    const listener = new ServerListener(address, server, release);
    // Unix sockets have none; a network address is a door that this layer does not guard.
    if (server.address() === null) return listener;
    await listener.close();
    throw notSuitable(fd, "is a network socket");
  } catch (error) {
    release();
    if (systemCode(error) !== "EINVAL") throw systemError("listen on", `descriptor ${fd}`, error);
    throw notSuitable(fd, "cannot accept connections", error);
  }
}

/** The name of a runtime other than Node.js, whose `fstat` and `address()` know nothing of such descriptors. */
function runtimeWithoutDescriptors(): string | undefined {
  if (process.versions["bun"] !== undefined) return "Bun";
  return process.versions["deno"] === undefined ? undefined : "Deno";
}

/** The inode of a socket. */
function checkSocket(fd: number): number {
  const stats = inspect(fd);
  if (!stats.isSocket()) throw notSuitable(fd, "is no socket");
  return stats.ino;
}

function inspect(fd: number): Stats {
  try {
    return fs.fstatSync(fd);
  } catch (error) {
    throw new TransportError(
      "IPC_NOT_INHERITED",
      `descriptor ${fd}`,
      `Descriptor ${fd} is not open in this process. Have the parent pass the socket as that one.`,
      error,
    );
  }
}

function notSuitable(fd: number, what: string, cause?: unknown): TransportError {
  return new TransportError(
    "IPC_NOT_A_SOCKET",
    `descriptor ${fd}`,
    `Descriptor ${fd} ${what}. Pass a Unix stream socket that is bound to a path.`,
    cause,
  );
}

/** Columns of /proc/net/unix, see proc_net(5): six, the inode, and the path to the end of the line. */
const LINE = /^(?:\S+ +){6}(\d+) (.+)$/u;

/**
 * The path that a Unix socket is bound to, or undefined where the system does not tell: Node.js
 * asks libuv for the path of its own sockets only, and only Linux lists those of others.
 */
export async function readSocketPath(
  inode: number,
  table: string = "/proc/net/unix",
): Promise<string | undefined> {
  const text = await fs.promises.readFile(table, "utf8").catch(() => "");
  for (const line of text.split("\n")) {
    const [, found, path] = LINE.exec(line) ?? [];
    if (found === String(inode)) return path;
  }
  return undefined;
}
