import { readOptions } from "./options.ts";
import { perform } from "./perform.ts";

// One case: prints its table and the same as one line of JSON; exits with 1 if a promise is broken.

try {
  const held = await perform(readOptions(process.argv.slice(2)));
  process.exitCode = held ? 0 : 1;
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
