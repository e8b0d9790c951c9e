import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InheritedDescriptors, readSocketPath } from "./inherited-descriptors.ts";

const PID = 4_242;
type Variables = Record<string, string | undefined>;

function inherit(more: Variables): InheritedDescriptors {
  return new InheritedDescriptors({ LISTEN_PID: String(PID), LISTEN_FDS: "1", ...more }, PID);
}

function withCode(code: string): Error {
  return expect.objectContaining({ code }) as Error;
}

describe("given the variables of sd_listen_fds(3)", () => {
  test("removes them, those for another process included", () => {
    for (const LISTEN_PID of [String(PID), "1"]) {
      const environment: Variables = { LISTEN_PID, LISTEN_FDS: "1", LISTEN_FDNAMES: "a", PATH: "" };
      const descriptors = new InheritedDescriptors(environment, PID);
      try {
        descriptors.take("systemd", "a");
      } catch {
        // The error is the concern of another test.
      }
      expect(environment).toEqual({ PATH: "" });
    }
  });

  test("takes the only descriptor whatever it is called", () => {
    expect(inherit({}).take("systemd", "main")).toBe(3);
    expect(inherit({ LISTEN_FDNAMES: "other" }).take("systemd", "main")).toBe(3);
  });

  test("finds one of several by its name, or by the name of its unit", () => {
    const descriptors = inherit({ LISTEN_FDS: "3", LISTEN_FDNAMES: "a:b.socket:/run/c" });
    expect(descriptors.take("systemd", "/run/c")).toBe(5);
    expect(descriptors.take("systemd", "b")).toBe(4);
    expect(descriptors.take("systemd", "a")).toBe(3);
  });

  test("reads as many as have nine digits, and keeps nothing for each", () => {
    const descriptors = inherit({ LISTEN_FDS: "999999999", LISTEN_FDNAMES: "a:b" });
    expect(descriptors.take("systemd", "b")).toBe(4);
  });

  test.each([
    ["none has it", { LISTEN_FDNAMES: "b:c" }],
    ["two have it", { LISTEN_FDNAMES: "a:a" }],
    ["it is beyond their number", { LISTEN_FDNAMES: "b:c:a" }],
    ["there are no names", {}],
  ])("guesses nothing by name when %s", (_, more) => {
    const descriptors = inherit({ LISTEN_FDS: "2", ...more });
    expect(() => descriptors.take("systemd", "a")).toThrow(withCode("IPC_DESCRIPTOR_NAME"));
  });

  test.each(["1", "04242", "", "x"])(
    "takes nothing that is for process %j, twice",
    (LISTEN_PID) => {
      const descriptors = inherit({ LISTEN_PID });
      for (let attempt = 0; attempt < 2; attempt++) {
        expect(() => descriptors.take("systemd", "a")).toThrow(withCode("IPC_LISTEN_PID"));
      }
    },
  );

  test.each([undefined, "", "0", "-1", "x", "1.5", "1000000000"])(
    "finds nothing when LISTEN_FDS is %j",
    (LISTEN_FDS) => {
      const descriptors = inherit({ LISTEN_FDS });
      expect(() => descriptors.take("systemd", "a")).toThrow(withCode("IPC_NOT_INHERITED"));
    },
  );

  test("gives no descriptor of systemd a second time, as its number may be another's by then", () => {
    const descriptors = inherit({});
    const fd = descriptors.take("systemd", "a");
    expect(() => descriptors.take("systemd", "a")).toThrow(withCode("EADDRINUSE"));
    descriptors.release(fd);
    expect(() => descriptors.take("systemd", "a")).toThrow(withCode("IPC_NOT_INHERITED"));
  });
});

describe("given a descriptor by its number", () => {
  test("lets one listener have it at a time", () => {
    const descriptors = new InheritedDescriptors({}, PID);
    expect(descriptors.take(7, "a")).toBe(7);
    expect(() => descriptors.take(7, "b")).toThrow(withCode("EADDRINUSE"));
    descriptors.release(7);
    expect(descriptors.take(7, "b")).toBe(7);
  });
});

describe("given the system's table of sockets", () => {
  let directory: string;

  beforeAll(() => {
    directory = mkdtempSync("/tmp/ipc-");
    writeFileSync(
      `${directory}/unix`,
      [
        "Num       RefCount Protocol Flags    Type St Inode Path",
        "0000000041dc1578: 00000002 00000000 00010000 0001 01 1679346 /run/a socket",
        "00000000bd2f9648: 00000003 00000000 00000000 0001 03  16793",
        "",
      ].join("\n"),
    );
  });

  afterAll(() => rmSync(directory, { recursive: true }));

  test("reads the path of a socket by its inode", async () => {
    expect(await readSocketPath(1_679_346, `${directory}/unix`)).toBe("/run/a socket");
  });

  test("knows no path of a socket without one, or that is not there", async () => {
    expect(await readSocketPath(16_793, `${directory}/unix`)).toBeUndefined();
    expect(await readSocketPath(1, `${directory}/unix`)).toBeUndefined();
  });

  test("knows none where there is no such table", async () => {
    expect(await readSocketPath(1, `${directory}/absent`)).toBeUndefined();
  });
});
