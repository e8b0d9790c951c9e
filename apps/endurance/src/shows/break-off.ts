import { setTimeout as sleep } from "node:timers/promises";
import { inMebibytes } from "../in-mebibytes.ts";
import type { Giver } from "../processes/giver.ts";
import type { Taker } from "../processes/taker.ts";
import { Finding } from "./finding.ts";
import type { Pair } from "./pair.ts";

/** Bytes that a process may hold more than before: what a collection leaves. */
const slack: number = 4 * 2 ** 20;

/** A file is broken off half way: by its reader, and by its source. */
export async function breakOff({ mode, giver, taker }: Pair, bytes: number): Promise<Finding> {
  const finding = new Finding(mode, "break off");
  const half = Math.floor(bytes / 2);
  // Once for nothing: what is made once is no leak.
  await giver.routines.breakOff("reader", half);
  await giver.routines.breakOff("source", half);
  const before = await look(giver.routines, taker.routines);
  const byReader = await giver.routines.breakOff("reader", half);
  const bySource = await giver.routines.breakOff("source", half);
  const told = `${byReader.code}: ${byReader.cause}`;
  const wanted = "IPC_STREAM_CANCELLED: enough";
  finding.check("the source learns of its reader", told, wanted, told === wanted);
  const { message, remote } = bySource.reader;
  const heard = `${remote ? "RemoteError" : "Error"}: ${message}`;
  const said = "RemoteError: the disk is gone";
  finding.check("the reader learns of its source", heard, said, heard === said);
  const read = [byReader.reader.bytes, bySource.reader.bytes];
  const whole = read.some((count) => count >= bytes);
  finding.check("MiB read of each", read.map(inMebibytes).join(", "), "part of the file", !whole);
  let after = await look(giver.routines, taker.routines);
  // The system closes a file in its own time.
  for (let tries = 0; after.files > before.files && tries < 20; tries++) {
    await sleep(100);
    after = await look(giver.routines, taker.routines);
  }
  const more = after.held - before.held;
  finding.check("held more, MiB", inMebibytes(more), `<= ${inMebibytes(slack)}`, more <= slack);
  const files = after.files - before.files;
  // One that the runtime had open of its own may have been closed meanwhile.
  finding.check("files left open", files, "<= 0", files <= 0);
  const sessions = await giver.routines.sessions();
  finding.check("sessions", sessions, "1", sessions === 1);
  return finding;
}

async function look(
  giver: Pick<Promised<Giver>, "footprint" | "openFiles">,
  taker: Pick<Promised<Taker>, "footprint" | "openFiles">,
): Promise<{ held: number; files: number }> {
  const prints = await Promise.all([giver.footprint(), taker.footprint()]);
  const files = await Promise.all([giver.openFiles(), taker.openFiles()]);
  return {
    held: prints.reduce((sum, { held }) => sum + held, 0),
    files: files.reduce((sum, count) => sum + count, 0),
  };
}

/** Routines as another process has them. */
type Promised<Routines> = {
  [Name in keyof Routines]: Routines[Name] extends (...args: infer Args) => infer Answer
    ? (...args: Args) => Promise<Awaited<Answer>>
    : never;
};
