// Whether a process of another user can work here: what root types in a service's folder is done by one, and it reads this very checkout.
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const OTHERS_MAY_READ_AND_ENTER = 0o5;

function mayRead(folder: string): boolean {
  const isOpen = (statSync(folder).mode & OTHERS_MAY_READ_AND_ENTER) === OTHERS_MAY_READ_AND_ENTER;
  return isOpen && (folder === '/' || mayRead(dirname(folder)));
}

/** For `test.runIf`: true for root in a checkout that everybody may read; under CI, which has to give one, for root alone. */
export const canBeOthers =
  process.geteuid?.() === 0 &&
  (process.env['CI'] !== undefined || mayRead(dirname(fileURLToPath(import.meta.url))));
