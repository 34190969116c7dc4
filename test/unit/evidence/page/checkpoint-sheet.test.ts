// A line that was mistyped from paper is one that cannot be read, and never another log.
import { expect, test } from 'vitest';
import { checkpointLine, parseCheckpointLines } from '../../../../agent/evidence/page/checkpoint-sheet.ts';

const CHECKPOINT = {
  origin: `bodydock/${'a'.repeat(26)}/r-first-run`,
  size: 4711,
  root: Buffer.from('0123456789abcdef'.repeat(4), 'hex'),
};
const line = checkpointLine(CHECKPOINT);
const read = { checkpoints: [CHECKPOINT], unreadable: 0 };
const unread = { checkpoints: [], unreadable: 1 };

test.each([
  ['as it was printed', line, read],
  ['with the time', `${line} (2026-11-26T08:00:00.000Z)\n`, read],
  ['in other cases and broken', line.toUpperCase().replace('89AB', '89\nAB').replace('=', '\n= '), read],
  ['without its check digits', line.slice(0, line.indexOf(' =')), read],
  ['with another digit in the root', line.replace('0123', '0124'), unread],
  ['with another size', line.replace(' 4711 ', ' 4712 '), unread],
  ['with another origin', line.replace('r-first', 'r-fist'), unread],
  ['with fewer check digits', line.slice(0, -1), unread],
  ['with a check that is none', `${line.slice(0, line.indexOf('='))}=`, unread],
])('a line %s', (_, typed, expected) => {
  expect(parseCheckpointLines(typed)).toEqual(expected);
});
