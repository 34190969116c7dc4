// Which recordings an order reaches, where several files of one docking have one place on the camera, and where documents do not hold.
import { expect, test } from 'vitest';
import { parseStationId } from '../../../../protocol/format/ids.ts';
import type { Manifest } from '../../../../protocol/documents/manifest.ts';
import { dropOldDocuments } from '../../../../agent/receiver/retention/expire.ts';
import type { CrashDisk } from '../../../fakes/files-crash.ts';
import { seededRandom } from '../../../fakes/random-seeded.ts';
import type { Sample } from '../sample.ts';
import {
  DAY_MS,
  expireOn,
  hearing,
  later,
  folderOf,
  plantOrder,
  plantRecording,
  retentionDisk,
  sidecarOf,
  START_MS,
  stateOf,
} from './retention-scenario.ts';

const BOTH = ['officer', 'supervisor'] as const;

/** In the same docking at the same place as another one. */
function besides({ manifest: { docking, source } }: Sample): Partial<Manifest> {
  return { docking, source };
}

test('an order to delete a file that its recorder went on with does not reach what was read of it later', async () => {
  const disk = retentionDisk();
  const random = seededRandom(1);
  const pause = plantRecording(disk, random);
  const whole = plantRecording(disk, random, { manifest: besides(pause) });
  const sidecar = plantRecording(disk, random, { manifest: sidecarOf(pause) });
  plantOrder(disk, random, pause, { verb: 'delete', orderedMs: START_MS, by: BOTH });
  await expireOn(await later(disk, 1));
  expect([pause, whole, sidecar].map((each) => stateOf(disk, each))).toEqual(['deleted', 'whole', 'deleted']);
});

test('what lifts the hold of one of them leaves that of the other one, which keeps all of that place', async () => {
  const disk = retentionDisk();
  const random = seededRandom(2);
  const pause = plantRecording(disk, random);
  const whole = plantRecording(disk, random, { manifest: besides(pause) });
  const sidecar = plantRecording(disk, random, { manifest: sidecarOf(pause) });
  for (const each of [pause, whole])
    plantOrder(disk, random, each, { verb: 'hold', orderedMs: START_MS, by: BOTH });
  plantOrder(disk, random, pause, { verb: 'unhold', orderedMs: START_MS + DAY_MS, by: BOTH });
  await expireOn(await later(disk, 20));
  expect([pause, whole, sidecar].map((each) => stateOf(disk, each))).toEqual(['whole', 'whole', 'whole']);
  plantOrder(disk, random, whole, { verb: 'unhold', orderedMs: START_MS + 21 * DAY_MS, by: BOTH });
  await expireOn(await later(disk, 22, 2));
  expect([pause, whole, sidecar].map((each) => stateOf(disk, each))).toEqual([
    'deleted',
    'deleted',
    'deleted',
  ]);
});

test('a hold of a recording whose documents do not hold any more keeps its sidecar', async () => {
  const spoil: readonly ((disk: CrashDisk, folder: string) => void)[] = [
    (disk, folder) => disk.corrupt(`${folder}/receipt.json`, (bytes) => bytes.subarray(1)),
    (disk, folder) => disk.corrupt(`${folder}/manifest.json.minisig`, (bytes) => bytes.subarray(1)),
    (disk, folder) => disk.corrupt(`${folder}/manifest.json`, (bytes) => bytes.subarray(1)),
  ];
  for (const [seed, damage] of spoil.entries()) {
    const disk = retentionDisk();
    const random = seededRandom(3);
    const media = plantRecording(disk, random);
    const sidecar = plantRecording(disk, random, { manifest: sidecarOf(media) });
    const other = plantRecording(disk, random, { station: parseStationId('dock-2') });
    const hold = { verb: 'hold', orderedMs: START_MS, by: BOTH } as const;
    plantOrder(disk, random, media, hold);
    damage(disk, folderOf(media));
    await expireOn(await later(disk, 20, seed));
    expect([sidecar, other].map((each) => stateOf(disk, each))).toEqual(['whole', 'deleted']);
  }
});

test('such a hold that lapsed keeps nothing, whatever its recording is worth', async () => {
  const disk = retentionDisk();
  const random = seededRandom(4);
  const media = plantRecording(disk, random);
  const sidecar = plantRecording(disk, random, { manifest: sidecarOf(media) });
  plantOrder(disk, random, media, { verb: 'hold', orderedMs: START_MS, by: ['officer'] });
  disk.corrupt(`${folderOf(media)}/manifest.json`, (bytes) => bytes.subarray(1));
  await expireOn(await later(disk, 20));
  expect(stateOf(disk, sidecar)).toBe('deleted');
});

test('an order that lies there by the name of the folder that went from hand to hand may be a hold', async () => {
  const disk = retentionDisk();
  const random = seededRandom(5);
  const held = plantRecording(disk, random);
  const { order } = plantOrder(disk, random, held, { verb: 'hold', orderedMs: START_MS, by: BOTH });
  const orders = `/vault/${held.station}/orders`;
  await disk.rename(`${orders}/${order}`, `${orders}/order-${order}`);
  const expired = await expireOn(await later(disk, 20));
  expect(expired).toMatchObject({ deleted: 0, totals: { findings: 1, states: { blocked: 1 } } });
  expect(stateOf(disk, held)).toBe('whole');
});

test('a hold that nobody lifted stays, however old, while its recording is away', async () => {
  const disk = retentionDisk();
  const random = seededRandom(6);
  const held = plantRecording(disk, random);
  const lifted = plantRecording(disk, random);
  const hold = { verb: 'hold', orderedMs: START_MS, by: BOTH } as const;
  plantOrder(disk, random, held, hold);
  plantOrder(disk, random, lifted, hold);
  plantOrder(disk, random, lifted, { verb: 'unhold', orderedMs: START_MS + DAY_MS, by: BOTH });
  for (const each of [held, lifted]) await disk.rename(folderOf(each), `/vault/${each.recording}`);
  // Its folder is in the quarantine, or a backup is not put back in all yet.
  await dropOldDocuments(hearing(disk, await later(disk, 800)));
  expect(await disk.list('/vault/dock-1/orders')).toHaveLength(3);
  await disk.rename(`/vault/${held.recording}`, folderOf(held));
  expect(await expireOn(await later(disk, 801, 2))).toMatchObject({
    deleted: 0,
    totals: { states: { held: 1 } },
  });
});
