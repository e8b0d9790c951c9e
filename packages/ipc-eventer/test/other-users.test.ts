import { chmodSync } from "node:fs";
import { getuid } from "node:process";
import { describe, expect, it } from "vitest";
import { Program } from "./program.ts";
import { TestPlace } from "./test-place.ts";

function visit(place: TestPlace, ...owner: string[]): Program {
  return new Program("visit.mjs", { args: [place.directory, ...owner] });
}

// Only root can be two users.
describe.skipIf(getuid?.() !== 0)("another user of the machine", () => {
  it("meets EACCES at a directory that is private", async () => {
    const place = new TestPlace();
    await place.serve();
    const { output } = await visit(place).ended;
    expect(output).toMatch(/^EACCES: .*this user may not use it.*`mode`/);
  });

  it("meets EACCES at a socket that is private", async () => {
    const place = new TestPlace();
    chmodSync(place.directory, 0o755);
    await place.serve();
    const { output } = await visit(place, "0").ended;
    expect(output).toMatch(/^EACCES: .*this user may not use it/);
  });

  it("connects where the server lets all users in", async () => {
    const place = new TestPlace();
    chmodSync(place.directory, 0o755);
    await place.serve({ mode: 0o666 });
    const { output } = await visit(place, "0").ended;
    expect(output).toBe("connected\n");
  });

  it("is refused as a server by a client that did not ask for it", async () => {
    const place = new TestPlace();
    chmodSync(place.directory, 0o755);
    await place.serve({ mode: 0o666 });
    const { output } = await visit(place, "1").ended;
    expect(output).toMatch(/^IPC_WRONG_OWNER: .*give `owner: 0`|^IPC_DIRECTORY_REFUSED/);
  });
});
