import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
} from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { childFile } from "./child.ts";

/** Users that no system has, of this process alone: their directories in /run/user and /tmp are the test's. */
const ADA = 1_000_000 + 2 * (process.pid % 1_000_000);
const MALLORY = ADA + 1;

/** A process of a user, which does what it is told. */
class User {
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  static async start(uid: number, renewInterval = 60_000): Promise<User> {
    const child = fork(childFile("user"), [uid, renewInterval].map(String), {
      execArgv: [],
      env: {},
    });
    await once(child, "message");
    return new User(child);
  }

  /** Do it as this user: what came of it, or the error, as text. The last of `words` may be options. */
  async do(order: string, ...words: (number | string | object)[]): Promise<string> {
    const options = words.find((word) => typeof word === "object") ?? {};
    const answer = once(this.#process, "message") as Promise<[string]>;
    this.#process.send({ order, words: words.filter((word) => word !== options), options });
    const [text] = await answer;
    return text;
  }

  async end(): Promise<void> {
    const exit = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await exit;
  }
}

let root: string;
let ada: User;
let mallory: User;

const untrusted = /^IPC_DIRECTORY_REFUSED by others: /u;

/** A directory under the test's, with such an owner and such permissions. */
function directory(name: string, uid: number, mode: number): string {
  const path = `${root}/${name}`;
  mkdirSync(path);
  chmodSync(path, mode);
  chownSync(path, uid, uid);
  return path;
}

function login(uid: number): void {
  mkdirSync("/run/user", { recursive: true, mode: 0o755 });
  mkdirSync(`/run/user/${uid}`, { mode: 0o700 });
  chownSync(`/run/user/${uid}`, uid, uid);
}

// Only root can be two users.
describe.skipIf(process.geteuid?.() !== 0)("given another user of the machine (needs root)", () => {
  beforeAll(async () => {
    [ada, mallory] = await Promise.all([User.start(ADA, 50), User.start(MALLORY)]);
  });

  afterAll(() => Promise.all([ada.end(), mallory.end()]));

  beforeEach(() => {
    root = mkdtempSync("/tmp/ipc-");
    chmodSync(root, 0o755);
  });

  afterEach(() => {
    rmSync(root, { recursive: true });
    for (const uid of [ADA, MALLORY]) {
      rmSync(`/run/user/${uid}`, { recursive: true, force: true });
      rmSync(`/tmp/ipc-eventer-${uid}`, { recursive: true, force: true });
    }
  });

  test("keeps it out of a private directory", async () => {
    const own = directory("own", ADA, 0o700);
    await ada.do("listen", `${own}/a`);
    expect(await mallory.do("dial", `${own}/a`, { owner: ADA })).toMatch(/^EACCES: /u);
    expect(await mallory.do("unlink", `${own}/a`)).toMatch(/^EACCES: /u);
    await ada.do("close", `${own}/a`);
  });

  test("lets it take a name first in a sticky directory, but neither a socket nor a client", async () => {
    const sticky = directory("sticky", 0, 0o1777);
    await ada.do("listen", `${sticky}/a`);
    expect(await mallory.do("unlink", `${sticky}/a`)).toMatch(/^EPERM: /u);
    expect(await mallory.do("rename", `${sticky}/a`, `${sticky}/b`)).toMatch(/^EPERM: /u);
    expect(await ada.do("dial", `${sticky}/a`)).toBe(`reached ${ADA}`);
    await ada.do("close", `${sticky}/a`);
    await mallory.do("listen", `${sticky}/a`, { mode: 0o666 });
    expect(await ada.do("dial", `${sticky}/a`)).toMatch(/^IPC_WRONG_OWNER by others: /u);
    expect(await ada.do("listen", `${sticky}/a`)).toMatch(/^(IPC_NOT_A_SOCKET|EACCES|EPERM)/u);
    expect(await ada.do("dial", `${sticky}/a`, { owner: MALLORY })).toBe(`reached ${MALLORY}`);
    await mallory.do("close", `${sticky}/a`);
  });

  test("lets it be in the way with a file in a sticky directory, which is not final", async () => {
    const sticky = directory("sticky", 0, 0o1777);
    await mallory.do("write", `${sticky}/a`);
    expect(await ada.do("dial", `${sticky}/a`)).toMatch(/^IPC_NOT_A_SOCKET by others: /u);
    expect(await ada.do("listen", `${sticky}/a`)).toMatch(/^IPC_NOT_A_SOCKET by others: /u);
  });

  test("refuses a directory that its group may write, whatever users are in it", async () => {
    const shared = directory("shared", ADA, 0o770);
    expect(await ada.do("listen", `${shared}/a`)).toMatch(/^IPC_DIRECTORY_REFUSED: .*go-w/u);
    expect(await ada.do("dial", `${shared}/a`)).toMatch(/^IPC_DIRECTORY_REFUSED: .*go-w/u);
  });

  test("refuses its directory, unless the client accepts its sockets", async () => {
    const other = directory("other", MALLORY, 0o755);
    await mallory.do("listen", `${other}/a`, { mode: 0o666 });
    expect(await ada.do("listen", `${other}/b`)).toMatch(untrusted);
    expect(await ada.do("dial", `${other}/a`)).toMatch(untrusted);
    expect(await ada.do("dial", `${other}/a`, { owner: MALLORY })).toBe(`reached ${MALLORY}`);
    await mallory.do("close", `${other}/a`);
  });

  test("follows a symlink of its own or root's, and refuses one of another user's", async () => {
    const own = directory("own", ADA, 0o755);
    const links = directory("links", 0, 0o1777);
    await ada.do("mkdir", `${own}/deep`);
    await ada.do("listen", `${own}/deep/a`);
    for (const [user, name] of [
      [ada, "ada"],
      [mallory, "mallory"],
    ] as const) {
      await user.do("symlink", own, `${links}/${name}`);
    }
    expect(await ada.do("dial", `${links}/ada/deep/a`)).toBe(`reached ${ADA}`);
    const refused = new RegExp(`${untrusted.source}.*symlink ${links}/mallory `, "u");
    for (const order of ["dial", "listen"]) {
      expect(await ada.do(order, `${links}/mallory/deep/a`)).toMatch(refused);
      expect(await ada.do(order, "a", { directory: `${links}/mallory/deep` })).toMatch(refused);
    }
    await ada.do("close", `${own}/deep/a`);
  });

  test("does without a fallback that another user has made, on both sides", async () => {
    login(ADA);
    await mallory.do("mkdir", `/tmp/ipc-eventer-${ADA}`);
    expect(await ada.do("dial", "two-users")).toMatch(/^ENOENT: /u);
    expect(await ada.do("listen", "two-users")).toBe(`/run/user/${ADA}/ipc-eventer/two-users.sock`);
    expect(await ada.do("dial", "two-users")).toBe(`reached ${ADA}`);
    await ada.do("close", "two-users");
    rmSync(`/run/user/${ADA}`, { recursive: true });
    for (const order of ["dial", "listen"]) {
      expect(await ada.do(order, "two-users")).toMatch(untrusted);
    }
  });

  test("keeps a server in reach when its session ends, and one server when it comes back", async () => {
    login(ADA);
    await ada.do("listen", "two-users");
    const second = await User.start(ADA);
    for (const change of [
      () => rmSync(`/run/user/${ADA}`, { recursive: true }),
      () => login(ADA),
    ]) {
      change();
      expect(await second.do("dial", "two-users")).toBe(`reached ${ADA}`);
      expect(await second.do("listen", "two-users")).toMatch(/^EADDRINUSE: /u);
    }
    while (!existsSync(`/run/user/${ADA}/ipc-eventer/two-users.sock`)) await ada.do("address");
    expect(await ada.do("told")).toBe("");
    await ada.do("close", "two-users");
    await second.end();
  });

  test("starts under a umask that takes the owner's own bits, and mends what one has left", async () => {
    await ada.do("umask", "177");
    await ada.do("listen", "two-users");
    const fallback = `/tmp/ipc-eventer-${ADA}`;
    expect(lstatSync(fallback).mode & 0o777).toBe(0o700);
    await ada.do("close", "two-users");
    await ada.do("umask", "022");
    chmodSync(fallback, 0o600);
    await ada.do("listen", "two-users");
    expect(await ada.do("dial", "two-users")).toBe(`reached ${ADA}`);
    await ada.do("close", "two-users");
    await ada.do("mkdir", `${fallback}/mine`);
    await ada.do("chmod", `${fallback}/mine`, "600");
    const mine = { directory: `${fallback}/mine` };
    expect(await ada.do("listen", "chosen", mine)).toBe(`${fallback}/mine/chosen.sock`);
    await ada.do("close", "chosen");
  });

  test("tells a process that has become another user what it cannot do any longer", async () => {
    const daemon = await User.start(0, 20);
    const own = directory("own", 0, 0o755);
    await daemon.do("listen", `${own}/a`, { mode: 0o666 });
    await daemon.do("become", ADA);
    let told = "";
    while (told === "") told = await daemon.do("told");
    expect(told).toMatch(/^EACCES: Cannot look after .* user 0 .* now/u);
    expect(await ada.do("dial", `${own}/a`)).toBe(`reached ${ADA}`);
    await daemon.do("close", `${own}/a`);
    expect(await daemon.do("told")).toMatch(/^EACCES: Cannot remove [^|]*$/u);
    expect(await ada.do("dial", `${own}/a`)).toMatch(/^ECONNREFUSED: /u);
    // The next start takes the place of what is left.
    const next = await User.start(0);
    expect(await next.do("listen", `${own}/a`)).toBe(`${own}/a`);
    await next.do("close", `${own}/a`);
    await Promise.all([daemon.end(), next.end()]);
  });
});
