import type { Case, Outcome, Row, Setting } from "../case.ts";
import { converse, findFaults, type Pair, states } from "../conversation.ts";
import { inBothModes } from "../join-outcomes.ts";
import type { Party, PartyBrief } from "../processes/party.ts";
import type { Proxy, ProxyBrief } from "../processes/proxy.ts";
import { protect } from "../endpoint.ts";

const amounts = {
  short: { cuts: 20, messages: 20_000 },
  long: { cuts: 500, messages: 1_000_000 },
} as const;

/** Less than a message takes on its way on average, so that every cut is made before all is said. */
const bytesPerMessage = 100;

/** Two processes talk over a way that breaks again and again. */
export const history: Case = {
  name: "history",
  promise: "whatever is cut, each message comes once, whole, in order; calls run once",
  run: (setting) => inBothModes((mode, password) => tell(setting, mode, password)),
};

async function tell(
  { form, seed, stage }: Setting,
  mode: string,
  password: string | undefined,
): Promise<Outcome> {
  const { cuts, messages } = amounts[form];
  const [from, to] = [stage.path(`${mode}-way.sock`), stage.path(`${mode}.sock`)];
  const bytes = (messages * bytesPerMessage) / cuts / 2;
  const brief: ProxyBrief = { from, to, seed, cuts, bytes };
  const proxy = stage.start<Proxy>({ label: "the proxy", module: "./processes/proxy.js", brief });
  const options = {
    ...protect(password),
    realm: "history",
    recoveryWindow: 60_000,
    callTimeout: 0,
  };
  const partyOf = (side: PartyBrief): Pair[0] =>
    stage.start<Party>({ label: `the ${side.role}`, module: "./processes/party.js", brief: side });
  const pair: Pair = [
    partyOf({ role: "server", endpoint: to, seed: seed + 1, options }),
    partyOf({
      role: "client",
      endpoint: from,
      seed: seed + 2,
      options: { ...options, reconnect: true, reconnectInterval: 10, reconnectMaxInterval: 50 },
    }),
  ];
  const [server, client] = pair;
  await Promise.all([server.routines.open(), proxy.routines.open()]);
  const begun = performance.now();
  await client.routines.open();
  const stuck = await converse(pair, messages / 2);
  const seconds = (performance.now() - begun) / 1000;
  const made = await proxy.routines.cuts();
  const broken = stuck === undefined ? await findFaults(pair) : [stuck];
  const [here, there] = await states(pair);
  // A way that is cut between a hello and its welcome leaves the server a session that no client has known.
  if (there.sessions !== 1) {
    broken.push(`the client had ${there.sessions} sessions instead of one`);
  }
  if (made < cuts) broken.push(`only ${made} of ${cuts} cuts were made: lower bytesPerMessage`);
  if (stuck === undefined) await Promise.all([client.routines.close(), server.routines.close()]);
  const row: Row = {
    mode,
    cuts: made,
    recoveries: here.recoveries,
    messages: here.heard + there.heard,
    "calls run": here.runs + there.runs,
    sessions: there.sessions,
    "lost, doubled, late": broken.length === 0 ? 0 : "see below",
    "messages/s": Math.round((here.heard + there.heard) / seconds),
  };
  await Promise.all([proxy, server, client].map((child) => child.kill()));
  return { rows: [row], broken: broken.map((sentence) => `${mode}: ${sentence}`) };
}
