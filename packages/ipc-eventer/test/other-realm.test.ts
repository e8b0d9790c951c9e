import { describe, expect, it } from "vitest";
import { Program } from "./program.ts";
import { TestPlace } from "./test-place.ts";

describe("the package in a realm of its own, as test runners load it", () => {
  it.each([
    ["json", "", "node"],
    ["advanced", "secret", "none"],
  ])(
    "starts, connects, keeps codes, bytes and signals: %s, password %j, globals of %s",
    async (serialization, password, globals) => {
      const { directory } = new TestPlace();
      const program = new Program("other-realm.mjs", {
        args: [directory, serialization, password, globals],
        execArgv: ["--experimental-vm-modules", "--no-warnings"],
      });
      const seen = await program.report();
      expect(seen).toMatchObject({
        noServer: "ENOENT",
        inUse: "EADDRINUSE",
        failedInner: "IPC_MIDDLEWARE_FAILED",
        failedOuter: "IPC_MIDDLEWARE_FAILED",
        refused: ["IPC_REFUSED_BY_SERVER", expect.stringContaining("not this one")],
        outerBytes: "Uint8Array 1,2",
        innerBytes: "Uint8Array 3,4",
        outerBuffer: "Uint8Array 5",
        outerFloats: "Float64Array 0.5",
        innerFloats: "Float64Array 1.5",
        innerMemory: "[object ArrayBuffer]",
        outerMemory: "[object ArrayBuffer]",
        objects: [{ outer: [1, null] }, { inner: ["a", {}] }],
        innerError: ["RangeError", "inner", "E_INNER", "deep"],
        outerError: ["RangeError", "outer", "E_OUTER", "deep"],
        outerSignal: "IPC_CALL_CANCELLED",
        innerSignal: "IPC_CALL_CANCELLED",
        outerReason: "enough",
        innerReason: "enough",
        outerHeard: 0,
        innerHeard: 0,
        stream: 10,
        badOption: "IPC_INVALID_OPTION",
        end: "kicked",
        ...(serialization === "advanced" && {
          outerMap: [[1, "1970-01-01T00:00:00.000Z"]],
          outerAsData: ["TypeError", "outer"],
          exceptionAsData: ["DataError", "outer"],
        }),
      });
      expect(await program.ended).toEqual({ code: 0, signal: null, output: "" });
    },
  );
});
