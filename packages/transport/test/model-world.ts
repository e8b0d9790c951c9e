import { posix } from "node:path";
import type { FileFacts } from "../src/file-facts.ts";
import type { Operation, Outcome } from "../src/operations.ts";

/** The behaviour of the modelled system where systems differ. */
export interface WorldTraits {
  /** A full backlog refuses, as on macOS; the worst case: it always is full. */
  readonly busyRefuses?: boolean;
  readonly hardLinks?: boolean;
}

const LOOKS: ReadonlySet<string> = new Set([
  "chmod",
  "connect",
  "lstat",
  "probe",
  "readdir",
  "settle",
  "stat",
]);

/** A file: a directory or a socket, under an identity of its own. */
interface File {
  readonly type: "directory" | "socket";
  readonly identity: string;
}

/**
 * A model of one file system and of the sockets on it: small, immutable from outside (`clone`
 * before a step), and comparable by its `key`.
 */
export class ModelWorld {
  readonly #traits: WorldTraits;
  readonly #files: Map<string, File>;
  /** Identity of a listening socket -> its living process. */
  readonly #listening: Map<string, string>;
  /** Process and bound path -> identity: what `shut` closes. */
  readonly #bound: Map<string, string>;
  /** Identity of a locked directory -> process and path it was locked by. */
  readonly #locks: Map<string, string>;
  /** Names of published sockets that living processes lost to another one. */
  readonly robbed: string[];
  #key: string | undefined;

  constructor(traits: WorldTraits, from?: ModelWorld) {
    this.#traits = traits;
    this.#files = new Map(
      from === undefined ? [["/D", { type: "directory", identity: "D" }]] : from.#files,
    );
    this.#listening = new Map(from === undefined ? [] : from.#listening);
    this.#bound = new Map(from === undefined ? [] : from.#bound);
    this.#locks = new Map(from === undefined ? [] : from.#locks);
    this.robbed = from === undefined ? [] : [...from.robbed];
  }

  /** A copy to act on; calls that only look may act on this one. */
  copyFor({ kind }: Operation): ModelWorld {
    return LOOKS.has(kind) ? this : this.clone();
  }

  clone(): ModelWorld {
    return new ModelWorld(this.#traits, this);
  }

  get key(): string {
    this.#key ??= this.#describe();
    return this.#key;
  }

  #describe(): string {
    const files = [...this.#files].map(([path, { identity }]) => `${path}=${identity}`).toSorted();
    const rest = [this.#listening, this.#bound, this.#locks].map((map) =>
      [...map].map((entry) => entry.join("=")).toSorted(),
    );
    return [files, ...rest, this.robbed].join("|");
  }

  /** All paths, the directory /D included. */
  get paths(): string[] {
    return [...this.#files.keys()].toSorted();
  }

  /** The living process that listens behind a path. */
  listenerAt(path: string): string | undefined {
    return this.#listening.get(this.#files.get(path)?.identity ?? "");
  }

  /** True if an operation cannot be performed yet. */
  blocks({ kind, path }: Operation): boolean {
    return kind === "settle" && this.listenerAt(path) !== undefined;
  }

  /** Put an empty directory there. */
  addDirectory(path: string): void {
    this.#files.set(path, { type: "directory", identity: `there ${path}` });
  }

  /** Put a socket there that is no longer served. */
  addDead(path: string): void {
    const directory = posix.dirname(path);
    if (!this.#files.has(directory)) {
      this.#files.set(directory, { type: "directory", identity: `dead ${directory}` });
    }
    this.#files.set(path, { type: "socket", identity: "dead" });
  }

  /** The process dies: its sockets refuse from now on, its locks are free, its files stay. */
  kill(process: string): void {
    for (const [identity, owner] of this.#listening) {
      if (owner === process) this.#listening.delete(identity);
    }
    for (const map of [this.#bound, this.#locks]) {
      for (const [key, value] of map) {
        if (key.startsWith(`${process} `) || value.startsWith(`${process} `)) map.delete(key);
      }
    }
  }

  /**
   * One system call of an operation. `listen` takes two (bind, listen) and `shut` too (libuv
   * unlinks what it bound, then closes); `undefined` says that the second is still to come.
   */
  perform(process: string, operation: Operation, second: boolean): Outcome | undefined {
    const { kind, path } = operation;
    const file = this.#files.get(path);
    switch (kind) {
      case "mkdir":
        if (file !== undefined) return failure("EEXIST");
        if (!this.#files.has(posix.dirname(path))) return failure("ENOENT");
        this.#files.set(path, { type: "directory", identity: identityOf(process, path) });
        return {};
      case "listen":
        if (second) {
          this.#listening.set(this.#bound.get(`${process} ${path}`) ?? "", process);
          return {};
        }
        if (file !== undefined) return failure("EADDRINUSE");
        if (!this.#files.has(posix.dirname(path))) return failure("ENOENT");
        this.#files.set(path, { type: "socket", identity: identityOf(process, path) });
        this.#bound.set(`${process} ${path}`, identityOf(process, path));
        return undefined;
      case "shut":
        return this.#shut(process, path, second);
      case "chmod":
      case "lstat":
      case "stat":
        return file === undefined ? failure("ENOENT") : { facts: facts(file) };
      case "readdir":
        return file === undefined ? failure("ENOENT") : { names: this.#namesIn(path) };
      case "connect":
        if (file === undefined) return failure("ENOENT");
        if (!this.#listening.has(file.identity)) return failure("ECONNREFUSED");
        return this.#traits.busyRefuses === true ? failure("ECONNREFUSED") : {};
      case "hold":
        if (file === undefined) return failure("ENOENT");
        this.#locks.set(file.identity, `${process} ${path}`);
        return {};
      case "settle":
        return {};
      case "probe":
        return this.#locks.has(file?.identity ?? "") ? failure("EAGAIN") : {};
      case "unlink":
        if (file === undefined) return failure("ENOENT");
        this.#remove(process, path);
        return {};
      case "rmdir":
        if (file === undefined) return failure("ENOENT");
        if (this.#namesIn(path).length > 0) return failure("ENOTEMPTY");
        this.#files.delete(path);
        return {};
      case "link":
        if (this.#traits.hardLinks === false) return failure("ENOTSUP");
        if (file === undefined) return failure("ENOENT");
        if (this.#files.has(operation.to)) return failure("EEXIST");
        this.#files.set(operation.to, file);
        return {};
      case "rename":
        return this.#rename(process, path, operation.to);
    }
  }

  #shut(process: string, path: string, second: boolean): Outcome | undefined {
    const identity = this.#bound.get(`${process} ${path}`);
    if (identity === undefined) return {};
    if (!second) {
      // By path, whatever lies there by now: this is what makes naive servers remove each other.
      if (this.#files.has(path)) this.#remove(process, path);
      return undefined;
    }
    this.#listening.delete(identity);
    this.#bound.delete(`${process} ${path}`);
    for (const [directory, lock] of this.#locks) {
      if (lock === `${process} ${posix.dirname(path)}`) this.#locks.delete(directory);
    }
    return {};
  }

  #rename(process: string, from: string, to: string): Outcome {
    const file = this.#files.get(from);
    const target = this.#files.get(to);
    if (file === undefined) return failure("ENOENT");
    if (target?.identity === file.identity) return {};
    if (target !== undefined) {
      if (target.type !== file.type)
        return failure(target.type === "socket" ? "ENOTDIR" : "EISDIR");
      if (target.type === "directory" && this.#namesIn(to).length > 0) return failure("ENOTEMPTY");
      this.#remove(process, to);
    }
    for (const [path, moved] of this.#files) {
      if (path !== from && !path.startsWith(`${from}/`)) continue;
      this.#files.delete(path);
      this.#files.set(to + path.slice(from.length), moved);
    }
    return {};
  }

  #remove(process: string, path: string): void {
    const owner = this.listenerAt(path);
    const isPublic = !path.includes("/.");
    if (isPublic && owner !== undefined && owner !== process && process !== "sweeper") {
      this.robbed.push(`${process} removed ${path} of ${owner}`);
    }
    this.#files.delete(path);
  }

  #namesIn(directory: string): string[] {
    return this.paths
      .filter((path) => path !== directory && posix.dirname(path) === directory)
      .map((path) => posix.basename(path));
  }
}

/** Fresh names are never used twice, so that the last part of a path tells files apart. */
function identityOf(process: string, path: string): string {
  return `${process}:${posix.basename(path)}`;
}

function failure(code: string): Outcome {
  return { code, cause: Object.assign(new Error(code), { code }) };
}

function facts({ type, identity }: File): FileFacts {
  const old = Number.POSITIVE_INFINITY;
  return { type, identity, uid: 1000, mode: 0o700, age: old, contentAge: old };
}
