// The version of the installed program, as its package.json says.
import { readFile } from 'node:fs/promises';

/** From this file as source (config), as compiled (dist/config) and as part of a program (dist/programs/config). */
const PLACES = ['../package.json', '../../package.json', '../../../package.json'];

/** Such as "0.1.0"; "unknown" where no package.json of this program is found. Never rejects. */
export async function readVersion(): Promise<string> {
  for (const place of PLACES) {
    try {
      const found: unknown = JSON.parse(await readFile(new URL(place, import.meta.url), 'utf8'));
      if (typeof found !== 'object' || found === null || !('name' in found) || !('version' in found))
        continue;
      if (found.name === 'bodydock' && typeof found.version === 'string') return found.version;
    } catch {
      continue; // dist/ and dist/programs/ have none
    }
  }
  return 'unknown';
}
