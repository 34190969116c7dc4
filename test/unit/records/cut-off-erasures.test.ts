// What a docking that a cut ended says of erasures: the log's last word, and nothing else.
import { expect, test } from 'vitest';
import { CutOffEntries } from '../../../agent/records/cut-off-entries.ts';
import type { CustodyEventName } from '../../../protocol/custody/custody-entry.ts';
import { makeRecordingId } from '../../../protocol/format/ids.ts';
import { nodeRandom } from '../../../agent/platform/random-node.ts';

const path = '1'.repeat(64);
const recording = makeRecordingId(nodeRandom());
const at = '2026-11-26T08:00:00.000Z';
const durable = {
  recording,
  pathSha256: path,
  originalSizeBytes: 9,
  rejected: null,
  sealedAt: at,
};

const LIVES: readonly (readonly [readonly CustodyEventName[], boolean | null])[] = [
  [[], false],
  [['erasing'], null],
  [['erasing', 'erased'], true],
  [['erasing', 'not-erased'], false],
  [['erasing', 'erasure-unconfirmed'], null],
  [['erasing', 'erasure-unconfirmed', 'erased'], true],
  [['erasing', 'erasure-unconfirmed', 'not-erased'], false],
  [['erasing', 'not-erased', 'erasing'], null],
];

for (const isMatched of [false, true])
  test.each(LIVES)(
    `a log that ends behind %j of a file that is ${isMatched ? 'known again' : 'new'}: %j`,
    (events, erased) => {
      const entries = new CutOffEntries([{ path_sha256: path, size_bytes: 9, modified_at: null }]);
      const facts = { recording, path_sha256: path, size_bytes: 9 };
      entries.take({ event: 'seen', facts, at });
      for (const event of [isMatched ? ('matched' as const) : ('pulled' as const), ...events])
        entries.take({ event, facts, at });
      const [entry] = entries.finish({ has: () => true, ofDocking: isMatched ? [] : [durable] });
      expect(entry).toMatchObject({ fate: isMatched ? 'matched' : 'stored', recording, erased });
    },
  );
