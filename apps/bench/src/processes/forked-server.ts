import type { Server } from "../contender.ts";
import { answersByHand } from "../contenders/parts/calls-by-hand.ts";
import { ListenerMap, type NamedMessage } from "../contenders/parts/listener-map.ts";
import { cpuTime } from "../cpu-time.ts";
import { serve } from "../serve.ts";

// The server's side of the channels of node:child_process; its one peer is its parent.
const listeners = new ListenerMap<[peer: NodeJS.Process]>();
const events: Pick<Server<NodeJS.Process>, "on" | "emit"> = {
  on: (event, listener) => listeners.on(event, listener),
  emit: (parent, event, data) => void parent.send?.({ event, data } satisfies NamedMessage),
};
const handle = answersByHand(events);
handle("cpu-time", cpuTime);
serve<NodeJS.Process>({ ...events, handle, broadcast: () => {} });
process.on("message", (message) => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it trusts its other side
  const { event, data } = message as NamedMessage;
  listeners.deliver(event, data, process);
});
process.on("disconnect", () => process.exit());
