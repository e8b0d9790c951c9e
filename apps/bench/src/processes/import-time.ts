import process from "node:process";

// Imports what its arguments name, and prints how many milliseconds that took. It imports nothing
// else itself, and has no channel to its parent: node:net would then be there already.
const start = performance.now();
for (const specifier of process.argv.slice(2)) await import(specifier);
process.stdout.write((performance.now() - start).toFixed(3));
// Some libraries leave something open.
process.exit();
