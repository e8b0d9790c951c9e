import type { Client } from "./contender.ts";

/** The listener of an event of a client at the moment: cases take turns on the same client. */
export interface Hearing {
  listener: ((data: unknown) => void) | undefined;
}

const hearings = new WeakMap<Client, Map<string, Hearing>>();

/** The hearing of an event, listened to once for each client; before it connects. */
export function hearingOf(client: Client, event: string): Hearing {
  const known = hearings.get(client) ?? new Map<string, Hearing>();
  hearings.set(client, known);
  const found = known.get(event);
  if (found !== undefined) return found;
  const hearing: Hearing = { listener: undefined };
  known.set(event, hearing);
  client.on(event, (data) => hearing.listener?.(data));
  return hearing;
}
