import { simulatedError, TransportError } from "./errors.ts";
import { FaultInjector, type Faults } from "./faults.ts";
import { MemoryPipe, type PipeReader, type Schedule } from "./memory-pipe.ts";
import {
  checkDialOptions,
  checkListenOptions,
  checkNames,
  type DialOptions,
  type ListenOptions,
  type OptionNames,
} from "./options.ts";
import { realTime, withDeadline } from "./real-time.ts";
import {
  type Acceptor,
  type Connection,
  type ConnectionHandler,
  HIGH_WATER_MARK,
  type Listener,
  secondHandler,
  type Transport,
} from "./transport.ts";

/** The options of a memory transport. */
export interface MemoryTransportOptions {
  /** Runs a task later, in order. Default: `setImmediate`. */
  schedule?: Schedule | undefined;
  /** Made by `createFaults`: what goes wrong, as the test says. Default: nothing. */
  faults?: Faults | undefined;
}

const transportOptions: OptionNames<MemoryTransportOptions> = { schedule: true, faults: true };

/**
 * A transport inside this process, for tests: no files, and every delivery is one task given to
 * `schedule`, so that a virtual clock decides when bytes arrive. Each transport is its own world.
 * Throws `IPC_TRANSPORT_OPTION` for an unknown option, and for faults that `createFaults` has not made.
 */
export function createMemoryTransport(options: MemoryTransportOptions = {}): Transport {
  checkNames("createMemoryTransport", "options", options, transportOptions);
  const schedule =
    options.schedule ?? ((task: () => void): void => void realTime.setImmediate(task));
  const injector = injectorOf(options.faults);
  const acceptors = new Map<string, Acceptor>();
  return {
    async listen(
      endpoint: string,
      acceptor: Acceptor,
      wishes: ListenOptions = {},
    ): Promise<Listener> {
      checkListenOptions(endpoint, wishes);
      if (acceptors.has(endpoint)) throw simulatedError("listen on", endpoint, "EADDRINUSE");
      acceptors.set(endpoint, acceptor);
      return new MemoryListener(endpoint, () => {
        if (acceptors.get(endpoint) === acceptor) acceptors.delete(endpoint);
      });
    },

    async dial(endpoint: string, wishes: DialOptions = {}): Promise<Connection> {
      checkDialOptions(endpoint, wishes);
      const connect = (signal: AbortSignal): Promise<Connection> =>
        new Promise((resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason), { once: true });
          schedule(() => {
            if (signal.aborted) return;
            const refusal = injector?.refusal();
            const acceptor = acceptors.get(endpoint);
            if (refusal !== undefined || acceptor === undefined) {
              reject(simulatedError("dial", endpoint, refusal ?? "ENOENT"));
              return;
            }
            const [client, server] = connectionPair(endpoint, schedule, injector);
            acceptor.handleConnection(server);
            resolve(client);
          });
        });
      return withDeadline(connect, wishes, () => simulatedError("dial", endpoint, "ETIMEDOUT"));
    },
  };
}

/** The two ends of one connection. */
function connectionPair(
  address: string,
  schedule: Schedule,
  injector: FaultInjector | undefined,
): [Connection, Connection] {
  const faults = injector?.open();
  const forth = new MemoryPipe(schedule, faults?.gates.toServer);
  const back = new MemoryPipe(schedule, faults?.gates.toClient);
  const client = new MemoryConnection(address, back, forth);
  const server = new MemoryConnection(address, forth, back);
  forth.connect(server, () => client.handleEmpty());
  back.connect(client, () => server.handleEmpty());
  faults?.bind({ toServer: forth, toClient: back }, address);
  return [client, server];
}

function injectorOf(faults: Faults | undefined): FaultInjector | undefined {
  if (faults === undefined || faults instanceof FaultInjector) return faults;
  throw new TransportError(
    "IPC_TRANSPORT_OPTION",
    "faults",
    "The option faults was not made by createFaults. Call createFaults, and use the methods of its result.",
  );
}

class MemoryListener implements Listener {
  readonly address: string;
  readonly #giveBack: () => void;

  constructor(address: string, giveBack: () => void) {
    this.address = address;
    this.#giveBack = giveBack;
  }

  async close(): Promise<void> {
    this.#giveBack();
  }

  ref(): void {}

  unref(): void {}
}

/** One end of a connection inside this process, over two pipes. */
class MemoryConnection implements Connection, PipeReader {
  readonly address: string;
  readonly #inbound: MemoryPipe;
  readonly #outbound: MemoryPipe;
  #handler: ConnectionHandler | undefined;
  #error: Error | undefined;
  #state: "fresh" | "live" | "closing" | "closed" = "fresh";
  #wantsDrain = false;

  constructor(address: string, inbound: MemoryPipe, outbound: MemoryPipe) {
    this.address = address;
    this.#inbound = inbound;
    this.#outbound = outbound;
  }

  get bufferedBytes(): number {
    return this.#outbound.bytes;
  }

  get open(): boolean {
    return this.#state === "fresh" || this.#state === "live";
  }

  attach(handler: ConnectionHandler): void {
    if (this.#handler !== undefined) throw secondHandler(this.address);
    this.#handler = handler;
    if (this.#state === "closed") realTime.nextTick(() => handler.handleClose(this.#error));
    if (this.#state !== "fresh") return;
    this.#state = "live";
    this.#inbound.flow(true);
  }

  send(chunk: Uint8Array | string): boolean {
    return this.sendAll([typeof chunk === "string" ? Buffer.from(chunk) : chunk]);
  }

  sendAll(chunks: readonly Uint8Array[]): boolean {
    if (!this.open) return false;
    for (const chunk of chunks) this.#outbound.write(chunk);
    this.#wantsDrain = this.#outbound.bytes >= HIGH_WATER_MARK;
    return !this.#wantsDrain;
  }

  pause(): void {
    if (this.#state === "live") this.#inbound.flow(false);
  }

  resume(): void {
    if (this.#state === "live") this.#inbound.flow(true);
  }

  close(): void {
    if (!this.open) return;
    this.#state = "closing";
    this.#outbound.end();
    this.#inbound.flow(true);
  }

  abort(error?: Error): void {
    if (this.#state === "closed") return;
    this.#state = "closing";
    // As a socket does: the peer learns of a reset if we leave bytes of it unread.
    this.#outbound.break(
      this.#inbound.bytes > 0 ? simulatedError("talk over", this.address, "ECONNRESET") : undefined,
    );
    this.#inbound.shut(error);
  }

  ref(): void {}

  unref(): void {}

  receive(chunk: Uint8Array): void {
    if (this.#state === "live") this.#handler?.handleChunk(chunk);
  }

  receiveEnd(error: Error | undefined): void {
    this.#state = "closed";
    this.#error = error;
    this.#outbound.end();
    this.#handler?.handleClose(error);
  }

  /** The peer has taken everything that was sent. */
  handleEmpty(): void {
    if (!this.#wantsDrain || this.#state !== "live") return;
    this.#wantsDrain = false;
    this.#handler?.handleDrain();
  }
}
