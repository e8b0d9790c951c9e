import { IPCServer, type IPCServerSocket } from "ipc-eventer";
import type { Offer, Progress, Report, ToClient, ToManager, Unreadable } from "./contract.ts";
import { JobBoard } from "./job-board.ts";
import { type Entry, Journal, type Settlement } from "./journal.ts";
import { judgeReport } from "./judge-report.ts";
import { Ledger } from "./ledger.ts";
import { parseOffer, parseReport, parseUnreadable } from "./parse-event.ts";
import type { Settings } from "./settings.ts";
import { walkFolder } from "./walk-folder.ts";

type Client = IPCServerSocket<ToManager, ToClient>;

/** Files a worker has in hand: enough that it never waits for the next one. */
const inHand = 4;

/** Milliseconds between two broadcasts of progress. */
const progressInterval = 100;

/** The number of workers that share the time of the settings. */
const crew = 3;

/** The manager: hands files out, checks and records what comes back, and tells all clients. */
export class JobServer {
  readonly #settings: Settings;
  readonly #server: IPCServer<ToManager, ToClient>;
  readonly #journal: Journal;
  readonly #ledger = new Ledger();
  /** The workers that signed on, with what they said of themselves. */
  readonly #workers = new Map<Client, Offer>();
  #board = new JobBoard([]);
  #ticker: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#journal = new Journal(settings.journal);
    this.#server = new IPCServer<ToManager, ToClient>(settings.name, {
      // A worker that was killed is not coming back: its files should not wait for it for long.
      recoveryWindow: 300,
      password: settings.password,
    });
    this.#listen();
  }

  /**
   * Remember what an earlier process recorded, or walk the folder, then serve. Rejects with an
   * `Error` if there is nothing to count, and as `server.start()` does. After a `stop` it does not
   * begin to serve.
   */
  async start(): Promise<void> {
    for (const entry of this.#journal.read()) this.#ledger.add(entry);
    if (this.#ledger.total === 0) {
      const paths = await walkFolder(this.#settings.folder);
      if (paths.length === 0) throw new Error(`There are no files in ${this.#settings.folder}.`);
      this.#record({ kind: "files", paths });
    }
    this.#board = new JobBoard(this.#ledger.open);
    if (this.#stopped) return;
    this.#ticker = setInterval(() => this.#broadcastProgress(), progressInterval);
    await this.#server.start();
  }

  /** Send the workers home and stop serving. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#ticker);
    for (const worker of this.#workers.keys()) {
      this.#server.disconnectClient(worker.id, "The work is done.");
    }
    await this.#server.stop();
  }

  #listen(): void {
    const server = this.#server;
    server.on("connected", (socket: Client) => this.#welcome(socket));
    server.on("disconnected", (socket: Client) => this.#signOff(socket));
    server.on("error", (error: Error, socket?: Client) => {
      // `disconnected` handles a client that is gone.
      if ("code" in error && error.code === "IPC_PEER_GONE") return;
      console.error(`manager: ${socket?.name ?? "an unaccepted connection"}: ${error.message}`);
    });
  }

  // The listeners are async so that what a client sent wrong rejects, which goes to `error`: a throw
  // would end the process.
  #welcome(socket: Client): void {
    socket.on("sign-on", async (data: unknown) => this.#signOn(parseOffer(data), socket));
    socket.on("report", async (data: unknown) => this.#take(parseReport(data), socket));
    socket.on("unreadable", async (data: unknown) => this.#giveUp(parseUnreadable(data), socket));
    socket.on("dismiss", async () => this.stop());
    if (this.#isFinished()) socket.emit("finished", this.#ledger.summary());
  }

  #signOn(offer: Offer, worker: Client): void {
    for (const path of offer.holding) {
      if (this.#isOpen(path)) this.#board.hold(worker.id, path);
    }
    this.#workers.set(worker, offer);
    this.#handOut();
  }

  #signOff(worker: Client): void {
    if (!this.#workers.delete(worker)) return;
    const files = this.#board.giveBack(worker.id).length;
    if (files === 0) return;
    this.#record({ kind: "returned", worker: worker.name, files });
    this.#handOut();
  }

  /** Fill the hands of all workers that are connected. */
  #handOut(): void {
    for (const worker of this.#workers.keys()) this.#fill(worker);
  }

  #fill(worker: Client): void {
    const rest = Math.min(200, (this.#settings.seconds * 1000 * crew) / this.#ledger.total);
    while (this.#board.holding(worker.id) < inHand) {
      const path = this.#board.take(worker.id);
      if (path === undefined) return;
      worker.emit("job", { path, rest });
    }
  }

  /** Check a report against the manager's own look at the file, and record it once. */
  async #take(report: Report, worker: Client): Promise<void> {
    const { path } = report;
    if (!this.#ledger.knows(path)) throw new Error(`${worker.name} reports ${path}: never asked.`);
    const verdict = await judgeReport(report, worker.name, this.#settings.folder);
    // Looked up only now: another report of the same file may have come meanwhile.
    if (!this.#isOpen(path)) this.#record({ kind: "repeat", path });
    else if (verdict === "changed") this.#board.putBack(path);
    else this.#settle(verdict);
    worker.emit("recorded", path);
    // Not to this worker in particular: it may have gone while its file was looked at.
    this.#handOut();
  }

  #giveUp({ path, code }: Unreadable, worker: Client): void {
    if (!this.#isOpen(path)) return;
    const why = `cannot be read (${code})`;
    if (code === "ENOENT") this.#settle({ kind: "gone", path });
    else this.#settle({ kind: "wrong", worker: worker.name, path, why });
    this.#handOut();
  }

  #settle(entry: Settlement): void {
    this.#record(entry);
    this.#board.settle(entry.path);
    if (!this.#isFinished()) return;
    this.#broadcastProgress();
    this.#server.broadcastAll("finished", this.#ledger.summary());
  }

  /** First to the disk, then into memory: what was acted upon is never forgotten. */
  #record(entry: Entry): void {
    this.#journal.append(entry);
    this.#ledger.add(entry);
  }

  #broadcastProgress(): void {
    const progress: Progress = {
      pid: process.pid,
      total: this.#ledger.total,
      done: this.#ledger.settled,
      workers: [...this.#workers].map(([{ id, name }, { pid }]) => {
        return { id, name, pid, holding: this.#board.holding(id) };
      }),
      returned: this.#ledger.returned,
    };
    this.#server.broadcastAll("progress", progress);
  }

  #isOpen(path: string): boolean {
    return this.#ledger.knows(path) && !this.#ledger.isSettled(path);
  }

  #isFinished(): boolean {
    return this.#ledger.settled === this.#ledger.total;
  }
}
