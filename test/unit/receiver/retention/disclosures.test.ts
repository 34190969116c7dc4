// Disclosures on their way into the store's log.
import { describe, expect, test } from 'vitest';
import { makeSessionId } from '../../../../protocol/format/ids.ts';
import { encodeDisclosure, type Disclosure } from '../../../../protocol/documents/order.ts';
import { takeDisclosures, type TakenDisclosures } from '../../../../agent/receiver/retention/disclosures.ts';
import { whileTimePasses } from '../../../fakes/clock-manual.ts';
import { SURVIVALS, type CrashDisk } from '../../../fakes/files-crash.ts';
import { SeededRandom } from '../../../fakes/random-seeded.ts';
import { makeDockingSample } from '../docking-sample.ts';
import type { Sample } from '../sample.ts';
import {
  at,
  depsOn,
  entriesOf,
  plantRecording,
  folderOf,
  retentionDisk,
  START_MS,
  stationKey,
  VAULT,
  type TestDeps,
} from './retention-scenario.ts';

const FOLDER = `${VAULT}/.disclosures`;

function plant(
  disk: CrashDisk,
  random: SeededRandom,
  sample: Sample,
  change: Partial<Disclosure> = {},
  name?: string,
): string {
  const disclosure: Disclosure = {
    type: 'disclosure',
    version: 1,
    disclosure: makeSessionId(random),
    station: sample.station,
    recording: sample.recording,
    manifest_sha256: sample.manifestSha256,
    command: 'open',
    reason: 'case-7',
    asked_at: at(START_MS),
    ...change,
  };
  disk.plant(`${FOLDER}/${name ?? `${disclosure.disclosure}.json`}`, encodeDisclosure(disclosure));
  return disclosure.disclosure;
}

async function take(deps: TestDeps): Promise<TakenDisclosures> {
  return whileTimePasses(deps.clock, takeDisclosures(deps));
}

function entered(disk: CrashDisk): string[] {
  return entriesOf(disk, 'disclosed').map(({ facts }) => String(facts['disclosure']));
}

describe('a disclosure', () => {
  test('is entered with all that it says and then removed; without any, nothing is written', async () => {
    const disk = retentionDisk({ hasReceipt: false });
    const random = new SeededRandom(61);
    expect(await take(depsOn(disk, 1))).toEqual({ entered: 0, refused: [], more: false });
    expect(entriesOf(disk, 'segment-opened')).toEqual([]);
    const sample = plantRecording(disk, random);
    const id = plant(disk, random, sample, { command: 'export', reason: 'court-12' });
    expect(await take(depsOn(disk, 2))).toMatchObject({ entered: 1, refused: [] });
    expect(entriesOf(disk, 'disclosed').map(({ facts }) => facts)).toEqual([
      {
        station: sample.station,
        recording: sample.recording,
        disclosure: id,
        command: 'export',
        reason: 'court-12',
        asked_at: at(START_MS),
      },
    ]);
    expect(await disk.list(FOLDER)).toEqual([]);
  });

  test('is entered whatever else lies there that counts for nothing', async () => {
    const disk = retentionDisk();
    const random = new SeededRandom(66);
    const sample = plantRecording(disk, random);
    for (let number = 0; number < 1001; number++)
      disk.plant(`${FOLDER}/${String(number).padStart(4, '0')}.json`, Buffer.from('{}'));
    const id = plant(disk, random, sample);
    const taken = await take(depsOn(disk, 1));
    expect([taken.entered, taken.refused.length, taken.more]).toEqual([1, 1001, false]);
    expect(entered(disk)).toEqual([id]);
  });

  test('of a docking record, which has no manifest, is entered like one of a recording', async () => {
    const disk = retentionDisk();
    const random = new SeededRandom(64);
    const docking = makeDockingSample(random, stationKey);
    disk.plant(`${folderOf(docking)}/docking.json`, docking.offer.bytes);
    disk.plant(`${folderOf(docking)}/docking.json.minisig`, docking.offer.signature);
    const { station, recording, sha256: manifest_sha256 } = docking;
    const id = plant(disk, random, plantRecording(disk, random), {
      station,
      recording,
      manifest_sha256,
      command: 'export',
    });
    expect(await take(depsOn(disk, 1))).toMatchObject({ entered: 1, refused: [] });
    expect(entered(disk)).toEqual([id]);
    expect(await disk.list(FOLDER)).toEqual([]);
  });

  test('that is no disclosure, of another name, or about nothing that is here, stays and is told', async () => {
    const disk = retentionDisk();
    const random = new SeededRandom(62);
    const sample = plantRecording(disk, random);
    const good = plant(disk, random, sample);
    plant(disk, random, sample, {}, `${makeSessionId(random)}.json`);
    plant(disk, random, sample, {}, 'note.txt');
    plant(disk, random, sample, { manifest_sha256: 'a'.repeat(64) });
    disk.plant(`${FOLDER}/${makeSessionId(random)}.json`, Buffer.from('{"type":"disclosure"}'));
    disk.plant(`${FOLDER}/${makeSessionId(random)}.json`, new Uint8Array(10_000));
    disk.plant(`${FOLDER}/${makeSessionId(random)}.json.new`, Buffer.from('{'));
    const taken = await take(depsOn(disk, 1));
    expect([taken.entered, taken.refused.length]).toEqual([1, 5]);
    expect(entered(disk)).toEqual([good]);
    expect(await disk.list(FOLDER)).toHaveLength(6);
  });

  test('is in the log once whatever step a power cut hits, and never removed before it is', async () => {
    const before = retentionDisk({ hasReceipt: false });
    const random = new SeededRandom(63);
    const sample = plantRecording(before, random);
    const ids = [plant(before, random, sample), plant(before, random, sample)];
    await take(depsOn(before, 1));
    let cuts = 0;
    for (let step = 0; step <= before.steps; step += 3)
      for (const survival of SURVIVALS) {
        const disk = before.crash(step, survival);
        const left = (await disk.list(FOLDER).catch(() => [])).length;
        if (left < ids.length) expect(entered(disk).length, `step ${step}`).toBe(ids.length);
        await take(depsOn(disk, 2 + step));
        expect(entered(disk).toSorted(), `step ${step}, ${survival}`).toEqual(ids.toSorted());
        cuts++;
      }
    expect(cuts).toBeGreaterThan(10);
  });
});

test('one that the disk does not show keeps no other one out of the log', async () => {
  const disk = retentionDisk();
  const random = new SeededRandom(59);
  const sample = plantRecording(disk, random);
  const [bad, good] = [plant(disk, random, sample), plant(disk, random, sample)];
  disk.fail({ operation: 'readAll', path: bad, nth: 1, code: 'EIO', times: Number.POSITIVE_INFINITY });
  expect(await take(depsOn(disk, 1))).toMatchObject({ entered: 1, refused: [`${bad}.json`] });
  expect(entriesOf(disk, 'disclosed').map(({ facts }) => facts['disclosure'])).toEqual([good]);
  disk.heal();
  expect(await take(depsOn(disk, 2))).toMatchObject({ entered: 1, refused: [] });
});
