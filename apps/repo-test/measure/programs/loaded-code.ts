import { Session } from "node:inspector";

// Imports what its argument names and reports the URLs of all JavaScript that was loaded for it.
const urls = new Set<string>();
const session = new Session();
session.connect();
session.post("Debugger.enable");
session.on("Debugger.scriptParsed", ({ params: { url } }) => {
  if (url.startsWith("file:")) urls.add(url);
});
await import(process.argv[2] ?? "");
process.send?.([...urls]);
