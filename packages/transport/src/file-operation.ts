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
  /** Of `readdir`. */
  readonly names?: readonly string[] | undefined;
  /** Of `lstat` and `stat`. */
  readonly facts?: FileFacts | undefined;
}

/** The facts that `lstat` and `stat` tell about a file. */
export interface FileFacts {
  readonly type: "directory" | "other" | "socket" | "symlink";
  /** The owner. */
  readonly uid: number;
  /** Permission bits, 0 to 0o7777. */
  readonly mode: number;
  /** Device and inode: the same for two names of one file. */
  readonly identity: string;
  /** Milliseconds since the file was last changed. */
  readonly age: number;
  /** Milliseconds since what it contains was last changed, or what its owner has set for that. */
  readonly contentAge: number;
}

/** A piece of the claim: yields operations, receives outcomes, returns T. */
export type Steps<T> = Generator<Operation, T, Outcome>;
