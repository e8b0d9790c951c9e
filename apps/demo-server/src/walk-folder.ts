import { glob } from "tinyglobby";

/** Folders that tools write or install, at any depth: not sources. */
const notSources = ["**/node_modules/**", "**/dist/**", "**/coverage/**", "**/*.tsbuildinfo"];

/** The paths of all files below a folder, sorted; hidden ones and what tools made are left out. */
export async function walkFolder(folder: string): Promise<string[]> {
  const paths = await glob("**", { cwd: folder, ignore: notSources, followSymbolicLinks: false });
  return paths.toSorted();
}
