// A station that offers an id under which another one has something in the vault (SPEC 6.8.18): refused, and the other one's evidence stays as it is.
import { beforeEach, expect, test } from 'vitest';
import { makeSecretKey, publicKeyOf } from '../../../protocol/documents/minisign.ts';
import { parseStationId, type RecordingId } from '../../../protocol/format/ids.ts';
import { UNIT_BYTES } from '../../../protocol/format/limits.ts';
import { BenchTop, type RunningReceiver, STATION_KEY } from './bench-top.ts';
import { makeDockingSample } from './docking-sample.ts';
import { makeSample, STATION } from './sample.ts';
import type { ScriptedStation } from './scripted-station.ts';

const HOSTILE = parseStationId('dock-9');
const REASON = 'id-of-another-station';

let top: BenchTop;
let receiver: RunningReceiver;
let honest: ScriptedStation;
let hostile: ScriptedStation;
let key: ReturnType<typeof makeSecretKey>;
beforeEach(async () => {
  top = new BenchTop(61);
  key = makeSecretKey(top.random);
  receiver = await top.receiver({
    stations: [
      { id: STATION, publicKeys: [publicKeyOf(STATION_KEY)] },
      { id: HOSTILE, publicKeys: [publicKeyOf(key)] },
    ],
  });
  [honest, hostile] = [await top.station(), await top.station({ id: HOSTILE })];
});

const copyOf = (recording: RecordingId) => makeSample(top.random, key, 200, { recording, station: HOSTILE });
const below = (folder: string): string[] => [...top.disk.tree(folder).keys()].toSorted();

async function refused(): Promise<void> {
  const before = hostile.refusals.length;
  await top.until('refused', () => hostile.refusals.length > before);
  expect(hostile.refusals.at(-1)).toMatchObject({ verb: 'never', reason: REASON });
}

test('is refused, and its document kept in quarantine; what the other one has stays, and is answered as ever', async () => {
  const sample = top.sample(300);
  honest.push(sample);
  await top.until('receipt', () => honest.receipts.has(sample.recording));
  const before = below(`/vault/${STATION}`);
  const copy = copyOf(sample.recording);
  hostile.push(copy);
  await refused();
  expect(top.stored(copy, 'manifest.json')).toBeUndefined();
  expect(below(`/vault/${STATION}`)).toEqual(before);
  expect(receiver.conditions.facts('receiver.id-elsewhere', HOSTILE)).toEqual({
    recording: sample.recording,
    other: STATION,
  });
  const aside = [...top.disk.tree('/vault/.quarantine').values()].map((bytes) => Buffer.from(bytes ?? []));
  expect(aside.some((bytes) => bytes.equals(Buffer.from(copy.offer.bytes)))).toBe(true);
  honest.receipts.clear();
  honest.push(sample);
  await top.until('receipt again', () => honest.receipts.has(sample.recording));
});

test('is refused while the recording of the other one is on its way, and that one goes on', async () => {
  const sample = top.sample(4 * UNIT_BYTES);
  honest.alter = (unit, bytes) => (unit === 2 ? bytes.map((byte) => byte ^ 1) : bytes);
  honest.push(sample);
  await top.until('claimed', () => honest.claims.length > 0);
  hostile.push(copyOf(sample.recording));
  await refused();
  honest.alter = (_unit, bytes) => bytes;
  await top.until('receipt', () => honest.receipts.has(sample.recording), 900_000);
});

test('is refused where only the deletion record of the other one is left', async () => {
  const sample = top.sample(300);
  top.disk.plantFolder(`/vault/${STATION}/deletions/${sample.recording}`);
  hostile.push(copyOf(sample.recording));
  await refused();
});

test('of a docking record is refused, too', async () => {
  const first = makeDockingSample(top.random, STATION_KEY);
  await honest.offerDocking(first);
  await top.until('receipt', () => honest.receipts.has(first.recording));
  const { docking } = first.record;
  await hostile.offerDocking(makeDockingSample(top.random, key, { docking, station: HOSTILE }));
  await refused();
  hostile.push(copyOf(first.recording));
  await refused();
  expect(below(`/vault/${HOSTILE}`).filter((path) => path.includes(first.recording))).toEqual([]);
});
