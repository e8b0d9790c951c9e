import type { PasswordKey } from "@ipc/crypto";
import type { LostEvent, SlowConsumerPolicy } from "../src/index.ts";
import type { Dice } from "./dice.ts";
import type { PartyOptions } from "./party.ts";
import { knownSecurity } from "./secure-pair.ts";
import { type Pace, SlowLink } from "./slow-link.ts";

const largest = 300_000;

const policies: readonly SlowConsumerPolicy[] = ["drop-oldest", "drop-newest"];

const paces: readonly Pace[] = ["at once", "slowly", "never", "without an answer"];

interface Numbered {
  readonly n: number;
}

/**
 * Plays one conversation of a server with a client that reads at its own pace, and checks that the
 * session ends only over a client that makes no progress, that memory stays within the bounds, and that
 * each event arrived once and in order, or is told in `lost`, or was dropped and counted.
 */
export class SlowHistory {
  readonly #link: SlowLink;
  readonly #dice: Dice;
  readonly #maxQueued: number;
  readonly #maxBurst: number;
  readonly #stallTimeout: number;
  readonly #policy: SlowConsumerPolicy;
  readonly #pace: Pace;
  #emitted = 0;

  constructor(dice: Dice, key: PasswordKey | undefined) {
    this.#dice = dice;
    this.#maxQueued = 1_000 + this.#roll(20_000);
    this.#maxBurst = this.#maxQueued * (1 + this.#roll(20));
    this.#stallTimeout = 20 + this.#roll(2_000);
    this.#policy = policies[this.#roll(5)] ?? "disconnect";
    this.#pace = paces[this.#roll(5)] ?? "slowly";
    const limits = {
      maxQueuedBytes: this.#maxQueued,
      maxBurstBytes: this.#maxBurst,
      maxUnconfirmedBytes: 3_000 + this.#roll(30_000),
      stallTimeout: this.#stallTimeout,
      heartbeatInterval: 0,
      highWaterMark: 1_000,
    };
    const security = (role: "client" | "server"): Pick<PartyOptions, "security"> =>
      key === undefined ? {} : { security: knownSecurity(role, key) };
    this.#link = new SlowLink(
      { limits, slowConsumer: this.#policy, ...security("server") },
      { limits: { heartbeatInterval: 0 }, ...security("client") },
    );
    demand(this.#link.client.phase === "open", "no session has begun");
    this.#link.pace = this.#pace;
    this.#link.step = 1 + this.#roll(3_000);
  }

  /** True if the session was ended. */
  get isEnded(): boolean {
    return this.#link.server.phase !== "open";
  }

  /** Events that were dropped. */
  get dropped(): number {
    return this.#link.server.session.stats.dropped["e"] ?? 0;
  }

  play(): void {
    for (let step = 5 + this.#roll(30); step > 0; step--) {
      if (this.#roll(3) === 0) this.#emitSome();
      this.#link.pass(this.#roll(9));
    }
    // Time enough for a verdict; the reader has a step in each period.
    for (let passed = 0; passed < this.#stallTimeout + 100; passed += 8) this.#link.pass(8);
  }

  /** Throws if anything is not as it must be. */
  check(): void {
    const { server } = this.#link;
    const reads = this.#pace === "at once" || this.#pace === "slowly";
    if (this.isEnded) {
      demand(server.end?.reason === "slow-consumer", `an end by ${server.end?.reason}`);
      demand(!reads, "a peer that reads was ended");
      demand(this.#policy === "disconnect", "a policy that drops has ended a session");
    } else if (!reads && this.#policy === "disconnect") {
      const waits = server.session.queuedBytes;
      demand(waits < this.#maxQueued + 2 * largest, `${waits} bytes wait for a peer that is stuck`);
    }
    const bound = this.#policy === "disconnect" ? this.#maxBurst : this.#maxQueued;
    // Beside the bound one message in the queue, one on its way, and what the connection holds.
    demand(this.#link.most < bound + 3 * largest, `${this.#link.most} bytes waited`);
    if (!this.isEnded && reads) this.#readAll();
    this.#checkFates();
  }

  #readAll(): void {
    this.#link.pace = "at once";
    for (let rounds = 0; this.#link.server.session.queuedBytes > 0; rounds++) {
      demand(rounds < 10_000, "what waits never leaves");
      this.#link.pass(1);
    }
    for (let rounds = 0; rounds < 5; rounds++) this.#link.pass(100);
  }

  #checkFates(): void {
    const { client, server } = this.#link;
    const heard = client.events.flatMap(([name, data]) => (name === "e" ? [numberOf(data)] : []));
    for (const [index, number] of heard.entries()) {
      demand(index === 0 || number > (heard[index - 1] ?? 0), `${number} doubled or out of order`);
    }
    const [arrived, lost] = [new Set(heard), server.end?.lost];
    for (const number of numbersOf(lost?.unsent)) {
      demand(!arrived.has(number), `${number} is told as unsent and has arrived`);
    }
    const known = new Set([...heard, ...numbersOf(lost?.unsent), ...numbersOf(lost?.unconfirmed)]);
    const { queuedBytes, unconfirmedBytes } = server.session;
    if (this.isEnded || queuedBytes + unconfirmedBytes === 0) {
      const missing = this.#emitted - known.size - this.dropped;
      demand(missing === 0, `${missing} events have no fate`);
    }
    const told = server.delivered.reduce((sum, one) => sum + droppedIn(one), 0);
    demand(told === this.dropped, `${told} drops are told of ${this.dropped}`);
  }

  #emitSome(): void {
    const { server } = this.#link;
    const many = this.#roll(4) === 0 ? this.#roll(400) : this.#roll(20);
    for (let count = 0; count < many && !this.isEnded; count++) {
      const ballast = "x".repeat(this.#roll(500) === 0 ? largest : this.#roll(300));
      server.session.emit("e", { n: this.#emitted++, ballast });
      if (server.session.ripe) server.session.writeOut(server);
    }
    server.pump();
  }

  #roll(sides: number): number {
    return this.#dice.roll(sides);
  }
}

function demand(holds: boolean, text: string): void {
  if (!holds) throw new Error(text);
}

function numberOf(data: unknown): number {
  return (data as Numbered).n;
}

function numbersOf(events: readonly LostEvent[] = []): number[] {
  return events.map(({ data }) => numberOf(data));
}

/** The number of events that a report says were dropped. */
function droppedIn(one: readonly unknown[]): number {
  if (one[0] !== "event" || one[1] !== "ipc:report") return 0;
  return (one[2] as { context: { events?: number } }).context.events ?? 0;
}
