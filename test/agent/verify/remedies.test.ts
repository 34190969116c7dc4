import { expect, test } from 'vitest';
import type { RemarkCode } from '../../../agent/verify/meanings.ts';
import { remedyOf } from '../../../agent/verify/remedies.ts';

const CODES: readonly RemarkCode[] = [
  'payload.unit-altered',
  'manifest.signature-unknown-key',
  'docking.version',
  'receipt.signature-missing',
  'custody.unreadable',
  'manifest.revoked-key',
  'folder.unexpected-entry',
  'deletion.put-back',
  'recording.missing',
];

test('every finding comes with something to do, and with what fits it', () => {
  const remedies = CODES.map((code) => remedyOf({ kind: 'finding', code }));
  for (const [at, remedy] of remedies.entries()) expect(remedy, CODES[at]).toMatch(/^[A-Z].{20,}\.$/);
  expect(new Set(remedies).size).toBe(CODES.length - 1); // what is missing is looked for in the same places
  expect(remedies[1]).toContain('key id');
  expect(remedies[2]).toContain('newer');
});

test('a note says what to do only where there is something', () => {
  expect(remedyOf({ kind: 'note', code: 'disclosure.made' })).toBeUndefined();
  expect(remedyOf({ kind: 'note', code: 'deletion.unfinished' })).toContain('receiver');
});
