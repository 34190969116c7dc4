import { expect, test } from 'vitest';
import { CompactEntry } from '../../../drivers/large-listing.ts';
import type { InventoryEntry } from '../../../drivers/driver.ts';

const entry: InventoryEntry = {
  path: Uint8Array.from({ length: 256 }, (_, byte) => byte),
  kind: 'file',
  sizeBytes: 2 ** 40 + 1,
  modifiedAt: '2026-11-25T10:00:00.250Z',
  modifiedStepMs: 2000,
  stamp: '7.250',
  locked: true,
  vendor: { format: '3000' },
};

test('says all that the given entry says, any bytes of a path among it', () => {
  const { kind, sizeBytes, modifiedStepMs, stamp, locked, vendor, path, modifiedAt } = new CompactEntry(
    entry,
  );
  expect({ kind, sizeBytes, modifiedStepMs, stamp, locked, vendor, path: [...path], modifiedAt }).toEqual({
    ...entry,
    path: [...entry.path],
  });
});

test('whoever changes a path that was asked for changes the entry not', () => {
  const compact = new CompactEntry(entry);
  compact.path.fill(0);
  expect([...compact.path]).toEqual([...entry.path]);
});

test.each([
  null,
  '',
  'yesterday',
  '2026-11-25',
  '2026-11-25T10:00:00Z',
  '2026-11-25T11:00:00.250+01:00',
  '9999-12-31T23:59:59.999Z',
  '0000-01-01T00:00:00.000Z',
  '+010000-01-01T00:00:00.000Z',
])('a time that is given as %j stays as it is given', (modifiedAt) => {
  expect(new CompactEntry({ ...entry, modifiedAt }).modifiedAt).toBe(modifiedAt);
});
