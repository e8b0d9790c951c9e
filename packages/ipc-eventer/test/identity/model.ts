import type { Hello } from "@ipc/protocol";
import type { Credential } from "../../src/encryption.ts";
import type { ClaimedSession, HelloProof } from "../../src/server/client-ids.ts";
import type { Rules, RulesMaker } from "./rules.ts";

type Party = "attacker" | "owner";

/** A hello of the attacker: which of the ids, of the tokens and of the secrets that it knows or invents. */
interface Attack {
  readonly id: "none" | "of the owner" | "own";
  readonly token: "invented" | "none" | "own";
  readonly secret: "a number" | "none" | "own" | "used up";
}

/** The events of the model. */
export type Move =
  | "middleware accepts the owner"
  | "something of the owner is read"
  | "the owner is kicked"
  | "the owner leaves"
  | "the owner says its hello"
  | "the parked session is lost"
  | "the password is changed"
  | "the server does not see a cut"
  | "the server restarts without its secret"
  | "the server restarts"
  | "the server sees a cut"
  | "the welcome arrives"
  | Attack;

const attacks: readonly Attack[] = (["none", "of the owner", "own"] as const).flatMap((id) =>
  (["none", "invented", "own"] as const).flatMap((token) =>
    (["none", "a number", "own", "used up"] as const).map((secret) => ({ id, token, secret })),
  ),
);

/** A session of the model's server. */
class ModelSession implements ClaimedSession {
  readonly id: string;
  readonly of: Party;
  readonly credential: Credential;
  receivedBytes = 0;
  /** True if the server has a connection of it; one that was cut may seem to be there. */
  state: "open" | "parked" = "open";
  /** The secrets of a session, in the order in which they were given. */
  readonly given: string[] = [];
  /** The secrets that prove it now. */
  valid: readonly string[] = [];
  /** True once the owner has read a welcome of it. */
  known = false;

  constructor(id: string, of: Party, credential: Credential) {
    this.id = id;
    this.of = of;
    this.credential = credential;
  }
}

/** The knowledge of a client, which it may use in its next hello. */
interface Words {
  readonly id: string;
  readonly token: string;
  readonly secret: string;
  readonly under: Credential;
}

const credentials: readonly Credential[] = [{ key: undefined }, { key: undefined }];

/** The most restarts and changes of the credential in one run. */
const mostRestarts = 1;
const mostChanges = 1;

/**
 * One server, a client that owns an id and its session, and an attacker that is a client as well. The
 * attacker knows every id, every password and the secrets that were used up, and invents tokens and
 * numbers.
 */
export class Model {
  readonly #make: RulesMaker;
  #rules: Rules<ModelSession>;
  readonly #sessions = new Map<string, ModelSession>();
  readonly #idsOf = new Map<string, Party>();
  #credential: Credential = credentials[0]!;
  #secret = "first";
  #restarts = 0;
  #changes = 0;
  /** `away` by its own wish, `waiting` without a connection, `asking` with its hello sent. */
  #owner: "asking" | "away" | "connected" | "waiting" = "away";
  #words: Words | undefined;
  /** The words of the server that the owner has not read. */
  #onItsWay: Words | undefined;
  /** The owner's hello, while middleware is asked. */
  #deciding: HelloProof<ModelSession> | undefined;
  #attackers: Words | undefined;
  /** The problem, if there is one. */
  problem: string | undefined;

  constructor(make: RulesMaker) {
    this.#make = make;
    this.#rules = make(this.#secret, 0);
  }

  /** The events that can happen now. */
  get moves(): readonly Move[] {
    const session = this.#ownSession;
    const moves: Move[] = [];
    if (this.#owner === "away" || this.#owner === "waiting") moves.push("the owner says its hello");
    if (this.#deciding !== undefined) moves.push("middleware accepts the owner");
    if (this.#onItsWay !== undefined) moves.push("the welcome arrives");
    if (this.#owner === "connected" || this.#owner === "asking") {
      moves.push("the server sees a cut", "the server does not see a cut");
    }
    if (this.#owner === "connected" && session !== undefined) {
      moves.push("something of the owner is read", "the owner leaves", "the owner is kicked");
    }
    if (session?.state === "parked")
      moves.push("the parked session is lost", "the owner is kicked");
    if (this.#restarts < mostRestarts) {
      moves.push("the server restarts", "the server restarts without its secret");
    }
    if (this.#changes < mostChanges) moves.push("the password is changed");
    return [...moves, ...this.#attacks()];
  }

  /** Let something happen. */
  perform(move: Move): void {
    const session = this.#ownSession;
    switch (move) {
      case "the owner says its hello":
        return this.#ownerAsks();
      case "middleware accepts the owner":
        return this.#accept();
      case "the welcome arrives":
        return this.#welcomed();
      case "the server sees a cut":
        return this.#cut(true);
      case "the server does not see a cut":
        return this.#cut(false);
      case "something of the owner is read":
        return session && this.#read(session);
      case "the owner leaves":
        return session && this.#leave(session);
      case "the owner is kicked":
        return session && this.#kick(session);
      case "the parked session is lost":
        return session && this.#lose(session);
      case "the server restarts":
        return this.#restart(true);
      case "the server restarts without its secret":
        return this.#restart(false);
      case "the password is changed":
        return this.#change();
      default:
        return this.#attack(move);
    }
  }

  /** Tells apart what can go on differently. */
  get key(): string {
    const session = this.#ownSession;
    const aged = (secret: string | undefined): number =>
      secret === undefined ? -1 : Math.min(3, (session?.given.toReversed() ?? []).indexOf(secret));
    const theirs = this.#sessions.get(this.#attackers?.id ?? "");
    return JSON.stringify([
      [this.#restarts, this.#secret, credentials.indexOf(this.#credential), this.#changes],
      [this.#owner, this.#under(this.#words), this.#worth(this.#words), aged(this.#words?.secret)],
      [this.#deciding?.proved, this.#under(this.#onItsWay), aged(this.#onItsWay?.secret)],
      session && [
        session.state,
        session.known,
        session.valid.map(aged),
        session.credential === this.#credential,
      ],
      [this.#under(this.#attackers), this.#worth(this.#attackers), theirs?.valid.length],
    ]);
  }

  /** The session of the owner's id, open or parked. */
  get #ownSession(): ModelSession | undefined {
    return this.#sessions.get(this.#idOf("owner") ?? "");
  }

  /** A secret of the owner's session that no longer proves anything. */
  get #usedUp(): string | undefined {
    const session = this.#ownSession;
    return session?.given.find((secret) => !session.valid.includes(secret));
  }

  /** The id that a party was given last. */
  #idOf(party: Party): string | undefined {
    return [...this.#idsOf].findLast(([, of]) => of === party)?.[0];
  }

  #under(words: Words | undefined): number {
    return words === undefined ? -1 : credentials.indexOf(words.under);
  }

  #worth(words: Words | undefined): unknown {
    if (words?.under !== this.#credential) return "unsaid";
    const proof = this.#judge(helloOf(words));
    return proof.proved === "id" ? [proof.ended?.kicked ?? "id"] : proof.proved;
  }

  #judge(hello: Hello): HelloProof<ModelSession> {
    return this.#rules.judge(hello, this.#credential, (id) => this.#sessions.get(id));
  }

  /** Check what must hold of a state: an owner that comes back finds what is its own, and nothing is said twice. */
  check(): void {
    const words = this.#words;
    const { proved: again } = this.#judge(helloOf({ ...words, secret: this.#usedUp ?? "none" }));
    if (again === "session") this.#fail("a secret that was used up proves the session again");
    if (this.#owner !== "waiting" || words?.under !== this.#credential) return;
    const session = this.#sessions.get(words.id);
    const { proved } = this.#judge(helloOf(words));
    if (session?.known === true && session.credential === this.#credential) {
      if (proved !== "session") this.#fail("the owner cannot go on with its own session");
    } else if (this.#secret === "first" && proved === "nothing") {
      this.#fail("the owner cannot prove its own id");
    }
  }

  #fail(problem: string): void {
    this.problem ??= problem;
  }

  /** The answer to a hello; for a new session, the proof about which middleware decides. */
  #greet(party: Party, hello: Hello): Words | HelloProof<ModelSession> | "kicked" {
    const proof = this.#judge(hello);
    if (proof.proved === "id" && proof.ended?.kicked === true) {
      if (this.#idsOf.get(proof.id) !== party) this.#fail(`the ${party} hears another's kick`);
      return "kicked";
    }
    if (proof.proved !== "session") return proof;
    const { session, id } = proof;
    const secret = hello.recovery?.session ?? "";
    if (session.of !== party) this.#fail(`the ${party} takes up the session of the ${session.of}`);
    if (session.credential !== this.#credential)
      this.#fail("a session goes on under another password");
    if (!session.valid.includes(secret)) this.#fail("a secret is used twice");
    let next = "";
    this.#rules.rotate(session, secret, (given) => {
      next = given;
      return true;
    });
    session.given.push(next);
    session.valid = [secret, next];
    session.state = "open";
    return {
      id,
      token: this.#rules.identify(proof, this.#credential).token,
      secret: next,
      under: this.#credential,
    };
  }

  #begin(party: Party, proof: HelloProof<ModelSession>): Words {
    const { id, token } = this.#rules.identify(proof, this.#credential);
    const owner = this.#idsOf.get(id) ?? party;
    if (owner !== party) this.#fail(`the ${party} gets the id and a token of the ${owner}`);
    this.#idsOf.set(id, party);
    const former = this.#sessions.get(id);
    if (former !== undefined && former.of !== party) {
      this.#fail(`the ${party} ends the session of the ${former.of}`);
    }
    const session = new ModelSession(id, party, this.#credential);
    const secret = this.#rules.begin(session);
    session.given.push(secret);
    session.valid = [secret];
    this.#sessions.set(id, session);
    return { id, token, secret, under: this.#credential };
  }

  #ownerAsks(): void {
    this.#owner = "asking";
    const words = this.#words?.under === this.#credential ? this.#words : undefined;
    const answer = this.#greet("owner", words === undefined ? { name: "" } : helloOf(words));
    if (answer === "kicked") this.#owner = "away";
    else if ("proved" in answer) this.#deciding = answer;
    else this.#onItsWay = answer;
  }

  #accept(): void {
    if (this.#deciding !== undefined) this.#onItsWay = this.#begin("owner", this.#deciding);
    this.#deciding = undefined;
  }

  #welcomed(): void {
    this.#words = this.#onItsWay;
    this.#onItsWay = undefined;
    this.#owner = "connected";
    const session = this.#ownSession;
    if (session !== undefined) session.known = true;
  }

  #cut(seen: boolean): void {
    const welcomed = this.#owner === "connected" || this.#onItsWay !== undefined;
    this.#owner = "waiting";
    this.#onItsWay = undefined;
    this.#deciding = undefined;
    const session = this.#ownSession;
    if (session !== undefined && seen && welcomed) session.state = "parked";
    this.#dropForeign();
  }

  #read(session: ModelSession): void {
    session.receivedBytes++;
    session.valid = session.given.slice(-1);
  }

  #leave(session: ModelSession): void {
    this.#sessions.delete(session.id);
    this.#owner = "away";
  }

  #kick(session: ModelSession): void {
    this.#rules.remember(session, session.id, { received: 0, kicked: true, message: undefined });
    const connected = this.#owner === "connected";
    this.#sessions.delete(session.id);
    if (connected) this.#owner = "away";
  }

  #lose(session: ModelSession): void {
    this.#rules.remember(session, session.id, { received: 0, kicked: false, message: undefined });
    this.#sessions.delete(session.id);
  }

  #restart(keepsSecret: boolean): void {
    this.#restarts++;
    if (!keepsSecret) this.#secret = "second";
    this.#rules = this.#make(this.#secret, this.#restarts);
    this.#sessions.clear();
    this.#deciding = undefined;
    this.#onItsWay = undefined;
    if (this.#owner !== "away") this.#owner = "waiting";
  }

  #change(): void {
    this.#changes++;
    this.#credential = credentials[1]!;
    this.#dropForeign();
  }

  /** Sessions of the former credential are not kept without a connection. */
  #dropForeign(): void {
    for (const session of this.#sessions.values()) {
      if (session.state === "parked" && session.credential !== this.#credential)
        this.#lose(session);
    }
  }

  /** One attack of each kind of answer: what is worth the same brings about the same. */
  #attacks(): readonly Attack[] {
    const kinds = new Map<string, Attack>();
    for (const attack of attacks) {
      const hello = this.#said(attack);
      const proof = this.#judge(hello);
      const id = proof.proved === "nothing" ? "" : proof.id;
      const secret = proof.proved === "session" ? hello.recovery?.session : "";
      kinds.set(`${proof.proved} ${id} ${secret}`, attack);
    }
    return [...kinds.values()];
  }

  #said({ id, token, secret }: Attack): Hello {
    const own = this.#attackers;
    const ids = { none: undefined, own: own?.id, "of the owner": this.#idOf("owner") };
    const tokens = { none: undefined, invented: "invented", own: own?.token };
    const secrets = { none: undefined, "a number": "1", own: own?.secret, "used up": this.#usedUp };
    const session = secrets[secret];
    const recovery = session === undefined ? {} : { session, received: 0 };
    return { name: "", id: ids[id], token: tokens[token], recovery };
  }

  #attack(attack: Attack): void {
    const answer = this.#greet("attacker", this.#said(attack));
    if (answer === "kicked") return;
    this.#attackers = "proved" in answer ? this.#begin("attacker", answer) : answer;
  }
}

function helloOf({ id, token, secret }: Partial<Words>): Hello {
  return { name: "", id, token, recovery: { session: secret, received: 0 } };
}
