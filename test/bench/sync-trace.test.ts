import { expect, test } from 'vitest';
import { countSyncs, syncKind } from './sync-trace.ts';

test('a trace is counted by the kind of what is synced, and a call that another thread interrupts is counted once', () => {
  const trace = [
    '11  fdatasync(23</spool/staging/abc/payload.age>) = 0',
    '12  fsync(24</spool/ready> <unfinished ...>',
    '11  fdatasync(25</spool/custody/s.jsonl>) = 0',
    '12  <... fsync resumed>)                    = 0',
    '12  fsync(24</spool/ready>)                 = 0',
    '13  sync()                                  = 0',
    '11  +++ exited with 0 +++',
    '',
  ].join('\n');
  expect([...countSyncs(trace)]).toEqual([
    ['sealed file', 1],
    ['folder', 2],
    ['custody log', 1],
    ['other', 1],
  ]);
});

test('documents are told from what they describe', () => {
  expect(syncKind('/v/x/manifest.json.minisig')).toBe('document');
  expect(syncKind('/v/x/chunks.bin')).toBe('list of digests');
  expect(syncKind('/v/town-1/custody')).toBe('folder');
  expect(syncKind('/v/.incoming/town-1/x/12.abcdef')).toBe('folder');
  expect(syncKind('/spool/reserve.new')).toBe('other');
});
