import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onExit } from "signal-exit";
import { chooseNode, type Node } from "./node.ts";

/** The surroundings of a run: the Node that its processes run under and the directory of their sockets. */
export interface Stage {
  readonly node: Node;
  readonly directory: string;
}

/** Sets the stage; its directory is removed however this process ends. */
export function setStage(nodeChoice: string): Stage {
  const node = chooseNode(nodeChoice);
  const directory = mkdtempSync(join(tmpdir(), "ipc-bench-"));
  onExit(() => rmSync(directory, { recursive: true, force: true }));
  return { node, directory };
}
