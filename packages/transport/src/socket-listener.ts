import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { checkDirectory } from "./check-directory.ts";
import type { Claim, Starter } from "./claim.ts";
import { claimPlace } from "./claim-place.ts";
import { findLiving } from "./find-living.ts";
import { NodeSystem } from "./node-system.ts";
import { readDirectoryFacts } from "./read-facts.ts";
import { realTime } from "./real-time.ts";
import { releaseClaim } from "./release-claim.ts";
import { renewClaim } from "./renew-claim.ts";
import { checkClaimLength, CLAIM_NAME_LENGTH, type Place } from "./resolve-endpoint.ts";
import { startServer } from "./start-server.ts";
import { sweepOrphans } from "./sweep-orphans.ts";
import { systemCode, systemError } from "./system-error.ts";
import type { Acceptor, Listener, ListenOptions } from "./transport.ts";

/** What a listener on a Unix socket needs besides its place. */
interface SocketListenerOptions extends ListenOptions {
  readonly platform: string;
  readonly uid: number;
  /** Milliseconds between two looks at the own place. */
  readonly renewInterval: number;
}

/** A claimed Unix socket, which it publishes anew when the directory is swept under it. */
export class SocketListener implements Listener {
  readonly #system: NodeSystem;
  readonly #starter: Starter;
  readonly #acceptor: Acceptor;
  readonly #timer: NodeJS.Timeout;
  #claim: Claim | undefined;
  #work: Promise<void> = Promise.resolve();
  #closed: Promise<void> | undefined;
  readonly address: string;

  private constructor(
    claim: Claim,
    system: NodeSystem,
    starter: Starter,
    acceptor: Acceptor,
    renewInterval: number,
  ) {
    this.address = claim.place.path;
    this.#claim = claim;
    this.#system = system;
    this.#starter = starter;
    this.#acceptor = acceptor;
    this.#timer = realTime
      .setInterval(() => {
        this.#work = this.#work.then(() => this.#renew());
      }, renewInterval)
      .unref();
  }

  /** Claim the first place. Rejects with `EADDRINUSE` if it, or one of the others, is served. */
  static async listen(
    [place, ...others]: readonly [Place, ...Place[]],
    acceptor: Acceptor,
    options: SocketListenerOptions,
  ): Promise<SocketListener> {
    const { platform, uid } = options;
    checkClaimLength(place, platform);
    await makeDirectory(place, uid);
    const system = new NodeSystem((path) => startServer({ path }, place.path, acceptor, options));
    const starter: Starter = {
      uid,
      mode: options.mode ?? 0o600,
      locks: platform === "darwin",
      freshName: () => randomBytes(CLAIM_NAME_LENGTH / 2).toString("hex"),
    };
    await system.run(sweepOrphans(place, starter));
    for (const other of others) await system.run(findLiving(other, uid));
    const claim = await system.run(claimPlace(place, starter));
    return new SocketListener(claim, system, starter, acceptor, options.renewInterval);
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
    if (this.#claim !== undefined) await this.#system.run(releaseClaim(this.#claim));
  }

  async #renew(): Promise<void> {
    const claim = this.#claim;
    if (claim === undefined || this.#closed !== undefined) return;
    try {
      await makeDirectory(claim.place, this.#starter.uid);
      const renewal = await this.#system.run(renewClaim(claim, this.#starter));
      if (renewal.state === "renewed") this.#claim = renewal.claim;
      if (renewal.state !== "lost") return;
      await this.#system.run(releaseClaim(claim));
      this.#claim = undefined;
      this.#report(renewal.error);
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    this.#acceptor.handleError(systemError("listen on", this.address, error));
  }
}

/** Make a directory of ours if it is missing, and check it. */
async function makeDirectory(place: Place, uid: number): Promise<void> {
  const { directory, origin } = place;
  try {
    if (origin !== "absolute") await mkdir(directory, { mode: 0o700 });
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw systemError("listen on", directory, error);
  }
  const owners = [uid, 0];
  try {
    checkDirectory(readDirectoryFacts(directory, owners), place, uid, owners);
  } catch (error) {
    throw systemError("listen on", directory, error);
  }
}
