// What was never signed by this station has no say in a chain.
import { beforeEach, expect, test } from 'vitest';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { ChainLife, digestOf, named } from './chain-life.ts';
import { prepare } from './scenario.ts';

let life: ChainLife;
let disk: CrashDisk;
beforeEach(async () => {
  life = await ChainLife.begin();
  ({ disk } = life);
});

for (const folder of ['ready', 'quarantine'])
  test(`a manifest without a signature in ${folder}/ that names the last one: the next one names the last one, too`, async () => {
    const last = await life.one();
    const forged = prepare(seededRandom(99), { previous: digestOf(last), signature: 'x' });
    const path = `/spool/${folder}/${forged.recording}`;
    disk.plant(`${path}/manifest.json`, forged.documents.manifestBytes);
    disk.plant(`${path}/manifest.json.minisig`, 'x');
    disk.plant(`${path}/payload.age`, forged.payload);
    disk.plant(`${path}/chunks.bin`, forged.chunks);
    expect(named(await life.one())).toBe(digestOf(last));
  });
