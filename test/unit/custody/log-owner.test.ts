// Whose log a start finds in its spool.
import { describe, expect, test } from 'vitest';
import { refuseOtherStation, refusePutAsideKey } from '../../../agent/custody/log-owner.ts';
import type { StationId } from '../../../protocol/format/ids.ts';
import { keyIdHex, makeSecretKey, publicKeyOf } from '../../../protocol/documents/minisign.ts';
import { CrashDisk } from '../../fakes/files-crash.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { FOLDER, logDisk, logKey, openLog } from './custody-scenario.ts';

const OURS = 'office-1' as StationId;
const OTHER = 'office-2' as StationId;

async function usedDisk(): Promise<CrashDisk> {
  const disk = logDisk();
  for (const seed of [1, 2]) {
    const { custody } = await openLog(disk, seed);
    custody.append({ event: 'agent-started', facts: { version: '0.1.0' } });
    await custody.checkpoint();
    await custody.close();
  }
  return disk;
}

describe('a spool', () => {
  test('that this station used, that is new, or that is not there yet, is gone on with', async () => {
    for (const disk of [await usedDisk(), logDisk(), new CrashDisk()])
      await expect(refuseOtherStation(disk, FOLDER, OURS)).resolves.toBeUndefined();
  });

  test('of another station is refused with both names, and nothing in it is changed', async () => {
    const disk = await usedDisk();
    const before = disk.tree(FOLDER);
    await expect(refuseOtherStation(disk, FOLDER, OTHER)).rejects.toMatchObject({
      code: 'spool.other-station',
      message: expect.stringMatching(/station office-1, .* station office-2: put "station: office-1" back/),
    });
    expect(disk.tree(FOLDER)).toEqual(before);
  });

  test('of which one segment is damaged is known by another one', async () => {
    const disk = await usedDisk();
    const [path] = [...disk.tree(FOLDER)].map(([each]) => each).filter((each) => each.endsWith('.jsonl'));
    disk.plant(path ?? '', Buffer.from('not a line\n'));
    await expect(refuseOtherStation(disk, FOLDER, OTHER)).rejects.toMatchObject({
      code: 'spool.other-station',
    });
  });

  test('of which nothing can be read is left to whoever opens the log', async () => {
    const disk = logDisk();
    disk.plant(`${FOLDER}/${'a'.repeat(26)}.jsonl`, Buffer.from('not a line\n'));
    await expect(refuseOtherStation(disk, FOLDER, OTHER)).resolves.toBeUndefined();
  });

  test('is not judged while the machine is short of handles', async () => {
    const disk = await usedDisk();
    disk.fail({ operation: 'open', nth: 1, times: Infinity, code: 'EMFILE' });
    await expect(refuseOtherStation(disk, FOLDER, OURS)).rejects.toMatchObject({ code: 'EMFILE' });
  });
});

describe('a key that changes lead away from', () => {
  const NEXT = publicKeyOf(makeSecretKey(seededRandom(203)));
  const later = [NEXT, publicKeyOf(logKey)];

  test('goes on as long as none of the keys that they lead to has signed anything', async () => {
    await expect(refusePutAsideKey(await usedDisk(), FOLDER, [NEXT])).resolves.toBeUndefined();
    for (const disk of [logDisk(), new CrashDisk()])
      await expect(refusePutAsideKey(disk, FOLDER, later)).resolves.toBeUndefined();
  });

  test('is refused behind a segment of theirs, ended or cut off, with the name of that key', async () => {
    const refused = { code: 'key.put-aside', facts: { key: keyIdHex(logKey.keyId) } };
    const ended = await usedDisk();
    await expect(refusePutAsideKey(ended, FOLDER, later)).rejects.toMatchObject(refused);
    const cutOff = await usedDisk();
    for (const [path] of cutOff.tree(FOLDER)) if (path.endsWith('.minisig')) await cutOff.unlink(path);
    await expect(refusePutAsideKey(cutOff, FOLDER, later)).rejects.toMatchObject(refused);
  });

  test('is not judged while the machine is short of handles', async () => {
    const disk = await usedDisk();
    disk.fail({ operation: 'readAll', nth: 1, times: Infinity, code: 'EMFILE' });
    await expect(refusePutAsideKey(disk, FOLDER, later)).rejects.toMatchObject({ code: 'EMFILE' });
  });
});
