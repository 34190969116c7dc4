// Which recordings an order reaches, where several files of one docking have one place on the camera, and where documents do not hold.
import { expect, test } from 'vitest';
import type { Manifest } from '../../../../protocol/manifest.ts';
import type { CrashDisk } from '../../../fakes/files-crash.ts';
import { seededRandom } from '../../../fakes/random-seeded.ts';
import type { Sample } from '../sample.ts';
import {
  DAY_MS,
  depsOn,
  expireOn,
  plantOrder,
  plantRecording,
  retentionDisk,
  START_MS,
  stateOf,
  type TestDeps,
} from './retention-scenario.ts';

const BOTH = ['officer', 'supervisor'] as const;

/** A program that runs so many days after START_MS, on a machine that was on all the time. */
async function later(disk: CrashDisk, days: number, seed = 1): Promise<TestDeps> {
  const deps = depsOn(disk, seed, { bootId: 'one boot' });
  await deps.clock.advance(days * DAY_MS);
  return deps;
}

/** In the same docking at the same place as another one. */
function besides({ manifest: { docking, source } }: Sample): Partial<Manifest> {
  return { docking, source };
}

function sidecarOf({ manifest: { docking, source } }: Sample): Partial<Manifest> {
  return { docking, role: 'sidecar', sidecar_of: source.path_sha256 };
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
