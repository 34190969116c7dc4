// What people call a docking is a stay: as many as cameras were put in, whatever ends and starts meanwhile, and each of its days is proven.
import { expect, test } from 'vitest';
import { parseDockingRecord, stayOf, type DockingRecord } from '../../protocol/documents/docking-record.ts';
import { Days } from './day.ts';
import { lastProblems } from './last-judge.ts';
import { BEGIN_MS } from './machine.ts';
import { contentOf, digestOf } from './recordings.ts';
import { deliver, finished } from './run-seed.ts';
import { VAULT } from './sides.ts';
import { World } from './world.ts';

const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const PLUGS = 5;
const EVENTS_MAX = 5;
const SIZE_BYTES = 200_000;
/** From the end of a day to a listing of a camera that stays: a start after a cut among it. */
const LISTED_WITHIN_MS = 300 * SECOND_MS;
/** So long after its start a station has listed its cameras, and counts none that comes as one that was there. */
const LISTED_MS = 40 * SECOND_MS;

/** A camera in a bay, by the station's clock. */
interface Plug {
  readonly bay: string;
  readonly camera: string;
  readonly midnightsMs: number[];
}

test.each([1, 2, 3, 4, 5, 6])(
  'by seed %i there are as many stays as plugs, and each midnight of one is followed by a listing',
  async (seed) => {
    const world = new World(seed);
    const { timeline, random, dock } = world;
    const plugs: Plug[] = [];
    const life = async (): Promise<void> => {
      await atRest(world);
      for (let number = 1; number <= PLUGS; number++) {
        const bay = random.pick(dock.bays);
        const camera = random.pick(dock.cameras);
        const plug: Plug = { bay: bay.replace('/dev/', ''), camera: camera.name, midnightsMs: [] };
        plugs.push(plug);
        if (random.below(2) === 0) record(world, camera, number);
        world.note(`${camera.name} into ${bay}`);
        dock.plug(bay, camera);
        await timeline.sleep(20 * SECOND_MS);
        for (let events = random.below(EVENTS_MAX); events > 0; events--) await happens(world, plug);
        dock.unplug(bay);
        await timeline.sleep(20 * SECOND_MS);
      }
    };
    world.bootStore();
    world.bootStation();
    await finished(world, life(), HOUR_MS);
    const livedUntil = new Date(wallMs(world)).toISOString();
    await deliver(world, new Days(world)); // each camera is emptied once more
    expect([...world.judge.problems, ...lastProblems(world)]).toEqual([]);
    const lived = recordsOf(world).filter(({ docked_at: at }) => at < livedUntil);
    const seen = [...staysOf(lived).values()];
    expect(seen.map(([first]) => [first?.bay, first?.camera.serial])).toEqual(
      plugs.map(({ bay, camera }) => [bay, `serial-of-${camera}`]),
    );
    for (const [at, { midnightsMs }] of plugs.entries())
      for (const midnightMs of midnightsMs) {
        const listedMs = (seen[at] ?? []).map(
          ({ inventory }) => Date.parse(inventory?.taken_at ?? '') - midnightMs,
        );
        expect(listedMs.some((each) => each >= 0 && each < LISTED_WITHIN_MS)).toBe(true);
      }
  },
);

/** One of: a kill, a cut, a stop in order, the end of a day; perhaps two at a time. Resolves once the station is at rest again. */
async function happens(world: World, { midnightsMs }: Plug): Promise<void> {
  const { timeline, random, station, store } = world;
  const what = random.below(5);
  if (what >= 3) {
    const nowMs = wallMs(world);
    const midnightMs = Math.ceil(nowMs / DAY_MS) * DAY_MS;
    const aheadMs = station.wallAheadMs + midnightMs - 20 * SECOND_MS - nowMs;
    station.wallAheadMs = aheadMs;
    store.wallAheadMs = aheadMs;
    midnightsMs.push(midnightMs);
    world.note('the day ends in 20 s');
    await timeline.sleep((what === 3 ? 40 : 19 + random.below(35)) * SECOND_MS);
  }
  if (what === 3) return timeline.sleep(20 * SECOND_MS);
  if (what === 2) await world.stopStation().then(() => world.bootStation());
  else if (what === 1) world.killStation();
  else world.cutStation();
  await atRest(world);
}

/** What reads the disk in earnest takes its time while others go on. */
async function atRest(world: World): Promise<void> {
  do await world.timeline.sleep(SECOND_MS);
  while (!world.isUp);
  await world.timeline.sleep(LISTED_MS);
}

function record(world: World, camera: World['dock']['cameras'][number], number: number): void {
  const what = { content: contentOf(1, SIZE_BYTES), sha256: digestOf(1, SIZE_BYTES), sizeBytes: SIZE_BYTES };
  const recording = { camera: camera.name, path: `DCIM/100REC/${number}.MP4`, ...what };
  camera.record(recording, new Date(BEGIN_MS).toISOString());
  world.recordings.push(recording);
}

function wallMs({ timeline, station }: World): number {
  return BEGIN_MS + timeline.nowMs + station.wallAheadMs;
}

/** First parts of the records in the vault, in the order of their beginnings. */
function recordsOf({ store, site }: World): DockingRecord[] {
  const folder = `${VAULT}/${site.station}`;
  const { durable } = store.disk;
  const records = (durable.names(folder) ?? []).flatMap((name) => {
    const bytes = durable.bytes(`${folder}/${name}/docking.json`);
    return bytes === undefined ? [] : [parseDockingRecord(bytes)];
  });
  return records.filter(({ part }) => part === 1).sort((a, b) => (a.docked_at < b.docked_at ? -1 : 1));
}

function staysOf(records: readonly DockingRecord[]): Map<string, DockingRecord[]> {
  const stays = new Map<string, DockingRecord[]>();
  for (const record of records) {
    const { stay } = stayOf(record);
    stays.set(stay, [...(stays.get(stay) ?? []), record]);
  }
  return stays;
}
