// Many stations offer all at once: each is answered in its turn, and no offer is lost for want of a place.
import { expect, test } from 'vitest';
import {
  ACTIVE_FURTHER_MAX,
  ANSWERING_MAX,
  ANSWERING_PER_STATION_MAX,
} from '../../../agent/receiver/limits.ts';
import { parseStationId } from '../../../protocol/format/ids.ts';
import { makeSecretKey, publicKeyOf } from '../../../protocol/documents/minisign.ts';
import { SeededRandom } from '../../fakes/random-seeded.ts';
import { BenchTop, type RunningReceiver } from './bench-top.ts';
import { makeSample } from './sample.ts';
import type { ScriptedStation } from './scripted-station.ts';

const KEY = makeSecretKey(new SeededRandom(3));

interface Fleet {
  readonly top: BenchTop;
  readonly receiver: RunningReceiver;
  readonly stations: readonly ScriptedStation[];
  push(at: number, count: number): void;
}

async function openFleet(seed: number, count: number): Promise<Fleet> {
  const top = new BenchTop(seed);
  const ids = Array.from({ length: count }, (_, at) => parseStationId(`dock-${at + 1}`));
  const known = ids.map((id) => ({ id, publicKeys: [publicKeyOf(KEY)] }));
  const receiver = await top.receiver({ stations: known });
  const stations: ScriptedStation[] = [];
  for (const id of ids) stations.push(await top.station({ id }));
  const push = (at: number, samples: number): void => {
    const station = ids[at];
    if (station === undefined) return;
    for (let each = 0; each < samples; each++)
      stations[at]?.push(makeSample(top.random, KEY, 100, { station }));
  };
  return { top, receiver, stations, push };
}

/** Stations, in the order in which their recordings were claimed. */
function claimed({ receiver }: Fleet): string[] {
  return receiver.log.lines
    .filter(({ message }) => message === 'recording claimed')
    .map(({ fields }) => String(fields['station']));
}

test('everything that comes at once is received by the first offer of each', async () => {
  const fleet = await openFleet(300, 6);
  const { top, stations } = fleet;
  for (const at of stations.keys()) fleet.push(at, 20);
  await top.until('receipts', () => stations.every(({ receipts }) => receipts.size === 20));
  expect(stations.map(({ offers }) => offers)).toEqual(stations.map(() => 20));
});

test('a station that offers a hundred first costs each other one a turn', async () => {
  const fleet = await openFleet(301, 6);
  const { top, stations } = fleet;
  fleet.push(0, 100);
  for (const at of [...stations.keys()].slice(1)) fleet.push(at, 4);
  await top.until('receipts', () => stations.slice(1).every(({ receipts }) => receipts.size === 4));
  const order = claimed(fleet);
  for (let at = 1; at < stations.length; at++) {
    const own = order.flatMap((id, place) => (id === `dock-${at + 1}` ? [place] : []));
    expect(own).toHaveLength(4);
    expect(own[0]).toBeLessThan(ANSWERING_MAX + stations.length);
  }
  const others = order.flatMap((id, place) => (id === 'dock-1' ? [] : [place]));
  const greedy = order.slice(0, others.at(-1)).filter((id) => id === 'dock-1');
  expect(greedy.length).toBeLessThanOrEqual(ANSWERING_PER_STATION_MAX + 4);
});

test('stations that have all places but send nothing leave each other one a place', async () => {
  const fleet = await openFleet(302, 10);
  const { top, stations } = fleet;
  const [honest, ...idle] = stations;
  for (const [at, station] of idle.entries())
    for (let count = 0; count < 32; count++) {
      const sample = makeSample(top.random, KEY, 100, { station: parseStationId(`dock-${at + 2}`) });
      await station.publish(station.topics.offer(sample.recording), station.offerOf(sample));
    }
  await top.clock.advance(1000);
  expect(claimed(fleet).length).toBeGreaterThanOrEqual(ACTIVE_FURTHER_MAX);
  fleet.push(0, 1);
  await top.until('a claim', () => honest?.claims.length === 1, 5000);
});
