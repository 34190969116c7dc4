// Golden vectors: one scenario a file, read as plain data. They never change; a new case is a new file.
import { readdirSync, readFileSync } from 'node:fs';

/** All vectors of an area ("sealed-file"), by name, in the order of their names. */
export function readVectors<Shape>(area: string): Map<string, Shape> {
  const folder = new URL(`../vectors/${area}/`, import.meta.url);
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return new Map(
    names
      .sort()
      .map((name) => [name.slice(0, -5), JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Shape]),
  );
}
