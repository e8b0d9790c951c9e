import type { FileHandle } from "node:fs/promises";
import { connect, type Server } from "node:net";
import { posix } from "node:path";
import { codeOf } from "./errors.ts";
import { type FileFacts, fs, readFacts, readTargetFacts } from "./file-facts.ts";
import { delay } from "./real-time.ts";

/**
 * One step on the file system or on a socket, as data. The claim is written as generators that
 * yield operations and receive outcomes: `NodeSystem` performs them, the tests explore them.
 */
export type Operation =
  | {
      /**
       * `listen`: bind a socket at `path` and listen, before the outcome is given.
       * `shut`: stop listening on the socket once bound at `path`.
       * `connect`: connect to `path` and hang up; done means that a server listens.
       * `hold`: take an exclusive lock on the directory until it is shut.
       * `probe`: fail with `EAGAIN` if another holds the lock on the directory.
       * `settle`: wait until the socket at `path` is gone or refuses; `ETIMEDOUT` if it stays.
       * `mkdir`: its mode is 0700 whatever the umask.
       */
      readonly kind:
        | "connect"
        | "hold"
        | "listen"
        | "lstat"
        | "mkdir"
        | "probe"
        | "readdir"
        | "rmdir"
        | "settle"
        | "shut"
        | "stat"
        | "unlink";
      readonly path: string;
    }
  | { readonly kind: "chmod"; readonly path: string; readonly mode: number }
  | { readonly kind: "link" | "rename"; readonly path: string; readonly to: string };

/** The outcome of an operation. */
export interface Outcome {
  /** The system's error code; undefined when it was done. */
  readonly code?: string | undefined;
  /** The error behind the code. */
  readonly cause?: unknown;
  /** The result of `readdir`. */
  readonly names?: readonly string[] | undefined;
  /** The result of `lstat` and `stat`. */
  readonly facts?: FileFacts | undefined;
}

/** A piece of the claim: yields operations, receives outcomes, returns T. */
export type Steps<T> = Generator<Operation, T, Outcome>;

/** Darwin's sys/fcntl.h; node:fs does not name it. */
const O_EXLOCK = 0x20;

const LOCK = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | O_EXLOCK;

/** Milliseconds a probe waits for a connection; slower than that is alive. */
const PROBE_TIMEOUT = 2_000;

/** Milliseconds between two probes of a socket that is about to go. */
const SETTLE_INTERVAL = 5;

/** Performs operations on the real file system, and owns the servers they start. */
export class NodeSystem {
  readonly #startServer: (path: string) => Promise<Server>;
  readonly #servers = new Map<string, Server>();
  readonly #locks = new Map<string, FileHandle>();
  #held = true;

  constructor(startServer: (path: string) => Promise<Server>) {
    this.#startServer = startServer;
  }

  /** Run steps to their end. Rejects with what they throw. */
  async run<T>(steps: Steps<T>): Promise<T> {
    let step = steps.next();
    while (step.done !== true) step = steps.next(await this.#outcomeOf(step.value));
    return step.value;
  }

  /** Let the servers keep the process alive, or not. */
  hold(held: boolean): void {
    this.#held = held;
    for (const server of this.#servers.values()) setHold(server, held);
  }

  async #outcomeOf(operation: Operation): Promise<Outcome> {
    try {
      return (await this.#perform(operation)) ?? {};
    } catch (cause) {
      const code = codeOf(cause);
      if (code === undefined) throw cause;
      return { code, cause };
    }
  }

  async #perform(operation: Operation): Promise<Outcome | void> {
    const { kind, path } = operation;
    switch (kind) {
      case "mkdir":
        await fs.promises.mkdir(path, { mode: 0o700 });
        // The umask may have taken bits of the owner: 0177 leaves a directory that cannot be entered.
        return fs.promises.chmod(path, 0o700);
      case "rmdir":
        return fs.promises.rmdir(path);
      case "unlink":
        return fs.promises.unlink(path);
      case "readdir":
        return { names: await fs.promises.readdir(path) };
      case "lstat":
        return { facts: readFacts(path) };
      case "stat":
        return { facts: readTargetFacts(path) };
      case "chmod":
        return fs.promises.chmod(path, operation.mode);
      case "link":
        return fs.promises.link(path, operation.to);
      case "rename":
        return fs.promises.rename(path, operation.to);
      case "connect":
        return probe(path);
      case "settle":
        return settle(path);
      case "listen":
        return this.#listen(path);
      case "shut":
        return this.#shut(path);
      case "hold":
        this.#locks.set(path, await fs.promises.open(path, LOCK));
        return undefined;
      case "probe":
        return (await fs.promises.open(path, LOCK)).close();
    }
  }

  async #listen(path: string): Promise<void> {
    const server = await this.#startServer(path);
    setHold(server, this.#held);
    this.#servers.set(path, server);
  }

  async #shut(path: string): Promise<void> {
    // The descriptor is closed at once; the callback would wait for every open connection.
    this.#servers.get(path)?.close();
    this.#servers.delete(path);
    const directory = posix.dirname(path);
    await this.#locks.get(directory)?.close();
    this.#locks.delete(directory);
  }
}

function setHold(server: Server, held: boolean): void {
  if (held) server.ref();
  else server.unref();
}

/** Wait until a socket refuses. Rejects with `ETIMEDOUT` if it still answers after two seconds. */
async function settle(path: string): Promise<void> {
  for (let waited = 0; waited < PROBE_TIMEOUT; waited += SETTLE_INTERVAL) {
    const answer = await probe(path).then(() => undefined, codeOf);
    if (answer === "ECONNREFUSED" || answer === "ENOENT") return;
    await delay(SETTLE_INTERVAL);
  }
  throw Object.assign(new Error(`${path} still answers`), { code: "ETIMEDOUT" });
}

function probe(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    socket.setTimeout(PROBE_TIMEOUT, () => {
      socket.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" }));
    });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
  });
}
