/** Anything with `on` and `off`: a server, a client, a socket of either. */
export interface Speaker {
  on(event: string, listener: (...values: unknown[]) => void): unknown;
  off(event: string, listener: (...values: unknown[]) => void): unknown;
}

/** The first `count` occurrences of an event, each as its list of values. Rejects after 90 s. */
export function hearAll(speaker: Speaker, event: string, count: number): Promise<unknown[][]> {
  return new Promise((resolve, reject) => {
    const heard: unknown[][] = [];
    const listener = (...values: unknown[]): void => {
      heard.push(values);
      if (heard.length >= count) finish();
    };
    const finish = (): void => {
      clearTimeout(timer);
      speaker.off(event, listener);
      resolve(heard);
    };
    const timer = setTimeout(() => {
      speaker.off(event, listener);
      reject(new Error(`Heard ${heard.length} of ${count} "${event}" in 90 s.`));
    }, 90_000);
    speaker.on(event, listener);
  });
}

/** The first value of the next occurrence of an event. Rejects after 90 s. */
export async function hear(speaker: Speaker, event: string): Promise<unknown> {
  const [values] = await hearAll(speaker, event, 1);
  return values?.[0];
}
