import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

/** The body that a package manager uploads with PUT, as far as a registry reads it. */
interface Upload {
  name: string;
  versions: Record<string, { dist: { tarball: string } }>;
  _attachments: Record<string, { data: string }>;
}

/** A published package: its description, and the URL of its one tarball. */
interface Publication {
  packument: string;
  tarballPath: string;
  tarball: Buffer;
}

/**
 * An npm registry in memory, on loopback: it keeps what `pnpm publish` uploads and serves it to
 * `npm install`. It knows nothing else, so an installation that needs more than this fails.
 */
export class Registry {
  readonly #server: Server = createServer((request, response) => {
    this.#answer(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  readonly #publications = new Map<string, Publication>();

  /** Serve, on a port that the system chooses. */
  static async start(): Promise<Registry> {
    const registry = new Registry();
    registry.#server.listen(0, "127.0.0.1");
    await once(registry.#server, "listening");
    return registry;
  }

  /** The URL at which it is served, with the slash at the end that npm wants. */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/`;
  }

  /** The tarball of every package, by name, byte for byte as it was published. */
  get tarballs(): Map<string, Buffer> {
    return new Map([...this.#publications].map(([name, { tarball }]) => [name, tarball]));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === "PUT") {
      this.#publish((await json(request)) as Upload);
      response.writeHead(201).end("{}");
      return;
    }
    const path = this.#pathOf(request.url ?? "/");
    const packument = this.#publications.get(path.slice(1))?.packument;
    const tarball = [...this.#publications.values()].find((p) => p.tarballPath === path)?.tarball;
    response.writeHead(packument || tarball ? 200 : 404).end(packument ?? tarball);
  }

  #publish({ _attachments: attachments, ...packument }: Upload): void {
    const [version] = Object.values(packument.versions);
    const [attachment] = Object.values(attachments);
    if (!version || !attachment) throw new Error(`${packument.name} came without its tarball`);
    this.#publications.set(packument.name, {
      packument: JSON.stringify(packument),
      tarballPath: this.#pathOf(version.dist.tarball),
      tarball: Buffer.from(attachment.data, "base64"),
    });
  }

  /** `/@ipc%2fframing`, `/@ipc/framing` and a whole address all give `/@ipc/framing`. */
  #pathOf(address: string): string {
    return decodeURIComponent(new URL(address, this.url).pathname);
  }
}
