/** A request of the measuring program to a server or a client. */
export interface Request {
  what: string;
  count: number;
}

/** Reports that the program is ready, then answers each request with what its action returns. */
export function answerRequests(actions: Record<string, (count: number) => unknown>): void {
  process.on("message", ({ what, count }: Request) => {
    void answer(actions[what]?.(count));
  });
  process.on("disconnect", () => process.exit());
  process.send?.("ready");
}

async function answer(result: unknown): Promise<void> {
  process.send?.((await result) ?? "done");
}
