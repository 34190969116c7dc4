import { describe, expect, test } from 'vitest';
import { parseCameraId } from '../../../../protocol/format/ids.ts';
import { DOCKING_GAP_MS, DOCKING_GAPS_MAX } from '../../../../agent/receiver/limits.ts';
import { SURVIVALS } from '../../../fakes/files-crash.ts';
import { SeededRandom } from '../../../fakes/random-seeded.ts';
import { BenchTop, STATION_KEY, type RunningReceiver } from '../bench-top.ts';
import { makeDockingSample, type DockingSample } from '../docking-sample.ts';
import { STATION } from '../sample.ts';
import type { ScriptedStation } from '../scripted-station.ts';

const CAMERA = 'cam-1';
const SUBJECT = `${STATION}/${CAMERA}`;

/** Dockings of one camera, each naming the one before. */
function chain(count: number, camera = CAMERA, seed = 1): DockingSample[] {
  const random = new SeededRandom(seed);
  const samples: DockingSample[] = [];
  for (let at = 0; at < count; at++)
    samples.push(
      makeDockingSample(random, STATION_KEY, {
        camera: { id: parseCameraId(camera), vendor: null, model: null, serial: null, firmware: null },
        previous_docking_sha256: samples.at(-1)?.sha256 ?? null,
      }),
    );
  return samples;
}

async function begin(
  seed: number,
): Promise<{ top: BenchTop; receiver: RunningReceiver; station: ScriptedStation }> {
  const top = new BenchTop(seed);
  const receiver = await top.receiver();
  return { top, receiver, station: await top.station() };
}

async function deliver(
  top: BenchTop,
  station: ScriptedStation,
  ...samples: readonly (DockingSample | undefined)[]
): Promise<void> {
  for (const sample of samples) {
    if (sample === undefined) throw new Error('no such sample');
    await station.offerDocking(sample);
    await top.until('receipt', () => station.receipts.has(sample.recording), 10_000);
  }
}

describe('a docking record that never came', () => {
  test('is told with station and camera after a minute, and no longer once it came', async () => {
    const { top, receiver, station } = await begin(1);
    const [a, b, c, d] = chain(4);
    await deliver(top, station, a, c, d);
    await top.clock.advance(DOCKING_GAP_MS - 1000);
    expect(receiver.conditions.codes()).toEqual([]);
    await top.clock.advance(2000);
    expect(receiver.conditions.facts('docking.gap', SUBJECT)).toEqual({
      station: STATION,
      camera: CAMERA,
      gaps: 1,
      missing_sha256: b?.sha256,
    });
    await top.clock.advance(10 * DOCKING_GAP_MS);
    expect(receiver.log.messages('warn')).toEqual(['a docking record is missing']);
    await deliver(top, station, b);
    await top.clock.advance(DOCKING_GAP_MS + 1000);
    expect(receiver.conditions.codes()).toEqual([]);
    expect(receiver.log.messages()).toContain('no docking record is missing any more');
  });

  test('is not told where a backlog came in another order, or a camera has two records with one before', async () => {
    const { top, receiver, station } = await begin(2);
    const [a, b, c, d] = chain(4);
    const twin = makeDockingSample(top.random, STATION_KEY, {
      previous_docking_sha256: a?.sha256 ?? null,
    });
    await deliver(top, station, d, c, a, b, twin);
    await top.clock.advance(3 * DOCKING_GAP_MS);
    expect(receiver.conditions.history.filter(({ code }) => code === 'docking.gap')).toEqual([]);
  });

  test('is told again by a receiver that starts, and not once the record came', async () => {
    const { top, receiver, station } = await begin(3);
    const [a, b, c] = chain(3);
    await deliver(top, station, a, c);
    await top.clock.advance(DOCKING_GAP_MS + 1000);
    await receiver.stop();
    await receiver.broker.close(true);
    const second = await top.receiver();
    await top.clock.advance(DOCKING_GAP_MS + 1000);
    expect(second.conditions.isRaised('docking.gap', SUBJECT)).toBe(true);
    await deliver(top, station, b);
    await top.clock.advance(2 * DOCKING_GAP_MS);
    expect(second.conditions.isRaised('docking.gap', SUBJECT)).toBe(false);
  });

  test('is told for each camera alone', async () => {
    const { top, receiver, station } = await begin(4);
    const [first, second] = [chain(2, 'cam-1', 5), chain(3, 'cam-2', 6)];
    await deliver(top, station, first[1], second[0], second[2]);
    await top.clock.advance(DOCKING_GAP_MS + 1000);
    expect(receiver.conditions.codes()).toEqual(['docking.gap', 'docking.gap']);
    await deliver(top, station, second[1]);
    await top.clock.advance(DOCKING_GAP_MS + 1000);
    expect(receiver.conditions.isRaised('docking.gap', SUBJECT)).toBe(true);
    expect(receiver.conditions.isRaised('docking.gap', `${STATION}/cam-2`)).toBe(false);
  });

  test('is not told where only the index was lost: the records are looked at first', async () => {
    const { top, receiver, station } = await begin(5);
    const [a, b, c] = chain(3);
    await deliver(top, station, a, b);
    await top.disk.removeTree('/vault/.dockings');
    await deliver(top, station, c);
    await top.clock.advance(3 * DOCKING_GAP_MS);
    expect(receiver.conditions.history.filter(({ code }) => code === 'docking.gap')).toEqual([]);
  });

  test('costs a bounded look, however many a station claims', async () => {
    const { top, receiver, station } = await begin(6);
    const random = new SeededRandom(61);
    for (let at = 0; at < DOCKING_GAPS_MAX + 20; at++)
      await deliver(
        top,
        station,
        makeDockingSample(random, STATION_KEY, {
          previous_docking_sha256: Buffer.from(random.bytes(32)).toString('hex'),
        }),
      );
    await top.clock.advance(DOCKING_GAP_MS + 1000);
    expect(receiver.conditions.facts('docking.gap', SUBJECT)).toMatchObject({ gaps: DOCKING_GAPS_MAX });
    expect(receiver.log.messages('warn')).toContain('too many gaps between docking records to list');
  });
});

test('a power cut at any step loses no gap: whoever has the receipt of a record is told what is missing before it', async () => {
  const { top, receiver, station } = await begin(7);
  const [, , c] = chain(3);
  station.onReceipt = (receipt) => top.disk.claim(receipt.recording);
  await deliver(top, station, c);
  await receiver.stop();
  const { disk } = top;
  for (let step = 0; step <= disk.steps; step++) {
    if (disk.claimsAt(step).length === 0) continue;
    for (const survival of SURVIVALS) {
      const after = new BenchTop(700 + step);
      after.disk = disk.crash(step, survival);
      const { conditions } = await after.receiver();
      await after.clock.advance(DOCKING_GAP_MS + 1000);
      expect(conditions.isRaised('docking.gap', SUBJECT), `at ${step}, ${survival} survived`).toBe(true);
    }
  }
});
