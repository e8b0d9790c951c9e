import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Cast } from "./cast.ts";
import { closingTable } from "./closing-table.ts";
import { findFaults } from "./find-faults.ts";
import { Observer } from "./observer.ts";
import { orAbort } from "./or-abort.ts";
import { Patience } from "./patience.ts";
import { Plot } from "./plot.ts";
import { Roster } from "./roster.ts";
import type { Screen } from "./screen.ts";
import type { Settings } from "./settings.ts";

/**
 * Run the whole demo: start all processes, let the accidents happen, show the outcome. Answers what is
 * wrong with it, one sentence each. Rejects with the signal's reason if that aborts, and with an
 * `Error` if a process ends that should not or nothing more happens. Whatever happens, no
 * process and no file is left.
 */
export async function perform(
  settings: Settings,
  screen: Screen,
  signal: AbortSignal,
): Promise<string[]> {
  const scratch = await mkdtemp(join(tmpdir(), "ipc-demo-"));
  // Two demos at once on one machine must not meet.
  const endpoint = `demo-${randomBytes(6).toString("hex")}`;
  const password = randomBytes(16).toString("base64url");
  const journal = join(scratch, "journal.jsonl");
  const cast = new Cast({ ...settings, endpoint, password, journal });
  const observer = new Observer(endpoint, password);
  const roster = new Roster();
  const plot = new Plot({
    killWorker(name) {
      screen.print(`killing ${name} (SIGKILL)`);
      return cast.kill(name);
    },
    restartManager() {
      screen.print("killing the manager (SIGKILL) and starting another");
      return cast.restartManager();
    },
  });
  const patience = new Patience(settings.patience);
  let done = 0;
  const allThere = new Promise<void>((resolve) => {
    observer.onProgress((progress) => {
      const news = roster.follow(progress);
      if (news.length > 0 || progress.done > done) patience.renew();
      done = progress.done;
      for (const sentence of news) screen.print(sentence);
      screen.show(progress);
      plot.follow(progress);
      // A manager that was killed just now can send no worker home: its last picture does not count.
      const current = progress.pid === cast.managerId && progress.done === progress.total;
      if (current && roster.hasAll(cast.survivors)) resolve();
    });
  });
  const over = AbortSignal.any([signal, cast.dropout, patience.signal]);
  try {
    screen.print(`counting ${settings.folder} at the endpoint ${endpoint}`);
    cast.startManager();
    await observer.connect(over);
    cast.startWorkers();
    const summary = await orAbort(observer.finished, over);
    // A worker that has not found the new manager yet could not be sent home.
    await orAbort(allThere, over);
    observer.dismiss();
    const failures = await orAbort(cast.leave(), over);
    screen.close();
    screen.print(closingTable(summary));
    return [...failures, ...findFaults(summary, plot.isOver, roster.kept)];
  } finally {
    patience.stop();
    screen.close();
    await observer.close();
    await cast.clear();
    await rm(scratch, { recursive: true, force: true });
  }
}
