import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { globSync } from "tinyglobby";
import ts from "typescript-6.0";

import type { Request } from "./programs/answer.ts";
import type { FunctionCount } from "./programs/inspect.ts";

/** A number and its parts, by the package from which they come. */
interface Tally {
  total: number;
  byPackage: Record<string, number>;
  /** The objects of each class, or the calls of each function. */
  names: Record<string, number>;
}

/** The figures of a built tree at work. */
export interface Running {
  /** The JavaScript files that `import "ipc-eventer"` loads. */
  loaded: { files: number; bytes: number };
  /** Objects of our own classes for one more client, in the server. */
  serverSession: Tally;
  /** The same in the client's process: the client, its socket and its session. */
  client: Tally;
  /** The functions that ran once `emit` was called, until the event was written. */
  emitting: Tally;
  /** The functions that ran once the event's chunk had come, until its listener ran. */
  hearing: Tally;
}

/** The number of objects of each class. */
type Objects = Record<string, number>;

/** The sessions over which the objects of one are averaged. */
const sessions = 20;

/** Runs a server and a client of a built tree. Rejects if the tree is not built. */
export async function measureRunning(tree: string): Promise<Running> {
  const packages = join(realpathSync(tree), "packages");
  const facade = pathToFileURL(join(packages, "ipc-eventer", "dist", "index.js")).href;
  const directory = mkdtempSync(join(tmpdir(), "measure-"));
  const programs: Program[] = [];
  const start = async (name: string): Promise<Program> => {
    const program = new Program(name, [facade, directory]);
    programs.push(program);
    await program.report();
    return program;
  };
  try {
    const loader = new Program("loaded-code.js", [facade]);
    programs.push(loader);
    const files = (await loader.report<string[]>())
      .map((url) => fileURLToPath(url))
      .filter((path) => path.startsWith(packages + sep));
    const bytes = files.reduce((sum, path) => sum + statSync(path).size, 0);

    const server = await start("server.js");
    const client = await start("client.js");
    await client.ask("connect", sessions);
    const [serverBefore, clientBefore] = await countObjects(server, client);
    await client.ask("connect", sessions);
    const [serverAfter, clientAfter] = await countObjects(server, client);
    const classes = findClasses(packages);

    await client.ask("warm up");
    await server.ask("reset");
    const emitting = await client.ask<FunctionCount[]>("emit");
    const hearing = await server.ask<FunctionCount[]>("heard");
    return {
      loaded: { files: files.length, bytes },
      serverSession: difference(serverBefore, serverAfter, classes),
      client: difference(clientBefore, clientAfter, classes),
      emitting: tallyFunctions(emitting, packages),
      hearing: tallyFunctions(hearing, packages),
    };
  } finally {
    for (const program of programs) program.end();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function countObjects(server: Program, client: Program): Promise<[Objects, Objects]> {
  return [await server.ask<Objects>("objects"), await client.ask<Objects>("objects")];
}

/** A child process that answers each request with one message. */
class Program {
  readonly #child: ChildProcess;

  constructor(name: string, args: string[]) {
    const path = fileURLToPath(new URL(`programs/${name}`, import.meta.url));
    this.#child = fork(path, args, { execArgv: ["--expose-gc"] });
  }

  /** Resolves with the next message. Rejects when the process ends before. */
  async report<T>(): Promise<T> {
    const ended = new AbortController();
    const end = once(this.#child, "exit", { signal: ended.signal }).then(([code]) => {
      throw new Error(`a measured program ended with ${code}`);
    });
    try {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- sent by our own program
      const [message] = (await Promise.race([once(this.#child, "message"), end])) as [T];
      return message;
    } finally {
      ended.abort();
      end.catch(() => undefined);
    }
  }

  async ask<T = unknown>(what: string, count = 0): Promise<T> {
    const answer = this.report<T>();
    this.#child.send({ what, count } satisfies Request);
    return answer;
  }

  end(): void {
    this.#child.kill();
  }
}

/** Maps the classes of the built packages to the package. */
function findClasses(packages: string): Map<string, string> {
  const classes = new Map<string, string>();
  for (const path of globSync("*/dist/*.js", { cwd: packages })) {
    const text = readFileSync(join(packages, path), "utf8");
    const visit = (node: ts.Node): void => {
      if (ts.isClassLike(node)) {
        // The bundler writes `var Session = class {`.
        const name = node.name ?? (ts.isVariableDeclaration(node.parent) && node.parent.name);
        if (name && ts.isIdentifier(name)) classes.set(name.text, path.slice(0, path.indexOf("/")));
      }
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true));
  }
  return classes;
}

/** Returns the objects of our classes that one of the sessions added. */
function difference(before: Objects, after: Objects, classes: ReadonlyMap<string, string>): Tally {
  return tally(
    Object.entries(after).flatMap(([name, count]) => {
      const from = classes.get(name);
      const added = Math.round((count - (before[name] ?? 0)) / sessions);
      return from === undefined || added <= 0 ? [] : { name, from, count: added, weight: added };
    }),
  );
}

function tallyFunctions(counts: readonly FunctionCount[], packages: string): Tally {
  return tally(
    counts.flatMap(({ url, name, calls }) => {
      const path = url.startsWith("file:") ? fileURLToPath(url) : "";
      if (!path.startsWith(packages + sep)) return [];
      const from = path.slice(packages.length + 1).split(sep, 1)[0] ?? "";
      return { name: name || "(unnamed)", from, count: calls, weight: 1 };
    }),
  );
}

function tally(
  parts: readonly { name: string; from: string; count: number; weight: number }[],
): Tally {
  const result: Tally = { total: 0, byPackage: {}, names: {} };
  for (const { name, from, count, weight } of parts) {
    result.total += weight;
    result.byPackage[from] = (result.byPackage[from] ?? 0) + weight;
    const key = `${from}: ${name}`;
    result.names[key] = (result.names[key] ?? 0) + count;
  }
  return result;
}
