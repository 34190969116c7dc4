import { expect, test } from 'vitest';
import { accountRemarks, LogAccount } from '../../../../agent/evidence/verify/log-account.ts';

const NAME = 'a'.repeat(26);
const receipt = (number: number): string => number.toString(16).padStart(64, '0');

test.each([1, 8, 9, 40])(
  'the newest of %i receipts of a store that was put back again and again is known',
  (count) => {
    const account = new LogAccount();
    const stamp = { previous: receipt(0), at: '2026-11-25T08:00:00.000Z', boot: null, monotonic_ms: 1 };
    const facts = { recording: NAME, manifest_sha256: receipt(0), sealed_size_bytes: 1 };
    account.take({ ...stamp, sequence: 2, event: 'spooled', facts });
    for (let number = 1; number <= count; number++)
      account.take({
        ...stamp,
        sequence: 2 + number,
        event: 'receipted',
        facts: { recording: NAME, receiver: 'r-store', receipt_sha256: receipt(number) },
      });
    const held = {
      kind: 'recording' as const,
      name: NAME,
      where: NAME,
      station: 'dock-1',
      sha256: receipt(0),
      receiptSha256: receipt(count),
    };
    const remarks = accountRemarks({
      where: 'custody',
      account,
      held: new Map([[NAME, held]]),
      superseded: new Set(),
      dropped: new Set(),
      kind: 'vault',
      fromTheStart: true,
    });
    expect(remarks).toEqual([]);
  },
);

test.each([
  ['vault', ['receipt.missing']],
  ['spool', []],
] as const)('a receipt that is not in a %s since its store was restored', (kind, expected) => {
  const account = new LogAccount();
  const stamp = { previous: receipt(0), at: '2026-11-25T08:00:00.000Z', boot: null, monotonic_ms: 1 };
  const facts = { recording: NAME, manifest_sha256: receipt(0), sealed_size_bytes: 1 };
  const receipted = { recording: NAME, receiver: 'r-store', receipt_sha256: receipt(1) };
  const restored = { receiver: 'r-store', restored_sha256: receipt(2) };
  account.take({ ...stamp, sequence: 2, event: 'spooled', facts });
  account.take({ ...stamp, sequence: 3, event: 'receipted', facts: receipted });
  account.take({ ...stamp, sequence: 4, event: 'store-restored', facts: restored });
  const held = { kind: 'recording', name: NAME, where: NAME, station: 'dock-1', sha256: receipt(0) } as const;
  const remarks = accountRemarks({
    where: 'custody',
    account,
    held: new Map([[NAME, { ...held, receiptSha256: undefined }]]),
    superseded: new Set(),
    dropped: new Set(),
    kind,
    fromTheStart: true,
  });
  expect(remarks.map(({ code }) => code)).toEqual(expected);
});
