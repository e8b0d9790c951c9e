import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript-6.0";

/** The names that one entry point exports. */
export interface EntryPoint {
  /** The import's specifier, such as `@ipc/framing/streams`. */
  name: string;
  /** The names that exist at run time. */
  values: string[];
  types: string[];
}

interface Manifest {
  name: string;
  exports: Record<string, string | { types: string }>;
}

/** Reads the built declarations of a tree. Throws if one is missing. */
export function measureEntryPoints(tree: string): EntryPoint[] {
  const entries = readdirSync(join(tree, "packages")).flatMap((folder) => {
    const path = join(tree, "packages", folder);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one of our own manifests
    const manifest = JSON.parse(readFileSync(join(path, "package.json"), "utf8")) as Manifest;
    return Object.entries(manifest.exports).flatMap(([subpath, target]) =>
      typeof target === "string"
        ? []
        : { name: manifest.name + subpath.slice(1), file: join(path, target.types) },
    );
  });
  const program = ts.createProgram(
    entries.map(({ file }) => file),
    { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2023, skipLibCheck: true },
  );
  const checker = program.getTypeChecker();
  return entries.map(({ name, file }) => {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    if (module === undefined) throw new Error(`${file} is missing: build the tree first`);
    const values: string[] = [];
    const types: string[] = [];
    for (const symbol of checker.getExportsOfModule(module)) {
      const aliased = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
      const { flags } = aliased ? checker.getAliasedSymbol(symbol) : symbol;
      const list = (flags & ts.SymbolFlags.Value) !== 0 ? values : types;
      list.push(symbol.name);
    }
    return { name, values: values.toSorted(), types: types.toSorted() };
  });
}
