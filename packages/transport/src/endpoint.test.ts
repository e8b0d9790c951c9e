import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import process from "node:process";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  checkClaimLength,
  type Environment,
  isDirectoryOf,
  readEnvironment,
  resolveEndpoint,
} from "./endpoint.ts";

const linux: Environment = {
  platform: "linux",
  uid: 1000,
  user: "",
  hasRuntimeDirectory: true,
};
const mac: Environment = {
  ...linux,
  platform: "darwin",
  uid: 501,
  hasRuntimeDirectory: false,
  temporaryDirectory: "/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T/",
};
const windows: Environment = { ...linux, platform: "win32", uid: -1, user: "Ada" };

function pathsOf(name: string, environment: Environment): string[] {
  const endpoint = resolveEndpoint(name, environment);
  return endpoint.kind === "pipe" ? [endpoint.path] : endpoint.places.map(({ path }) => path);
}

function refusal(name: string, environment: Environment = linux): unknown {
  try {
    return resolveEndpoint(name, environment);
  } catch (error) {
    return error;
  }
}

/** An absolute path of so many bytes, some of them in two-byte characters. */
function pathOf(bytes: number): string {
  return `/${"ü".repeat(20)}${"p".repeat(bytes - 41)}`;
}

function pipeOf(length: number): string {
  return "\\\\.\\pipe\\".padEnd(length, "x");
}

function claimOf(path: string, environment: Environment): string | undefined {
  const endpoint = resolveEndpoint(path, environment);
  return endpoint.kind === "unix" ? endpoint.places[0].claim : undefined;
}

describe("given a plain name", () => {
  test("names a socket in the runtime directory on Linux, and in /tmp as the second choice", () => {
    expect(pathsOf("mail", linux)).toEqual([
      "/run/user/1000/ipc-eventer/mail.sock",
      "/tmp/ipc-eventer-1000/mail.sock",
    ]);
  });

  test("names a socket in /tmp where there is no runtime directory of ours", () => {
    expect(pathsOf("mail", { ...linux, hasRuntimeDirectory: false })).toEqual([
      "/tmp/ipc-eventer-1000/mail.sock",
    ]);
  });

  test("names a socket in the system's temporary directory of the user on macOS", () => {
    expect(pathsOf("mail", mac)).toEqual([
      "/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T/ipc-eventer/mail.sock",
      "/tmp/ipc-eventer-501/mail.sock",
    ]);
  });

  test("names a pipe of the user on Windows", () => {
    expect(pathsOf("mail", windows)).toEqual(["\\\\.\\pipe\\ipc-eventer-Ada-mail"]);
  });

  test("names a socket in the directory that was chosen, and nowhere else", () => {
    expect(pathsOf("mail", { ...linux, directory: "/srv/ipc" })).toEqual(["/srv/ipc/mail.sock"]);
    expect(pathsOf("mail", { ...mac, directory: "/srv/ipc/" })).toEqual(["/srv/ipc/mail.sock"]);
  });

  test("has the origin of the directory and the path of the claim", () => {
    const endpoint = resolveEndpoint("mail", { ...linux, hasRuntimeDirectory: false });
    expect(endpoint).toMatchObject({
      kind: "unix",
      places: [
        {
          directory: "/tmp/ipc-eventer-1000",
          claim: expect.stringMatching(/^\/tmp\/ipc-eventer-1000\/[0-9a-f]{16}\.l$/u) as string,
          origin: "default",
        },
      ],
    });
  });
});

describe("given any other name", () => {
  const hashed = /^\/run\/user\/1000\/ipc-eventer\/~[0-9a-f]{24}\.sock$/u;

  test.each(["two words", "ü", ".hidden", "a/b", "../up", "x".repeat(65), "~", "\\\\.\\pipe\\x"])(
    "hashes %j behind a mark that no plain name has",
    (name) => {
      expect(pathsOf(name, linux)[0]).toMatch(hashed);
    },
  );

  test("keeps a plain name of 64 characters and hashes one of 65", () => {
    expect(pathsOf("x".repeat(63), linux)[0]).toContain(`/${"x".repeat(63)}.sock`);
    expect(pathsOf("x".repeat(64), linux)[0]).toContain(`/${"x".repeat(64)}.sock`);
    expect(pathsOf("x".repeat(65), linux)[0]).toMatch(hashed);
  });

  test("hashes odd names and odd users on Windows too", () => {
    expect(pathsOf("C:\\a.sock", { ...windows, user: "Ada Lovelace" })[0]).toMatch(
      /^\\\\\.\\pipe\\ipc-eventer-~[0-9a-f]{24}-~[0-9a-f]{24}$/u,
    );
  });

  test("never gives two names one path, nor a path beyond the system's limit", () => {
    const directory = `/${"d".repeat(60)}`;
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 80, unit: "binary" }),
        fc.string({ minLength: 1, maxLength: 80, unit: "binary" }),
        fc.constantFrom(linux, { ...linux, directory }, { ...mac, directory }, windows),
        (one, other, environment) => {
          const names = [one, other].map((name) =>
            name.replaceAll("\0", "0").replace(/^[/\\]/u, "_"),
          );
          const [first, second] = names.map((name) => pathsOf(name, environment)[0]!);
          expect(first === second).toBe(names[0] === names[1]);
          expect(Buffer.byteLength(first!)).toBeLessThanOrEqual(107);
        },
      ),
    );
  });
});

describe("given a directory near the limit", () => {
  const limits: [string, Environment, number][] = [
    ["Linux", linux, 107],
    ["macOS", mac, 103],
  ];

  test.each(limits)("hashes a name whose path is one byte too long on %s", (_, base, limit) => {
    const name = "n".repeat(60);
    const directory = `/${"d".repeat(limit - "//.sock".length - name.length)}`;
    expect(pathsOf(name, { ...base, directory })[0]).toBe(`${directory}/${name}.sock`);
    const longer = pathsOf(name, { ...base, directory: `${directory}d` })[0];
    expect(longer).toMatch(/d\/~[0-9a-f]{24}\.sock$/u);
  });

  test.each(limits)("counts bytes, not characters, on %s", (_, base, limit) => {
    const name = "n".repeat(60);
    const directory = `/${"d".repeat(limit - "//.sock".length - name.length - 1)}`;
    expect(pathsOf(name, { ...base, directory: `${directory}d` })[0]).toContain(name);
    expect(pathsOf(name, { ...base, directory: `${directory}ü` })[0]).not.toContain(name);
  });

  test.each(limits)("refuses one in which not even a hash fits on %s", (_, base, limit) => {
    const room = limit - `/~${"h".repeat(24)}.sock`.length;
    const directory = `/${"d".repeat(room - 1)}`;
    expect(Buffer.byteLength(pathsOf("ü", { ...base, directory })[0]!)).toBe(limit);
    expect(refusal("mail", { ...base, directory: `${directory}${"d".repeat(30)}` })).toMatchObject({
      code: "IPC_ENDPOINT_TOO_LONG",
      message: expect.stringContaining("Choose a shorter directory") as string,
    });
  });
});

describe("given a server", () => {
  test.each([
    ["Linux", linux, 74],
    ["macOS", mac, 70],
  ])("has room for the claim in a directory of that many bytes on %s", (_, environment, limit) => {
    const check = (bytes: number): void => {
      const endpoint = resolveEndpoint(`/${"d".repeat(bytes - 1)}/a`, environment);
      if (endpoint.kind === "unix") checkClaimLength(endpoint.places[0], environment.platform);
    };
    check(limit - 1);
    check(limit);
    expect(() => check(limit + 1)).toThrow(`longer than ${limit} bytes`);
  });
});

describe("given an absolute path", () => {
  test("takes it as it is, with its parent", () => {
    expect(resolveEndpoint("/srv/app/a b.socket", linux)).toMatchObject({
      places: [{ path: "/srv/app/a b.socket", directory: "/srv/app", origin: "absolute" }],
    });
  });

  test.each([
    ["Linux", linux, 107],
    ["macOS", mac, 103],
  ])("refuses one beyond the limit in bytes on %s", (_, environment, limit) => {
    expect(pathsOf(pathOf(limit - 1), environment)).toEqual([pathOf(limit - 1)]);
    expect(pathsOf(pathOf(limit), environment)).toEqual([pathOf(limit)]);
    expect(refusal(pathOf(limit + 1), environment)).toMatchObject({
      code: "IPC_ENDPOINT_TOO_LONG",
    });
  });

  test.each(["/", "/srv/", "/srv/.", "/srv/.."])("refuses the directory %s", (path) => {
    expect(refusal(path)).toMatchObject({ code: "IPC_ENDPOINT_NAME" });
  });

  test("has one claim for two spellings on a case-insensitive Mac, and two on Linux", () => {
    expect(claimOf("/srv/Mail", mac)).toBe(claimOf("/srv/mail", mac));
    expect(claimOf("/srv/Mail", linux)).not.toBe(claimOf("/srv/mail", linux));
  });
});

describe("given a pipe name on Windows", () => {
  test.each(["\\\\.\\pipe\\mine", "\\\\?\\pipe\\mine", "\\\\.\\PIPE\\a\\b"])(
    "takes %s as it is",
    (name) => {
      expect(pathsOf(name, windows)).toEqual([name]);
    },
  );

  test.each(["\\\\server\\pipe\\mine", "\\\\10.0.0.1\\PIPE\\mine", "\\\\.\\pipe\\"])(
    "refuses %s",
    (name) => {
      expect(refusal(name, windows)).toMatchObject({ code: "IPC_ENDPOINT_NAME" });
    },
  );

  test("refuses one beyond 256 characters", () => {
    expect(pathsOf(pipeOf(255), windows)).toEqual([pipeOf(255)]);
    expect(pathsOf(pipeOf(256), windows)).toEqual([pipeOf(256)]);
    expect(refusal(pipeOf(257), windows)).toMatchObject({ code: "IPC_ENDPOINT_TOO_LONG" });
  });
});

describe("given what is no name", () => {
  test.each(["", "\0abstract", "in\0side", "/srv/a\0b"])("refuses %j", (name) => {
    for (const environment of [linux, mac, windows]) {
      expect(refusal(name, environment)).toMatchObject({ code: "IPC_ENDPOINT_NAME" });
    }
  });

  test("refuses a value that is no text", () => {
    expect(refusal(undefined as never)).toMatchObject({ code: "IPC_ENDPOINT_NAME" });
  });

  test.each(["relative", "./here", "/nul\0"])("refuses the chosen directory %j", (directory) => {
    expect(refusal("mail", { ...linux, directory })).toMatchObject({
      code: "IPC_DIRECTORY_REFUSED",
    });
  });
});

describe("given this process", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test("takes the directory of the option, then of IPC_EVENTER_DIR, then none", () => {
    vi.stubEnv("IPC_EVENTER_DIR", "/from/env");
    expect(readEnvironment("/from/option").directory).toBe("/from/option");
    expect(readEnvironment(undefined).directory).toBe("/from/env");
    vi.stubEnv("IPC_EVENTER_DIR", "");
    expect(readEnvironment(undefined).directory).toBeUndefined();
  });

  test("knows its platform and effective user, and no shell's temporary directory", () => {
    vi.stubEnv("TMPDIR", "/elsewhere");
    vi.stubEnv("XDG_RUNTIME_DIR", "/elsewhere");
    const environment = readEnvironment(undefined);
    expect(environment.platform).toBe(process.platform);
    expect(environment.uid).toBe(process.geteuid?.() ?? -1);
    expect(JSON.stringify(environment)).not.toContain("/elsewhere");
  });
});

describe("given a path", () => {
  test("counts as a runtime directory only if it is a directory of that user, no symlink", () => {
    const directory = mkdtempSync("/tmp/ipc-");
    const uid = process.geteuid?.() ?? -1;
    symlinkSync(directory, `${directory}/link`);
    expect(isDirectoryOf(directory, uid)).toBe(true);
    expect(isDirectoryOf(directory, uid + 1)).toBe(false);
    expect(isDirectoryOf(`${directory}/link`, uid)).toBe(false);
    expect(isDirectoryOf(`${directory}/none`, uid)).toBe(false);
    rmSync(directory, { recursive: true });
  });
});
