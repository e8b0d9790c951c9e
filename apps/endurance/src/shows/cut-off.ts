import type { Setting } from "../case.ts";
import { fileHash } from "../file-hash.ts";
import type { Proxy, ProxyBrief } from "../processes/proxy.ts";
import { Finding } from "./finding.ts";
import { type Mode, startPair } from "./pair.ts";

/** A file goes over a way that breaks again and again. */
export async function cutOff(
  setting: Setting,
  mode: Mode,
  source: string,
  { hash, bytes, cuts }: { readonly hash: string; readonly bytes: number; readonly cuts: number },
): Promise<Finding> {
  const finding = new Finding(mode, "cut");
  const { stage, seed } = setting;
  const from = stage.path(`${mode}-way.sock`);
  const pair = await startPair(setting, mode, source, from);
  const { giver, brief } = pair;
  const proxyBrief: ProxyBrief = {
    from,
    to: brief.endpoint,
    seed,
    cuts,
    // Less than the file divided by them, so that all are made.
    bytes: bytes / cuts / 4,
  };
  const module = "./processes/proxy.js";
  const proxy = stage.start<Proxy>({ label: "the proxy", module, brief: proxyBrief });
  await proxy.routines.open();
  await giver.routines.open();
  await giver.routines.copy();
  const made = await proxy.routines.cuts();
  const sessions = await giver.routines.sessions();
  const same = (await fileHash(brief.target)) === hash;
  finding.check("cuts", made, String(cuts), made === cuts);
  finding.check("the copy is the same", String(same), "true", same);
  finding.check("sessions", sessions, "1", sessions === 1);
  await Promise.all([proxy.kill(), pair.end()]);
  return finding;
}
