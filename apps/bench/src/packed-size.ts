import { execa } from "execa";
import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

/** The bytes that tar puts before each file, and the size to which it rounds up. */
const block = 512;

/**
 * Bytes of a package's tarball, but for what little tar's own headers compress to. A folder that was
 * installed holds what was published; of one in this repository npm says what would be.
 */
export async function packedSize(folder: string): Promise<number> {
  const installed = folder.includes(`${sep}node_modules${sep}`);
  const files = installed ? filesIn(folder) : await filesToPublish(folder);
  const parts = files.toSorted().flatMap((file) => {
    const content = readFileSync(join(folder, file));
    const padding = (block - (content.length % block)) % block;
    return [Buffer.alloc(block, file), content, Buffer.alloc(padding)];
  });
  return (await promisify(gzip)(Buffer.concat(parts), { level: 9 })).length;
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));
}

async function filesToPublish(folder: string): Promise<string[]> {
  const { stdout } = await execa("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: folder,
  });
  const [packed] = Object.values(
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as npm documents it
    JSON.parse(stdout) as Record<string, { files: { path: string }[] }>,
  );
  return packed?.files.map(({ path }) => path) ?? [];
}
