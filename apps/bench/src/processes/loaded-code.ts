import { Session } from "node:inspector";

// Imports what its arguments name, and prints the length of all JavaScript files that were loaded
// for it, and their number. The debugger tells of each, whichever loader it came through.
const lengths = new Map<string, number>();
const session = new Session();
session.connect();
session.post("Debugger.enable");
session.on("Debugger.scriptParsed", ({ params: { url, length = 0 } }) => {
  if (url.startsWith("file:") && url !== import.meta.url) lengths.set(url, length);
});
for (const specifier of process.argv.slice(2)) await import(specifier);
const total = [...lengths.values()].reduce((sum, length) => sum + length, 0);
process.stdout.write(`${total} ${lengths.size}`);
process.exit();
