import { posix } from "node:path";
import { TransportError } from "./errors.ts";
import { fs } from "./file-facts.ts";

/** The facts that an endpoint's address depends on besides its name; injected, so that resolving is pure. */
export interface Environment {
  /** A value of `process.platform`. */
  readonly platform: string;
  /** The effective user id; -1 on Windows. */
  readonly uid: number;
  /** The account's name; part of pipe names. */
  readonly user: string;
  /** The directory that was chosen: the `directory` option, else `IPC_EVENTER_DIR`. */
  readonly directory?: string | undefined;
  /** True if `/run/user/<uid>` is a directory of this user. */
  readonly hasRuntimeDirectory: boolean;
  /** The system's own temporary directory of the user, on macOS. */
  readonly temporaryDirectory?: string | undefined;
}

/** The address of an endpoint: a pipe, or the places of a socket in order of preference. */
export type Endpoint =
  | { readonly kind: "pipe"; readonly path: string }
  | { readonly kind: "unix"; readonly places: readonly [Place, ...Place[]] };

/** One place of a Unix socket. A server claims all; a client tries them in order. */
export interface Place {
  /** The directory of `path` and `claim`. */
  readonly directory: string;
  /** The socket, as clients see it. */
  readonly path: string;
  /** The directory whose existence with a live socket inside says that `path` is taken. */
  readonly claim: string;
  /** The source of the directory: we (private, strictly checked), an option, or an absolute path. */
  readonly origin: "default" | "chosen" | "absolute";
}

/** Characters of a random name inside a claim: 48 bits in hexadecimal. */
export const CLAIM_NAME_LENGTH = 12;

/**
 * The most bytes in a socket path: `sun_path` holds 108 on Linux and 104 on macOS and the BSDs,
 * with a closing NUL. Node.js before 24 cuts longer paths silently.
 */
function maxPathBytes(platform: string): number {
  return platform === "linux" ? 107 : 103;
}

/** The most characters in a Windows pipe name, prefix included. */
const MAX_PIPE_NAME_LENGTH = 256;

const PLAIN_NAME = /^(?!\.)[A-Za-z0-9._-]{1,64}$/u;
const LOCAL_PIPE = /^\\\\[.?]\\pipe\\./iu;
const REMOTE_PIPE = /^\\\\[^\\]*\\pipe(\\|$)/iu;

/**
 * Turn an endpoint's name into its address; the same on both sides.
 *
 * A plain name (`[A-Za-z0-9._-]`, 1 to 64 characters, no leading dot) becomes `<name>.sock`. Any
 * other, and one whose path would be too long, becomes `~<96 bits of SHA-256>.sock`; `~` is outside
 * the plain alphabet, so the two never meet. An absolute path is taken as it is.
 *
 * Throws `IPC_ENDPOINT_NAME`, `IPC_ENDPOINT_TOO_LONG`, and `IPC_DIRECTORY_REFUSED` for a chosen
 * directory that is not absolute.
 */
export function resolveEndpoint(name: string, environment: Environment): Endpoint {
  if (typeof name !== "string" || name === "") {
    throw new TransportError("IPC_ENDPOINT_NAME", "", "An endpoint needs a name: some text.");
  }
  if (name.includes("\0")) {
    throw new TransportError(
      "IPC_ENDPOINT_NAME",
      name,
      "An endpoint's name has no NUL: abstract sockets have no permissions. Choose a plain name.",
    );
  }
  if (environment.platform === "win32") return { kind: "pipe", path: pipePath(name, environment) };
  if (name.startsWith("/")) return { kind: "unix", places: [absolutePlace(name, environment)] };
  return { kind: "unix", places: placesOf(name, environment) };
}

/**
 * Refuse, with `IPC_ENDPOINT_TOO_LONG`, to listen where the sockets inside the claim would have too
 * long a path: a directory has at most 74 bytes on Linux, 70 on macOS.
 */
export function checkClaimLength(place: Place, platform: string): void {
  const limit = maxPathBytes(platform);
  const longest = posix.join(place.claim, "r".repeat(CLAIM_NAME_LENGTH + 1));
  const excess = Buffer.byteLength(longest) - limit;
  if (excess > 0)
    throw tooLong(place.directory, Buffer.byteLength(place.directory) - excess, "bytes");
}

function pipePath(name: string, environment: Environment): string {
  if (LOCAL_PIPE.test(name)) {
    if (name.length > MAX_PIPE_NAME_LENGTH) throw tooLong(name, MAX_PIPE_NAME_LENGTH, "characters");
    return name;
  }
  if (REMOTE_PIPE.test(name)) {
    throw new TransportError(
      "IPC_ENDPOINT_NAME",
      name,
      `"${name}" is not a pipe of this machine. Use a plain name, or \\\\.\\pipe\\<name>.`,
    );
  }
  const user = PLAIN_NAME.test(environment.user) ? environment.user : hashed(environment.user);
  return `\\\\.\\pipe\\ipc-eventer-${user}-${PLAIN_NAME.test(name) ? name : hashed(name)}`;
}

function absolutePlace(path: string, environment: Environment): Place {
  const file = posix.basename(path);
  if (path.endsWith("/") || file === "." || file === "..") {
    throw new TransportError("IPC_ENDPOINT_NAME", path, `"${path}" names a directory, no socket.`);
  }
  const limit = maxPathBytes(environment.platform);
  if (Buffer.byteLength(path) > limit) throw tooLong(path, limit, "bytes");
  const directory = posix.dirname(path);
  return placeAt(directory, file, path, environment, "absolute");
}

function placesOf(name: string, environment: Environment): [Place, ...Place[]] {
  const { directory, platform, uid } = environment;
  if (directory !== undefined) {
    if (!directory.startsWith("/") || directory.includes("\0")) {
      throw new TransportError(
        "IPC_DIRECTORY_REFUSED",
        directory,
        `The directory "${directory}" must be an absolute path, so that both sides mean the same.`,
      );
    }
    return [placeIn(directory, name, environment, "chosen")];
  }
  const fallback = placeIn(`/tmp/ipc-eventer-${uid}`, name, environment, "default");
  const preferred = platform === "darwin" ? environment.temporaryDirectory : runtime(environment);
  if (preferred === undefined) return [fallback];
  return [placeIn(posix.join(preferred, "ipc-eventer"), name, environment, "default"), fallback];
}

function runtime({ hasRuntimeDirectory, uid }: Environment): string | undefined {
  return hasRuntimeDirectory ? `/run/user/${uid}` : undefined;
}

function placeIn(
  directory: string,
  name: string,
  environment: Environment,
  origin: Place["origin"],
): Place {
  const limit = maxPathBytes(environment.platform);
  const fits = (file: string): boolean => Buffer.byteLength(posix.join(directory, file)) <= limit;
  let file = `${PLAIN_NAME.test(name) ? name : hashed(name)}.sock`;
  if (!fits(file)) file = `${hashed(name)}.sock`;
  if (!fits(file)) throw tooLong(posix.join(directory, file), limit, "bytes");
  const path = posix.join(directory, file);
  return placeAt(directory, file, path, environment, origin);
}

/** A place whose claim is worked out when it is asked for: only servers do. */
function placeAt(
  directory: string,
  file: string,
  path: string,
  environment: Environment,
  origin: Place["origin"],
): Place {
  return {
    directory,
    path,
    origin,
    get claim() {
      return claimPath(directory, file, environment);
    },
  };
}

/** The place of another file in the same directory. */
export function placeBeside({ directory, origin }: Place, file: string, platform: string): Place {
  const claim = claimPath(directory, file, { platform });
  return { directory, path: posix.join(directory, file), claim, origin };
}

/** Short, because sockets inside it are connected to by path: `<16 hex>.l`. */
function claimPath(
  directory: string,
  file: string,
  { platform }: Pick<Environment, "platform">,
): string {
  // macOS: two spellings of one file on a case-insensitive volume are one endpoint.
  const spelled = platform === "darwin" ? file.toLowerCase() : file;
  return posix.join(directory, `${sha256(spelled).slice(0, 16)}.l`);
}

function hashed(name: string): string {
  return `~${sha256(name).slice(0, 24)}`;
}

function sha256(text: string): string {
  // Loaded when it is needed: the addresses of most clients have no hash in them.
  const { createHash } = process.getBuiltinModule("node:crypto");
  return createHash("sha256").update(text).digest("hex");
}

function tooLong(path: string, limit: number, unit: string): TransportError {
  return new TransportError(
    "IPC_ENDPOINT_TOO_LONG",
    path,
    `"${path}" is longer than ${limit} ${unit}, the system's limit. Choose a shorter directory.`,
  );
}

/** The environment of this process; `directory` is the option, which goes before IPC_EVENTER_DIR. */
export function readEnvironment(directory: string | undefined): Environment {
  const { platform } = process;
  const uid = process.geteuid?.() ?? -1;
  // Looked at when they are asked for: a permission is needed for what matters alone.
  return {
    platform,
    uid,
    get user() {
      return platform === "win32" ? windowsUser() : "";
    },
    get directory() {
      const chosen = directory ?? process.env["IPC_EVENTER_DIR"];
      return chosen === "" ? undefined : chosen;
    },
    get hasRuntimeDirectory() {
      return platform !== "win32" && isDirectoryOf(`/run/user/${uid}`, uid);
    },
    get temporaryDirectory() {
      return platform === "darwin" ? darwinTemporaryDirectory() : undefined;
    },
  };
}

/** Tells whether a path is a directory, no symlink, of that user. */
export function isDirectoryOf(path: string, uid: number): boolean {
  const stats = fs.lstatSync(path, { throwIfNoEntry: false });
  return stats?.isDirectory() === true && stats.uid === uid;
}

/** Node.js loads what only one platform needs when it is needed, not with this package. */
function windowsUser(): string {
  return process.getBuiltinModule("node:os").userInfo().username;
}

let darwinDirectory: string | undefined;

/** Asked of the system and not of TMPDIR, which a shell, sudo or a service may set otherwise. */
function darwinTemporaryDirectory(): string | undefined {
  try {
    const { execFileSync } = process.getBuiltinModule("node:child_process");
    darwinDirectory ??= execFileSync("/usr/bin/getconf", ["DARWIN_USER_TEMP_DIR"], {
      encoding: "utf8",
      timeout: 5_000,
    }).trim();
  } catch {
    // Then the literal /tmp serves, as on Linux.
  }
  return darwinDirectory;
}
