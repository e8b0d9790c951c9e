import { createBirpc, type BirpcReturn } from "birpc";
import { execaNode } from "execa";
import { fileURLToPath } from "node:url";
import type { Stage } from "./stage.ts";

/** The longest time of a routine, in milliseconds: no round comes near it. */
const patience = 60_000;

/** The program to start. */
export interface ChildOptions {
  /** The name in error messages: "the server of node-ipc". */
  label: string;
  /** A module of this app, as built. */
  module: `./processes/${string}.js`;
  values: readonly string[];
  stage: Stage;
  /** Options for Node.js itself. */
  nodeOptions?: readonly string[];
}

/** A process of the benchmark. */
export class Child<Routines extends object> {
  /** The routines of the process; a call rejects if that fails, takes too long or the process ends. */
  readonly routines: BirpcReturn<Routines, object>;
  /** Rejects when the process ends: for work that waits for another process. */
  readonly ended: Promise<never>;
  readonly #process: ReturnType<typeof spawn>;

  constructor(options: ChildOptions) {
    const { label } = options;
    const child = spawn(options);
    const ended = rejectAtEnd(label, child);
    this.#process = child;
    this.ended = ended;
    this.routines = createBirpc<Routines, object>(
      {},
      {
        post: (message: object) => child.sendMessage(message),
        on(receive) {
          child.on("message", receive);
        },
        async onRequest(request, next) {
          try {
            await Promise.race([next(), ended]);
          } catch (cause) {
            throw new Error(`${request.m} failed in ${label}`, { cause });
          }
        },
        timeout: patience,
      },
    );
  }

  /** Ends the process and waits until it is gone. */
  async end(): Promise<void> {
    this.#process.kill();
    await this.#process;
  }
}

function rejectAtEnd(label: string, child: ReturnType<typeof spawn>): Promise<never> {
  const ended = (async () => {
    const { shortMessage, stderr } = await child;
    throw new Error(`${label} ended: ${shortMessage ?? ""}\n${stderr}`);
  })();
  // It is awaited only while a routine runs.
  ended.catch(() => {});
  return ended;
}

function spawn({ module, values, stage, nodeOptions = [] }: ChildOptions) {
  return execaNode(fileURLToPath(new URL(module, import.meta.url)), values, {
    nodePath: stage.node.path,
    nodeOptions,
    env: { NODE_OPTIONS: "", XDG_RUNTIME_DIR: stage.directory },
    stdout: "ignore",
    ipc: true,
    reject: false,
    forceKillAfterDelay: 1000,
  });
}
