import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import process from "node:process";
import { afterEach, describe, expect, test, vi } from "vitest";
import { isDirectoryOf, readEnvironment } from "./read-environment.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("given this process", () => {
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
