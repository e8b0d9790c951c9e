import { readFileSync } from "node:fs";
import type { Feature } from "../src/index.ts";

/** One side of a conversation. */
export type Side = "client" | "server";

/** One step of a conversation; `golden/README.md` explains the notation. */
export interface Step {
  readonly by: Side;
  readonly kind: "sends" | "sends unread" | "is told" | "delivers";
  readonly bytes: Buffer;
  readonly text: string;
}

/** A conversation from a file. */
export interface Transcript {
  readonly title: string;
  readonly roles: readonly Side[];
  readonly hello: unknown;
  /** The features that both sides offer. */
  readonly features: readonly Feature[];
  readonly steps: readonly Step[];
}

const notation = /^(?<side>[CS])(?<sign>[->|!=]) (?<text>.*)$/;
const kinds: Readonly<Record<string, Step["kind"]>> = {
  ">": "sends",
  "|": "sends",
  "-": "sends unread",
  "!": "is told",
  "=": "delivers",
};

/** Read a transcript. */
export function readTranscript(file: URL): Transcript {
  const [head = "", body = ""] = readFileSync(file, "utf8").split("\n\n");
  const [title = "", roles = "", hello = "", features = ""] = head.split("\n");
  return {
    title: title.replace("# ", ""),
    roles: roles.replace("roles: ", "").split(" ") as Side[],
    hello: JSON.parse(hello.replace("hello: ", "")),
    features: features.split(" ").slice(1) as Feature[],
    steps: body.trimEnd().split("\n").map(readStep),
  };
}

function readStep(line: string): Step {
  const { side, sign = "", text = "" } = notation.exec(line)?.groups ?? {};
  const kind = kinds[sign];
  if (kind === undefined) throw new Error(`No step: ${line}`);
  const bytes = sign === "|" ? Buffer.from(text, "hex") : Buffer.from(`${text}\n`);
  return { by: side === "C" ? "client" : "server", kind, bytes, text };
}
