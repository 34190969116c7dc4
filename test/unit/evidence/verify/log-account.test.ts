import { describe, expect, test } from 'vitest';
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
    const found = accountRemarks({
      where: 'custody',
      account,
      held: new Map([[NAME, held]]),
      superseded: new Set(),
      dropped: new Set(),
      kind: 'vault',
      fromTheStart: true,
      isRevoked: () => false,
    });
    expect(found).toEqual([]);
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
  const found = accountRemarks({
    where: 'custody',
    account,
    held: new Map([[NAME, { ...held, receiptSha256: undefined }]]),
    superseded: new Set(),
    dropped: new Set(),
    kind,
    fromTheStart: true,
    isRevoked: () => false,
  });
  expect(found.map(({ code }) => code)).toEqual(expected);
});

describe('a document that no entry names', () => {
  const stamp = {
    previous: receipt(0),
    boot: null,
    monotonic_ms: 1,
    event: 'clock-state' as const,
    facts: { synchronised: true },
  };
  const at = (hour: string): string => `2026-11-25T${hour}:00:00.000Z`;
  const [KEY, OTHER] = ['aa', 'bb'];

  function codesOf(
    entries: readonly (readonly [hour: string, keyId: string])[],
    {
      kind = 'vault',
      fromTheStart = true,
      isRevoked = false,
    }: { kind?: 'vault' | 'spool'; fromTheStart?: boolean; isRevoked?: boolean } = {},
  ): string[] {
    const account = new LogAccount();
    for (const [sequence, [hour, keyId]] of entries.entries())
      account.take({ ...stamp, sequence: sequence + 1, at: at(hour) }, keyId);
    const document = {
      kind: 'recording',
      name: NAME,
      where: NAME,
      station: 'dock-1',
      sha256: receipt(0),
    } as const;
    const made = { made: { keyId: KEY, at: at('08') }, doneAt: at('08'), receiptSha256: undefined };
    const question = { where: 'custody', account, superseded: new Set<string>(), dropped: new Set<string>() };
    const held = new Map([[NAME, { ...document, ...made }]]);
    return accountRemarks({ ...question, held, kind, fromTheStart, isRevoked: () => isRevoked }).map(
      ({ code }) => code,
    );
  }

  test('is a finding where the log goes on after it and holds its time', () => {
    expect(
      codesOf([
        ['07', KEY],
        ['09', KEY],
      ]),
    ).toEqual(['recording.unlogged']);
    expect(
      codesOf([
        ['07', KEY],
        ['09', OTHER],
      ]),
    ).toEqual(['recording.unlogged']);
    expect(codesOf([['09', KEY]])).toEqual(['recording.unlogged']); // from its beginning
  });

  test('is a note where the log ends before it, or its beginning is not here', () => {
    expect(codesOf([['07', KEY]])).toEqual(['recording.not-logged']);
    expect(
      codesOf([
        ['07', KEY],
        ['08', KEY],
      ]),
    ).toEqual(['recording.not-logged']);
    expect(codesOf([['09', KEY]], { fromTheStart: false })).toEqual(['recording.not-logged']);
    expect(codesOf([])).toEqual(['recording.not-logged']);
  });

  test('of a revoked key is one only where that key vouches for what comes later', () => {
    expect(
      codesOf(
        [
          ['07', KEY],
          ['09', OTHER],
        ],
        { isRevoked: true },
      ),
    ).toEqual(['recording.not-logged']);
    expect(
      codesOf(
        [
          ['07', KEY],
          ['09', KEY],
        ],
        { isRevoked: true },
      ),
    ).toEqual(['recording.unlogged']);
  });

  test('is a note in a spool, where its entry may be on its way', () => {
    expect(
      codesOf(
        [
          ['07', KEY],
          ['09', KEY],
        ],
        { kind: 'spool' },
      ),
    ).toEqual(['recording.not-logged']);
  });
});
