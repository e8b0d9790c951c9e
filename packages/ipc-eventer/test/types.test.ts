import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const resolve = createRequire(import.meta.url).resolve;
const own = fileURLToPath(new URL("..", import.meta.url));
const contract = fileURLToPath(new URL("types/contract.ts", import.meta.url));

/** Every way to resolve a package that TypeScript has for Node.js. */
const ways = {
  node16: { module: "node16", moduleResolution: "node16" },
  nodenext: { module: "nodenext", moduleResolution: "nodenext" },
  bundler: { module: "esnext", moduleResolution: "bundler" },
} as const;

/** A project that has installed the package as it is built. */
let project: string;

/** The errors of a version of the compiler in a project of these files; none if all is well. */
function compile(
  version: string,
  way: keyof typeof ways,
  files: readonly string[],
  skipLibCheck = false,
): Promise<string> {
  const settings = {
    compilerOptions: {
      ...ways[way],
      target: "ES2022",
      lib: ["ES2022"],
      types: ["node"],
      strict: true,
      noEmit: true,
      skipLibCheck,
    },
    files,
  };
  const config = join(project, `${version}-${way}.json`);
  writeFileSync(config, JSON.stringify(settings));
  const tsc = join(dirname(resolve(`${version}/package.json`)), "bin", "tsc");
  return new Promise((done) => {
    execFile(process.execPath, [tsc, "-p", config], (_, output) => done(output));
  });
}

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), "types-test-"));
  mkdirSync(join(project, "node_modules"));
  symlinkSync(own, join(project, "node_modules", "ipc-eventer"));
  symlinkSync(join(own, "node_modules", "@types"), join(project, "node_modules", "@types"));
  writeFileSync(join(project, "package.json"), `{"type":"module"}`);
  cpSync(contract, join(project, "module.ts"));
  cpSync(contract, join(project, "commonjs.cts"));
  writeFileSync(
    join(project, "mistake.ts"),
    `import { IPCClient, IPCServer } from "ipc-eventer";
     interface Map { hello(text: string): void }
     new IPCServer<Map, Map>("x").emit("hello", "text");
     new IPCClient<Map, Map>("x").emit("hello", "text");`,
  );
});

afterAll(() => {
  rmSync(project, { recursive: true });
});

describe.each(["typescript-5.9", "typescript-6.0", "typescript"])(
  "the types under %s",
  (version) => {
    it("hold for ES modules and CommonJS: the right is taken and the wrong refused", async () => {
      expect(await compile(version, "nodenext", ["module.ts", "commonjs.cts"])).toBe("");
    });

    // The declarations themselves were checked with the modules above.
    it("hold for a bundler: the right is taken and the wrong refused", async () => {
      expect(await compile(version, "bundler", ["module.ts"], true)).toBe("");
    });
  },
);

describe("the types under the newest compiler", () => {
  it("hold under node16, which knows of no require() of ES modules", async () => {
    expect(await compile("typescript", "node16", ["module.ts"], true)).toBe("");
  });

  it("say what to do when a peer's event is emitted on a server or client", async () => {
    const said = await compile("typescript", "nodenext", ["mistake.ts"], true);
    const advice = /This is an event for the peer: use broadcastAll\(\) or socket\.emit\(\)\./g;
    expect(said.match(advice)).toHaveLength(2);
  });
});
