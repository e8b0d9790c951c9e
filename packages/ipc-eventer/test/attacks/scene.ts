import { mkdtemp, mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  IPCClient,
  type IPCClientOptions,
  IPCServer,
  type IPCServerOptions,
} from "../../src/index.ts";
import type { Password } from "../../src/encryption.ts";
import { codeOf } from "../../src/errors.ts";
import { Proxy, type ProxyOptions } from "./proxy.ts";

/** The name of every endpoint here, and with it the realm. */
const endpoint = "vault";

/** Options in which a password that is `undefined` stands for none, instead of the scene's own. */
export type Wishes<Options> = Omit<Options, "password"> & {
  readonly password?: Password | undefined;
};

/** The outcome of one connection. */
export interface Outcome {
  /** The code of the error that the client learned of. */
  readonly code: string | undefined;
  /** The code of the error beneath it. */
  readonly cause: string | undefined;
  /** The events that the client heard of the server. */
  readonly heard: readonly unknown[];
}

/** A server with a password in a folder of its own, and the peers that come to it. */
export class Scene {
  readonly directory: string;
  /** Codes of the errors that the server was told of. */
  readonly errors: (string | undefined)[] = [];
  /** The events that the server heard of its clients, with their data. */
  readonly heard: (readonly [string, unknown])[] = [];
  server: IPCServer;
  readonly #options: Wishes<IPCServerOptions>;
  readonly #open: { close(): Promise<unknown> }[] = [];
  #count = 0;

  private constructor(directory: string, options: Wishes<IPCServerOptions>) {
    this.directory = directory;
    this.#options = options;
    this.server = this.#newServer();
  }

  static async set(options: Wishes<IPCServerOptions> = {}): Promise<Scene> {
    const directory = await mkdtemp(join(tmpdir(), "ipc-attack-"));
    const scene = new Scene(directory, {
      password: "open sesame",
      handshakeTimeout: 1_500,
      ...options,
    });
    await scene.server.start();
    return scene;
  }

  get address(): string {
    return this.server.address ?? "";
  }

  /** A server of the same name and password, whose limits are not used up yet. */
  async renew(): Promise<void> {
    await this.server.stop();
    this.server = this.#newServer();
    await this.server.start();
  }

  /** The same server stops and starts again. */
  async renewSameServer(): Promise<void> {
    await this.server.stop();
    await this.server.start();
  }

  async end(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((one) => one.close()));
    await this.server.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** A socket path in a folder of its own whose realm is that of the server. */
  async newPath(): Promise<string> {
    const folder = join(this.directory, String(this.#count++));
    await mkdir(folder, { mode: 0o700 });
    return join(folder, `${endpoint}.sock`);
  }

  /** A proxy in front of the server. */
  async intercept(
    options: ProxyOptions = {},
    target = this.address,
  ): Promise<[Proxy, path: string]> {
    const path = await this.newPath();
    const proxy = await Proxy.open(path, target, options);
    this.#open.push(proxy);
    return [proxy, path];
  }

  client(path: string = endpoint, options: Wishes<IPCClientOptions> = {}): IPCClient {
    const wishes = {
      directory: this.directory,
      name: "honest client",
      password: "open sesame",
      handshakeTimeout: 1_500,
      heartbeatInterval: 200,
      heartbeatTimeout: 800,
      ...options,
    };
    const client = new IPCClient(path, withoutNone(wishes));
    this.#open.push({ close: () => client.disconnect() });
    return client;
  }

  /** Connect over a proxy, emit three orders, hear three answers, and leave. */
  async talk(
    options: ProxyOptions = {},
    wishes: Wishes<IPCClientOptions> = {},
    target?: string,
  ): Promise<Outcome> {
    const [proxy, path] = await this.intercept(options, target);
    const outcome = await this.talkAt(path, wishes);
    await proxy.close();
    return outcome;
  }

  async talkAt(path: string = endpoint, wishes: Wishes<IPCClientOptions> = {}): Promise<Outcome> {
    const client = this.client(path, wishes);
    const heard: unknown[] = [];
    try {
      const socket = await client.connect();
      const error = await new Promise<unknown>((resolve) => {
        // A record whose length was raised lasts until the pongs of minutes have filled it.
        setTimeout(() => resolve(new StalledError()), patience).unref();
        client.on("disconnect", (end: { error?: Error }) => resolve(end.error ?? "ended"));
        client.on("answer", (data: unknown) => {
          heard.push(data);
          if (heard.length === 3) resolve(undefined);
          else if (heard.length === 1) socket.emit("order", 2);
        });
        // Two orders in two ticks, and so in two records; the third when the first was answered.
        socket.emit("order", 0);
        setImmediate(() => socket.emit("order", 1));
      });
      return { ...codesOf(error), heard };
    } catch (error) {
      return { ...codesOf(error), heard };
    } finally {
      await client.disconnect();
    }
  }

  #newServer(): IPCServer {
    const wishes = { ...this.#options, directory: this.directory };
    const server = new IPCServer(endpoint, withoutNone(wishes));
    server.on("error", (error: Error & { context?: { count?: number } }) => {
      // One error may stand for several of the same second.
      for (let left = error.context?.count ?? 1; left > 0; left--) this.errors.push(codeOf(error));
    });
    server.on("order", (data: unknown, socket: { emit(event: string, data: unknown): boolean }) => {
      this.heard.push(["order", data]);
      socket.emit("answer", data);
    });
    return server;
  }
}

/** The options that such wishes are. */
function withoutNone<Options extends { readonly password?: Password | undefined }>({
  password,
  ...others
}: Options): Omit<Options, "password"> & { readonly password?: Password } {
  return password === undefined ? others : { ...others, password };
}

/** Milliseconds after which a conversation is left. */
const patience = 2_500;

class StalledError extends Error {
  readonly code = "STALLED";
}

function codesOf(error: unknown): Pick<Outcome, "code" | "cause"> {
  return { code: codeOf(error), cause: error instanceof Error ? codeOf(error.cause) : undefined };
}
