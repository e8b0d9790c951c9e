import { describe, expect, it } from "vitest";
import { Program } from "./program.ts";

type Surface = Record<
  "IPCServer" | "IPCClient" | "IPCSocket" | "IPCServerSocket" | "others",
  string[]
>;

describe("the package", () => {
  it.each(["surface.mjs", "surface.cjs"])(
    "has every member of the original ipc-eventer, by import and by require: %s",
    async (name) => {
      const program = new Program(name);
      const surface = (await program.report()) as Surface;
      expect(surface.IPCServer).toEqual(
        expect.arrayContaining([
          "start",
          "stop",
          "disconnectClient",
          "broadcastAll",
          "broadcastExcept",
          "setEncryption",
          "clearEncryption",
        ]),
      );
      expect(surface.IPCClient).toEqual(
        expect.arrayContaining(["connect", "disconnect", "setEncryption", "clearEncryption"]),
      );
      expect(surface.IPCSocket).toEqual(
        expect.arrayContaining(["emit", "on", "disconnect", "userPing"]),
      );
      expect(surface.IPCServerSocket).toContain("broadcast");
      expect(await program.ended).toEqual({ code: 0, signal: null, output: "" });
    },
  );

  it("is the same by import and by require", async () => {
    const [imported, required] = await Promise.all([
      new Program("surface.mjs").report(),
      new Program("surface.cjs").report(),
    ]);
    // `require` of a module adds nothing that `import * as` would not show.
    const withoutMarks = ({ others, ...rest }: Surface): Surface => ({
      ...rest,
      others: others.filter((name) => !["__esModule", "default", "module.exports"].includes(name)),
    });
    expect(withoutMarks(required as Surface)).toEqual(withoutMarks(imported as Surface));
  });
});
