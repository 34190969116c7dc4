// What the package.json of the installed program says of it.
import { readFile } from 'node:fs/promises';

/** From this file as source (config), as compiled (dist/config) and as part of a program (dist/programs/config). */
const PLACES = ['../package.json', '../../package.json', '../../../package.json'];

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
      const found: unknown = JSON.parse(await readFile(new URL(place, import.meta.url), 'utf8'));
      if (typeof found !== 'object' || found === null || !('name' in found) || !('version' in found))
        continue;
      if (found.name === 'bodydock') return found;
    } catch {
      continue; // dist/ and dist/programs/ have none
    }
  }
  return {};
}
