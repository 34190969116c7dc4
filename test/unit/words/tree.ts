// The files of the project as a reader sees them: by folder and name, without what is generated, installed or a vector.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LEFT_OUT = new Set(['node_modules', 'dist', 'out', '.git', 'vectors']);

/** The folder with package.json above this file. */
export function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

/** Paths below the project (`/` between parts, in order), of files whose names end in one of `endings`. */
export function treeFiles(endings: readonly string[], below = ''): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(join(projectRoot(), below), { withFileTypes: true })) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory() && !LEFT_OUT.has(entry.name)) found.push(...treeFiles(endings, path));
    if (entry.isFile() && endings.some((ending) => entry.name.endsWith(ending))) found.push(path);
  }
  return found.toSorted();
}

export function textOfFile(path: string): string {
  return readFileSync(join(projectRoot(), path), 'utf8');
}
