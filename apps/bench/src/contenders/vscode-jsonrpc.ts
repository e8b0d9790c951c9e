import type { Entry } from "../contender.ts";

/** vscode-jsonrpc, the JSON-RPC of the language server protocol, over a Unix socket. */
export const entry: Entry = {
  name: "vscode-jsonrpc",
  kind: "peer",
  package: "vscode-jsonrpc",
  imports: ["vscode-jsonrpc/node"],
  cannot: { binary: "JSON carries no bytes" },
  load: async () => (await import("./parts/vscode-jsonrpc.ts")).vscodeJsonrpc,
};
