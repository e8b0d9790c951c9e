import { posix } from "node:path";
import { claimPlaces, type Places, releaseClaims, renewPlaces } from "./claim-places.ts";
import { type Claim, noteServed, type Starter } from "./claim.ts";
import { directorySecret } from "./directory-secret.ts";
import { checkClaimLength, CLAIM_NAME_LENGTH, type Place } from "./endpoint.ts";
import { systemError, TransportError } from "./errors.ts";
import { readFacts } from "./file-facts.ts";
import { startServer } from "./net-server.ts";
import { NodeSystem } from "./operations.ts";
import type { ListenOptions } from "./options.ts";
import { realTime } from "./real-time.ts";
import { sweepOrphans, sweepRemains } from "./sweep.ts";
import type { Acceptor, Listener } from "./transport.ts";

// Loaded when a server starts: it costs a client some 10 ms on Node.js 24.
const crypto = (): typeof import("node:crypto") => process.getBuiltinModule("node:crypto");

/** Options of a listener on a Unix socket, with the facts of its process. */
interface SocketListenerOptions extends ListenOptions {
  readonly platform: string;
  readonly uid: number;
  /** Milliseconds between two looks at the own places. */
  readonly renewInterval: number;
  /** The effective user id at this moment. */
  readonly currentUid: () => number;
}

/**
 * A name that is claimed at every place where it can lie, and published anew when a directory is
 * swept under it or comes back.
 */
export class SocketListener implements Listener {
  readonly #locate: () => Places;
  readonly #system: NodeSystem;
  readonly #starter: Starter;
  readonly #acceptor: Acceptor;
  readonly #currentUid: () => number;
  readonly #timer: NodeJS.Timeout;
  readonly #firstAddress: string;
  readonly #secretPlace: Place;
  /** Messages of the problems of the last check: each is reported once, not at every check. */
  #told: ReadonlySet<string> = new Set();
  #claims: readonly Claim[];
  #lost = false;
  #work: Promise<void> = Promise.resolve();
  #closed: Promise<void> | undefined;

  private constructor(
    claims: readonly [Claim, ...Claim[]],
    locate: () => Places,
    owner: { system: NodeSystem; starter: Starter; acceptor: Acceptor },
    { renewInterval, currentUid }: SocketListenerOptions,
  ) {
    this.#firstAddress = claims[0].place.path;
    this.#claims = claims;
    this.#secretPlace = (claims.at(-1) ?? claims[0]).place;
    noteClaims(claims, true);
    this.#locate = locate;
    this.#system = owner.system;
    this.#starter = owner.starter;
    this.#acceptor = owner.acceptor;
    this.#currentUid = currentUid;
    this.#timer = realTime
      .setInterval(() => {
        this.#work = this.#work.then(() => this.#renew());
      }, renewInterval)
      .unref();
  }

  /**
   * Claim every place that `locate` gives, now and at each look. Rejects with `EADDRINUSE` if one
   * of them is served, and as `claimPlaces` throws.
   */
  static async listen(
    locate: () => Places,
    acceptor: Acceptor,
    options: SocketListenerOptions,
  ): Promise<SocketListener> {
    const { platform, uid } = options;
    const places = locate();
    for (const place of places) checkClaimLength(place, platform);
    const file = posix.basename(places[0].path);
    const system = new NodeSystem((path) => {
      // Sockets are bound two levels below the directory in which clients see them.
      const address = posix.join(path, "..", "..", file);
      return startServer({ path }, address, acceptor, options);
    });
    const starter: Starter = {
      uid,
      mode: options.mode ?? 0o600,
      locks: platform === "darwin",
      freshName: () =>
        crypto()
          .randomBytes(CLAIM_NAME_LENGTH / 2)
          .toString("hex"),
    };
    for (const place of places) {
      await system.run(sweepOrphans(place, starter));
      await system.run(sweepRemains(place, starter, platform));
    }
    const [first, ...others] = await system.run(claimPlaces(places, starter));
    if (first === undefined) throw new Error("claimPlaces gave no claim");
    const owner = { system, starter, acceptor };
    return new SocketListener([first, ...others], locate, owner, options);
  }

  /** The first of its places, in the order in which clients look. */
  get address(): string {
    return this.#claims[0]?.place.path ?? this.#firstAddress;
  }

  /** Derives the secret from the last of its places: the runtime directory comes and goes with a login. */
  async secret(): Promise<Uint8Array> {
    const { directory, path } = this.#secretPlace;
    const secret = await directorySecret(directory, this.#starter.uid);
    return crypto().createHmac("sha256", secret).update(posix.basename(path)).digest();
  }

  close(): Promise<void> {
    this.#closed ??= this.#release();
    return this.#closed;
  }

  ref(): void {
    this.#system.hold(true);
  }

  unref(): void {
    this.#system.hold(false);
  }

  async #release(): Promise<void> {
    realTime.clearInterval(this.#timer);
    await this.#work;
    noteClaims(this.#claims, false);
    await this.#system.run(releaseClaims(this.#claims));
    if (this.#currentUid() === this.#starter.uid) return;
    const left = this.#claims.find(isThere);
    if (left !== undefined) this.#acceptor.handleError(this.#becameAnother(left, "remove"));
  }

  async #renew(): Promise<void> {
    if (this.#lost || this.#closed !== undefined) return;
    const [claim] = this.#claims;
    try {
      // As another user the process would look in other directories, and cannot mend its own.
      if (this.#currentUid() !== this.#starter.uid) {
        if (claim !== undefined) this.#tell([this.#becameAnother(claim, "look after")]);
        return;
      }
      const renewal = await this.#system.run(
        renewPlaces(this.#claims, this.#locate(), this.#starter),
      );
      noteClaims(this.#claims, false);
      noteClaims(renewal.claims, true);
      this.#claims = renewal.claims;
      this.#lost = renewal.lost;
      this.#tell(renewal.problems);
    } catch (error) {
      this.#tell([error]);
    }
  }

  #becameAnother({ place }: Claim, what: string): TransportError {
    const { uid } = this.#starter;
    return new TransportError(
      "EACCES",
      place.path,
      `Cannot ${what} ${place.path}: the process was started as user ${uid} and is user ${this.#currentUid()} now. Change the user before the server starts, or pass it a socket that is bound already (\`fd\`).`,
    );
  }

  #tell(problems: readonly unknown[]): void {
    const errors = problems.map((problem) => systemError("listen on", this.address, problem));
    const news = errors.filter(({ message }) => !this.#told.has(message));
    this.#told = new Set(errors.map(({ message }) => message));
    for (const error of news) this.#acceptor.handleError(error);
  }
}

/** Tells whether the socket that a claim has published is there. */
function isThere({ place, identity }: Claim): boolean {
  try {
    return readFacts(place.path).identity === identity;
  } catch {
    return false;
  }
}

function noteClaims(claims: readonly Claim[], served: boolean): void {
  for (const { place } of claims) noteServed(place.path, served);
}
