import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const directory = new URL("../../../../shared/vectors/", import.meta.url);

/** True if the published test vectors lie beside the repository. */
export const haveVectors: boolean = existsSync(fileURLToPath(directory));

/** One file of published test vectors. */
export function readVectors(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, directory), "utf8"));
}

/** The bytes of a hexadecimal string. */
export function hex(text: string): Buffer {
  return Buffer.from(text, "hex");
}
