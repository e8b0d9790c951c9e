import { Session } from "node:inspector";

// Prints which files are loaded for what the arguments name; the debugger tells of each.
const files = [];
const session = new Session();
session.connect();
session.post("Debugger.enable");
session.on("Debugger.scriptParsed", ({ params: { url } }) => {
  if (url.startsWith("file:") && url !== import.meta.url) files.push(url);
});
for (const specifier of process.argv.slice(2)) await import(specifier);
session.disconnect();
console.log(JSON.stringify(files));
