import { ClientIds, type ClaimedSession, type Tokens } from "../../src/server/client-ids.ts";

/** The rules, as a model asks them; the library's own are `ClientIds`. */
export type Rules<S extends ClaimedSession> = Pick<
  ClientIds<S>,
  "begin" | "identify" | "judge" | "remember" | "rotate"
>;

/** Makes the rules of one start of a server. `secret` names what its tokens are made from. */
export type RulesMaker = <S extends ClaimedSession>(secret: string, run: number) => Rules<S>;

/** Tokens that the model takes for unguessable, of the secret by its name. */
class ModelTokens implements Tokens {
  readonly #secret: string;
  readonly #run: number;
  #ids = 0;

  constructor(secret: string, run: number) {
    this.#secret = secret;
    this.#run = run;
  }

  issueId(): string {
    return `id ${this.#run}.${++this.#ids}`;
  }

  tokenOf(...[id, credential]: Parameters<Tokens["tokenOf"]>): string {
    return `token of ${id} by ${this.#secret} under ${numberOf(credential)}`;
  }

  proves(...[id, token, credential]: Parameters<Tokens["proves"]>): boolean {
    return token === this.tokenOf(id, credential);
  }
}

const numbers = new WeakMap<object, number>();
let last = 0;

/** Tells credentials apart. */
function numberOf(credential: object): number {
  if (!numbers.has(credential)) numbers.set(credential, ++last);
  return numbers.get(credential) ?? 0;
}

/** The library's own rules. */
export const ourRules: RulesMaker = (secret, run) => {
  let secrets = 0;
  return new ClientIds(new ModelTokens(secret, run), () => `secret ${run}.${++secrets}`);
};

/**
 * The rules before these: the token of another start is believed while no session has the id, and
 * sessions have numbers, which stay the same.
 */
export const formerRules: RulesMaker = <S extends ClaimedSession>(_: string, run: number) => {
  const ofThisStart = new ModelTokens(`run ${run}`, run);
  const serials = new WeakMap<S, string>();
  let serial = 0;
  const rules: Rules<S> = {
    judge({ id, token, recovery }, credential, sessionOf) {
      if (id === undefined || token === undefined) return { proved: "nothing" };
      const session = sessionOf(id);
      const proven = ofThisStart.proves(id, token, credential);
      const unknown = !token.includes(`by run ${run} `);
      if (proven && session !== undefined && session.credential === credential) {
        const number = serials.get(session);
        if (number === recovery?.session) return { proved: "session", id, session };
      }
      if (proven || (unknown && session === undefined))
        return { proved: "id", id, ended: undefined };
      return { proved: "nothing" };
    },
    identify(verdict, credential) {
      const id = verdict.proved === "nothing" ? ofThisStart.issueId() : verdict.id;
      return { id, token: ofThisStart.tokenOf(id, credential) };
    },
    begin(session) {
      const number = String(++serial);
      serials.set(session, number);
      return number;
    },
    rotate: (session, _secret, goOn) => goOn(serials.get(session) ?? ""),
    remember: () => undefined,
  };
  return rules;
};

/** Our rules but for the secrets that are honoured: the last one alone, or all that were ever given. */
export function otherGenerations(honoured: "all" | "last"): RulesMaker {
  return <S extends ClaimedSession>(secret: string, run: number) => {
    const claims = ourRules<S>(secret, run);
    const given = new WeakMap<S, string[]>();
    const rules: Rules<S> = {
      judge(hello, credential, sessionOf) {
        const { id, recovery } = hello;
        const verdict = claims.judge({ ...hello, recovery: undefined }, credential, sessionOf);
        const session = sessionOf(id ?? "");
        if (verdict.proved !== "id" || session === undefined) return verdict;
        const secrets = given.get(session) ?? [];
        const valid = honoured === "all" ? secrets : secrets.slice(-1);
        if (!valid.includes(recovery?.session ?? "")) return verdict;
        return { proved: "session", id: verdict.id, session };
      },
      identify: (verdict, credential) => claims.identify(verdict, credential),
      begin(session) {
        const first = claims.begin(session);
        given.set(session, [first]);
        return first;
      },
      rotate: (session, used, goOn) =>
        claims.rotate(session, used, (next) => {
          given.get(session)?.push(next);
          return goOn(next);
        }),
      remember: () => undefined,
    };
    return rules;
  };
}
