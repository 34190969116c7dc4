// Which recording stands for a content that is already here, whether its payload still lies here or was reclaimed.
import { expect, test } from 'vitest';
import type { Spool } from '../../../agent/spool/spool.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { makeRecordingId } from '../../../protocol/format/ids.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import {
  CAMERA,
  freshDisk,
  openSpool,
  prepareContent,
  receiptOne,
  spoolOne,
  type Prepared,
  type PrepareOptions,
} from './scenario.ts';

const PATH = 'DCIM/0001.MP4';
const content = Buffer.from('these bytes');
const random = seededRandom(41);
const prepared = (bytes: Buffer, options: PrepareOptions = {}): Prepared =>
  prepareContent(makeRecordingId(random), bytes, { path: PATH, ...options });
const found = async (spool: Spool): Promise<string | undefined> => {
  const file = { pathSha256: sha256Hex(Buffer.from(PATH)), sizeBytes: content.length };
  return (await spool.findContent(CAMERA, file, sha256Hex(content)))?.recording;
};

for (const isReleased of [false, true]) {
  const of = isReleased ? 'released' : 'sealed';
  const spoolWith = async (...all: readonly Prepared[]): Promise<Spool> => {
    const disk = await freshDisk();
    const { spool } = await openSpool(disk);
    for (const each of all) {
      await spoolOne(disk, spool, each);
      if (!isReleased) continue;
      await receiptOne(spool, each);
      await spool.reclaim(each.recording);
    }
    return spool;
  };

  test(`a ${of} recording with this very content stands for it, and one of another size or digest does not`, async () => {
    const others = [prepared(Buffer.from('those bytes')), prepared(Buffer.from('other bytes too'))];
    const same = prepared(content);
    expect(await found(await spoolWith(...others))).toBeUndefined();
    expect(await found(await spoolWith(...others, same))).toBe(same.recording);
  });

  test(`a ${of} one that is damaged stands for nothing, and one that is odd for another reason does`, async () => {
    const damaged = prepared(content, {
      rejected: { reason: 'damaged', unreadable: [{ offset_bytes: 0, size_bytes: 1 }] },
      sealedAt: '2026-11-26T09:00:00.000Z',
    });
    const odd = prepared(content, { rejected: { reason: 'odd-name', unreadable: [] } });
    expect(await found(await spoolWith(damaged))).toBeUndefined();
    expect(await found(await spoolWith(damaged, odd))).toBe(odd.recording);
  });
}
