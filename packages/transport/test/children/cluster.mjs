// Two workers of node:cluster want the same endpoint; the primary prints what each got.
import cluster from "node:cluster";
import process from "node:process";
import { createNodeTransport } from "@ipc/transport";

const [, , directory] = process.argv;
if (cluster.isPrimary) {
  /** @type {string[]} */
  const outcomes = [];
  cluster.on("message", (_worker, /** @type {string} */ outcome) => {
    outcomes.push(outcome);
    if (outcomes.length < 2) return;
    process.stdout.write(outcomes.toSorted((a, b) => a.localeCompare(b)).join(" "));
    for (const worker of Object.values(cluster.workers ?? {})) worker?.kill();
  });
  cluster.fork();
  cluster.fork();
} else {
  const acceptor = { handleConnection: () => {}, handleError: () => {} };
  const listened = createNodeTransport().listen("story", acceptor, { directory });
  const outcome = await listened.then(
    () => "listening",
    (/** @type {import("@ipc/transport").TransportError} */ error) => error.code,
  );
  process.send?.(outcome);
}
