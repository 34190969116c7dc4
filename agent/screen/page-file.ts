// Files of the page, where the program lies: as source, as compiled, as part of a program.
import { readFileSync } from 'node:fs';
import { systemCode } from '../../protocol/format/errors.ts';

/** From this file as source, as compiled (dist/agent/screen), and as part of a program (dist/programs/agent/screen). */
const PLACES = ['./page/', '../../../agent/screen/page/', '../../../../agent/screen/page/'];

/** The bytes of a file of the page. Errors: the system's. */
export function pageFile(name: string): Buffer {
  let missing: unknown;
  for (const place of PLACES) {
    try {
      return readFileSync(new URL(`${place}${name}`, import.meta.url));
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
      missing = error;
    }
  }
  throw missing;
}
