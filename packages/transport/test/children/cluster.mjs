// Two workers of node:cluster want the same endpoint; the primary prints what each got.
import cluster from "node:cluster";
import process from "node:process";
import { createNodeTransport } from "@ipc/transport";

const [directory] = process.argv.slice(2);
if (cluster.isPrimary) {
  const outcomes = [];
  cluster.on("message", (_worker, outcome) => {
    outcomes.push(outcome);
    if (outcomes.length < 2) return;
    process.stdout.write(outcomes.toSorted().join(" "));
    for (const worker of Object.values(cluster.workers)) worker.kill();
  });
  cluster.fork();
  cluster.fork();
} else {
  const acceptor = { handleConnection: () => {}, handleError: () => {} };
  const listened = createNodeTransport().listen("story", acceptor, { directory });
  process.send(
    await listened.then(
      () => "listening",
      (error) => error.code,
    ),
  );
}
