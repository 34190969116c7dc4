import { expect, test } from 'vitest';
import { makeSessionId, parseReceiverId } from '../../../protocol/ids.ts';
import { BEAT_MS } from '../../../protocol/receiver/limits.ts';
import { VaultBeats } from '../../../protocol/receiver/vault-beats.ts';
import { VaultLayout } from '../../../protocol/receiver/vault-layout.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { CrashDisk } from '../../fakes/files-crash.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { SeededRandom } from '../../fakes/random-seeded.ts';

test('a disk that refuses signs of life is told once, and once that it takes them again', async () => {
  const [files, clock, log] = [new CrashDisk(), new ManualClock(), new MemoryLog()];
  files.plantFolder('/vault');
  const beats = new VaultBeats({
    files,
    clock,
    log,
    layout: new VaultLayout('/vault'),
    receiver: parseReceiverId('r-a'),
    instance: makeSessionId(new SeededRandom(1)),
  });
  await beats.start();
  files.fail({ operation: 'change', nth: 1, times: Infinity, code: 'EIO' });
  await clock.advance(5 * BEAT_MS);
  expect(log.messages('error')).toEqual(['sign of life not written: check the disk of the vault']);
  expect(log.messages('info')).toEqual([]);
  files.heal();
  await clock.advance(2 * BEAT_MS);
  expect(log.messages('info')).toEqual(['the vault takes writes again']);
  files.fail({ operation: 'rename', nth: 1, code: 'EIO' });
  await clock.advance(2 * BEAT_MS);
  expect(log.messages('error')).toHaveLength(2);
  await beats.close();
});
