// However many documents lie in a folder, the last of them is looked at like the first.
import { expect, test } from 'vitest';
import { pendingDisclosures } from '../../../../agent/evidence/verify/disclosure-check.ts';
import { checkOrders } from '../../../../agent/evidence/verify/order-check.ts';
import type { ReadFiles } from '../../../../agent/evidence/verify/read-files.ts';
import { NO_KEYS } from '../../../../agent/evidence/verify/trusted-keys.ts';

const AT = { folder: '/folder', where: 'folder', keys: NO_KEYS, signal: new AbortController().signal };

/** A folder with these names; of what they name only the last one is there, and it is a folder without anything in it. */
function folderOf(names: readonly string[]): ReadFiles {
  const known = new Set(names);
  const last = names.at(-1) ?? '';
  return {
    stat: (path) => {
      const name = path.slice(path.lastIndexOf('/') + 1);
      const there = !known.has(name) || name === last;
      return Promise.resolve(
        there && !path.endsWith('order.json') ? { kind: 'folder', sizeBytes: 0 } : undefined,
      );
    },
    list: (path) => Promise.resolve(path.endsWith(last) ? [] : [...names]),
    open: () => Promise.reject(new Error('nothing here can be opened')),
    readAll: () => Promise.reject(new Error('nothing here can be read')),
  };
}

/** An id for each number. */
function id(number: number): string {
  const letters = number.toString(26).padStart(5, '0');
  const text = letters.replaceAll(/./g, (digit) => String.fromCharCode(97 + parseInt(digit, 26)));
  return `${text.padStart(25, 'a')}a`;
}

test('orders', async () => {
  const files = folderOf(Array.from({ length: 100_001 }, (_, at) => id(at)));
  const { remarks } = await checkOrders({ ...AT, files, station: 'dock-1' });
  expect(remarks.map(({ code }) => code)).toEqual(['order.missing']);
});

test('disclosures that wait', async () => {
  const files = folderOf(Array.from({ length: 10_001 }, (_, at) => `${id(at)}.json`));
  const remarks = await pendingDisclosures(files, '/folder', 0);
  expect(remarks.map(({ code }) => code)).toEqual(['disclosure.refused']);
});
