import type { Stats } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { posix } from "node:path";
import { isError, systemCode, TransportError } from "./errors.ts";
import { fs } from "./file-facts.ts";

/** The file in a directory of sockets with the secret of all servers there. It stays when they stop. */
export const secretFile = ".ipc-eventer-ids";

const secretBytes = 32;

/** Group and others. */
const othersBits = 0o077;

/**
 * The 32 secret bytes of a directory, made if they are missing: the same for all servers there, at all
 * times. Rejects with `IPC_SECRET_REFUSED` if the file cannot be read or made, is not a file of this
 * user alone, or has another size; it is never replaced.
 */
export async function directorySecret(directory: string, uid: number): Promise<Buffer> {
  const path = posix.join(directory, secretFile);
  try {
    return await readSecret(path, uid);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw refused(path, error);
  }
  try {
    await makeSecret(path);
    return await readSecret(path, uid);
  } catch (error) {
    throw refused(path, error);
  }
}

async function readSecret(path: string, uid: number): Promise<Buffer> {
  // Not blocking: a FIFO in this place would keep the server waiting.
  const flags = fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK;
  const file = await fs.promises.open(path, flags);
  try {
    checkFacts(await file.stat(), uid);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(secretBytes + 1), 0);
    if (bytesRead !== secretBytes) throw new Error(`it does not have ${secretBytes} bytes.`);
    return buffer.subarray(0, secretBytes);
  } finally {
    await file.close();
  }
}

function checkFacts(facts: Stats, uid: number): void {
  if (!facts.isFile()) throw new Error("it is not a file.");
  if (facts.uid !== uid) throw new Error(`it belongs to the user ${facts.uid}, not to ${uid}.`);
  if ((facts.mode & othersBits) === 0) return;
  throw new Error(`its mode is ${(facts.mode & 0o777).toString(8)}, so others could read it.`);
}

/** Make the file as a whole or not at all; another server that was faster has made it. */
async function makeSecret(path: string): Promise<void> {
  const { randomBytes } = process.getBuiltinModule("node:crypto");
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  const flags =
    fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_EXCL | fs.constants.O_NOFOLLOW;
  const file = await fs.promises.open(draft, flags, 0o600);
  try {
    await fill(file);
    await fs.promises.link(draft, path);
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
  } finally {
    await fs.promises.unlink(draft);
  }
}

async function fill(file: FileHandle): Promise<void> {
  try {
    // Whatever the umask has left of the mode.
    await file.chmod(0o600);
    await file.write(process.getBuiltinModule("node:crypto").randomBytes(secretBytes));
    // A file that is there after a power failure is there as a whole.
    await file.sync();
  } finally {
    await file.close();
  }
}

function refused(path: string, cause: unknown): TransportError {
  const why = isError(cause) ? cause.message : String(cause);
  return new TransportError(
    "IPC_SECRET_REFUSED",
    path,
    `Cannot use ${path}, the secret behind the ids of clients: ${why} Remove it, or make it a file of the server's user with mode 600. Until then clients get other ids after a restart.`,
    cause,
  );
}
