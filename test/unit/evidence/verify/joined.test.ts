// A recording that was read in several dockings: its file may be erased only after another look at all of it (SPEC 18.4).
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RecordingWish } from '../../../fakes/vault-builder-recordings.ts';
import { findingsOf, recordedVault } from './recorded-vault.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-joined-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const joints = [1];
const lives: readonly (readonly [string, RecordingWish, readonly string[]])[] = [
  ['compared and erased', { joints, erased: true }, []],
  ['kept', { joints, isCompared: false }, []],
  ['erased, and not compared', { joints, erased: true, isCompared: false }, ['docking.erased-uncompared']],
  [
    'erased as far as anybody could see, and not compared',
    { joints, erased: null, isCompared: false },
    ['docking.erased-uncompared'],
  ],
  ['read in one go, and erased', { erased: true }, []],
];

test.each(lives)('%s', async (name, wish, found) => {
  const [builder] = await recordedVault(join(root, name));
  await builder.record({ camera: 'cam-9', ...wish });
  await builder.close();
  expect(await findingsOf(builder)).toEqual(found);
});
