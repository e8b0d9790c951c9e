import { TransportError } from "../errors.ts";

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

/** Which of the passed descriptors is the endpoint's: the one of its name, or the only one. */
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
