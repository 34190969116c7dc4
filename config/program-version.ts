// What was installed with this program: what its package.json says, and files that are no code.
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { DockError, systemCode } from '../protocol/format/errors.ts';

/** From this file as source (config), as compiled (dist/config) and as part of a program (dist/programs/config). */
const PLACES = ['../', '../../', '../../../'];

/** The bytes of a file, by its path in the project. Errors: "program.incomplete" where it is not there; the system's. */
export function shippedFile(path: string): Buffer {
  let missing: unknown;
  for (const place of PLACES) {
    try {
      return readFileSync(new URL(`${place}${path}`, import.meta.url));
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
      missing = error;
    }
  }
  const message = `${path} of this program is not where it was installed: install it again`;
  throw new DockError('program.incomplete', message, { retry: 'person', cause: missing });
}

/** Such as "0.1.0"; "unknown" where no package.json of this program is found. Never rejects. */
export async function readVersion(): Promise<string> {
  const { version } = await readFacts();
  return typeof version === 'string' ? version : 'unknown';
}

/** How a person types the command `bodydock`: by npm in a folder of the project, which has scripts; by its name where it is installed. */
export async function typedCommand(): Promise<string> {
  return 'scripts' in (await readFacts()) ? 'npm run -s bodydock --' : 'bodydock';
}

async function readFacts(): Promise<{ readonly version?: unknown; readonly scripts?: unknown }> {
  for (const place of PLACES) {
    try {
      const found: unknown = JSON.parse(
        await readFile(new URL(`${place}package.json`, import.meta.url), 'utf8'),
      );
      if (typeof found !== 'object' || found === null || !('name' in found) || !('version' in found))
        continue;
      if (found.name === 'bodydock') return found;
    } catch {
      continue; // dist/ and dist/programs/ have none
    }
  }
  return {};
}
