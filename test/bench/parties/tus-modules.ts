// Loads a module from a folder of packages that is not this project's.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** `Shape` is what the caller uses of it: nothing here knows the package. Errors: those of Node where it is not there. */
export async function importFrom<Shape>(packages: string, name: string): Promise<Shape> {
  const file = createRequire(join(packages, 'package.json')).resolve(name);
  return (await import(pathToFileURL(file).href)) as Shape;
}
