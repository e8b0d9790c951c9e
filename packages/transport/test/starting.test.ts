import { mkdtempSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { TransportError } from "../src/errors.ts";
import { createNodeTransport } from "../src/node-transport.ts";
import { run, StarterProcess } from "./child.ts";
import { record } from "./recorder.ts";

/** IPC_TEST_LONG asks for the long form. */
const isLong = process.env["IPC_TEST_LONG"] !== undefined;
const starterCount = isLong ? 24 : 8;
const rounds = isLong ? 50 : 10;

let directory: string;
let starters: StarterProcess[];

beforeEach(() => {
  directory = mkdtempSync("/tmp/ipc-");
  starters = [];
});

afterEach(async () => {
  await Promise.all(starters.map((starter) => starter.kill()));
  rmSync(directory, { recursive: true });
});

async function startAnother(): Promise<StarterProcess> {
  const starter = await StarterProcess.start(directory);
  starters.push(starter);
  return starter;
}

describe("given processes that start at once over the socket of a killed owner", () => {
  test(
    `has exactly one of ${starterCount} that listens, ${rounds} times`,
    { timeout: 240_000 },
    async () => {
      await Promise.all(Array.from({ length: starterCount }, startAnother));
      for (let round = 0; round < rounds; round++) {
        const reports = await Promise.all(starters.map((starter) => starter.listen()));
        const winner = reports.findIndex(({ listening }) => listening === true);
        const losers = reports.filter((_, index) => index !== winner).map(({ code }) => code);
        expect(winner).toBeGreaterThanOrEqual(0);
        expect(losers).toEqual(Array<string>(starterCount - 1).fill("EADDRINUSE"));
        await starters.splice(winner, 1)[0]!.kill();
        await startAnother();
      }
    },
  );
});

describe("given a killed owner", () => {
  test("lets the next one start over its socket, reachable and without leftovers", async () => {
    const first = await startAnother();
    expect(await first.listen()).toEqual({ listening: true });
    await first.kill();
    expect(readdirSync(directory)).toContain("story.sock");
    const transport = createNodeTransport();
    await expect(transport.dial("story", { directory })).rejects.toMatchObject({
      code: "ECONNREFUSED",
      message: expect.stringContaining("no server listens on it") as string,
    });
    const second = await startAnother();
    expect(await second.listen()).toEqual({ listening: true });
    const connection = await transport.dial("story", { directory });
    const heard = record(connection);
    connection.send("are you there?");
    await heard.until(() => heard.byteCount === 14);
    connection.close();
    await heard.untilClosed();
    expect(readdirSync(directory)).toHaveLength(2);
  });

  test("leaves nothing for long under a name that is not started again", async () => {
    const transport = createNodeTransport();
    const acceptor = { handleConnection() {}, handleError() {} };
    const first = await startAnother();
    await first.listen();
    await first.kill();
    await (await transport.listen("other", acceptor, { directory })).close();
    expect(readdirSync(directory)).toHaveLength(2);
    const hourAgo = new Date(Date.now() - 3_600_000);
    utimesSync(`${directory}/story.sock`, hourAgo, hourAgo);
    await (await transport.listen("other", acceptor, { directory })).close();
    expect(readdirSync(directory)).toEqual([]);
  });

  test("tells its clients once that it is gone", async () => {
    const owner = await startAnother();
    await owner.listen();
    const connection = await createNodeTransport().dial("story", { directory });
    const heard = record(connection);
    for (let sent = 0; sent < 20; sent++) connection.send(Buffer.alloc(65_536));
    await owner.kill();
    await heard.untilClosed();
    expect(heard.closes).toBe(1);
    const code = heard.error instanceof TransportError ? heard.error.code : "end";
    expect(["EPIPE", "ECONNRESET", "end"]).toContain(code);
  });
});

describe("given two workers of node:cluster", () => {
  test("has exactly one that listens", async () => {
    expect(await run("cluster", [directory])).toBe("EADDRINUSE listening");
  });
});
