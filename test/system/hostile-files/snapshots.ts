// The state of a station, its store and its cameras at one moment, out of which any number of worlds can go on; and the life that such
// moments are taken from, until every kind of file was there once.
import { BEGIN_MS } from '../../simulation/machine.ts';
import { plantStatement } from '../../simulation/planted-statement.ts';
import { writeAcknowledgement } from '../../../agent/custody/acknowledgement.ts';
import { UNIT_BYTES } from '../../../protocol/format/limits.ts';
import { plantTree, treeOf, type DiskTree } from '../../fakes/disk-trees.ts';
import { contentOf, digestOf, type Recording } from '../../simulation/recordings.ts';
import { SPOOL, STATION, VAULT } from '../../simulation/sides.ts';
import { World } from '../../simulation/world.ts';

/** One moment. */
export interface Snapshot {
  readonly name: string;
  readonly atMs: number;
  readonly spool: DiskTree;
  readonly vault: DiskTree;
  readonly cameras: readonly {
    readonly bay: string | undefined;
    readonly recordings: readonly Recording[];
  }[];
  readonly recordings: readonly Recording[];
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
/** A life that stands still is a fault of this file. */
const STEP_MS_MAX = 60 * MINUTE_MS;
/** Between the moment and the next start. */
const AWAY_MS = MINUTE_MS;

/** A world that goes on from there; nothing runs in it yet. */
export function worldFrom(snapshot: Snapshot, seed: number): World {
  const world = new World(seed);
  plantTree(world.station.disk.files, SPOOL, snapshot.spool);
  plantTree(world.store.disk.files, VAULT, snapshot.vault);
  for (const machine of [world.station, world.store]) machine.wallAheadMs = snapshot.atMs + AWAY_MS;
  for (const [at, { bay, recordings }] of snapshot.cameras.entries()) {
    const camera = world.dock.cameras[at];
    if (camera === undefined) throw new Error('more cameras than the dock has');
    for (const recording of recordings) camera.record(recording, dateOf(world, recording));
    if (bay !== undefined) world.dock.plug(bay, camera);
  }
  world.recordings.push(...snapshot.recordings);
  return world;
}

/** The time that the camera shows of a file; the same in every world. */
function dateOf(_: World, { path }: Recording): string {
  return new Date(Date.UTC(2026, 10, 25, 5) + path.length * MINUTE_MS).toISOString();
}

/** Writes down the moment. */
function snapshotOf(name: string, world: World, earlierMs: number): Snapshot {
  const { dock, station, store, timeline, recordings } = world;
  return {
    name,
    atMs: earlierMs + timeline.nowMs,
    spool: treeOf(station.disk.files, SPOOL),
    vault: treeOf(store.disk.files, VAULT),
    cameras: dock.cameras.map((camera) => ({
      bay: dock.bays.find((bay) => dock.in(bay) === camera),
      recordings: camera.recordings,
    })),
    recordings: [...recordings],
  };
}

class Life {
  readonly world: World;
  #files = 0;

  constructor(world: World) {
    this.world = world;
  }

  /** A new file of that length on a camera. */
  record(camera: number, sizeBytes: number): void {
    const worn = this.world.dock.cameras[camera];
    if (worn === undefined) throw new Error('no such camera');
    const path = `DCIM/V${String(++this.#files).padStart(4, '0')}.MP4`;
    const variant = this.#files % 6;
    const recording = {
      camera: worn.name,
      path,
      content: contentOf(variant, sizeBytes),
      sizeBytes,
      sha256: digestOf(variant, sizeBytes),
    };
    this.world.recordings.push(recording);
    worn.record(recording, dateOf(this.world, recording));
  }

  plug(bay: number, camera: number): void {
    const worn = this.world.dock.cameras[camera];
    const place = this.world.dock.bays[bay];
    if (worn === undefined || place === undefined) throw new Error('no such camera or bay');
    this.world.dock.plug(place, worn);
  }

  unplug(bay: number): void {
    this.world.dock.unplug(this.world.dock.bays[bay] ?? '');
  }

  /** Lets time pass until it holds. */
  async until(what: string, holds: () => boolean): Promise<void> {
    const { timeline } = this.world;
    await timeline.run(holds, timeline.nowMs + STEP_MS_MAX);
    if (!holds()) throw new Error(`not in time: ${what}\n${this.world.trace.last.slice(-20).join('\n')}`);
  }

  pass(ms: number): Promise<void> {
    const { timeline } = this.world;
    return timeline.run(() => false, timeline.nowMs + ms);
  }

  spooled(folder: string): readonly string[] {
    return this.world.station.disk.files.peekNames(`${SPOOL}/${folder}`) ?? [];
  }

  /** Whether something below the spool or the vault has that name. */
  has(path: string): boolean {
    const { files } = (path.startsWith(SPOOL) ? this.world.station : this.world.store).disk;
    return files.peek(path) !== undefined || files.peekNames(path) !== undefined;
  }

  /** Sealed copies that have their receipt. */
  receipted(): number {
    return this.spooled('ready').filter((name) => this.has(`${SPOOL}/ready/${name}/receipt.json`)).length;
  }

  /** Ends the agent as a service manager does; it comes back. */
  async stopStation(): Promise<void> {
    const { agent } = this.world;
    const state = { isOver: false };
    void agent?.station
      .stop()
      .then(() => agent.close())
      .then(() => (state.isOver = true));
    await this.until('the station stopped', () => state.isOver);
    this.world.killStation();
  }

  /** A person's word, as the command writes it while no agent runs. */
  async acknowledge(): Promise<void> {
    const { files } = this.world.station.disk;
    const word = { reason: 'looked-at', made_at: '2026-11-25T08:00:00.000Z' };
    await writeAcknowledgement(files, `${SPOOL}/acknowledgement.json`, word);
  }

  isEmpty(camera: number): boolean {
    return this.world.dock.cameras[camera]?.recordings.length === 0;
  }
}

/** Every moment that files are taken from, the oldest first. */
export async function lifeSnapshots(): Promise<readonly Snapshot[]> {
  const life = new Life(new World(1));
  const { world } = life;
  const snapshots: Snapshot[] = [];
  const take = (name: string): void => void snapshots.push(snapshotOf(name, world, 0));
  world.bootStore();
  world.bootStation();
  await life.until('the station is there', () => world.agent !== undefined);

  // Delivered, and so long ago that only the documents are left.
  for (const size of [900, 1300]) life.record(0, size);
  life.record(1, 700);
  life.plug(0, 0);
  life.plug(1, 1);
  await life.until('two cameras emptied', () => life.isEmpty(0) && life.isEmpty(1));
  life.unplug(0);
  life.unplug(1);
  await life.until('copies reclaimed', () => life.spooled('released').length === 3);

  // Delivered just now: the copies are still there. A start makes a second segment of the log.
  world.killStation();
  await life.until('the station is back', () => world.agent !== undefined);
  for (const size of [5000, 1100]) life.record(0, size);
  life.plug(0, 0);
  await life.until('a camera emptied', () => life.isEmpty(0));
  life.unplug(0);
  await life.pass(20 * SECOND_MS);
  take('settled');

  // The store is away: what comes waits in the spool.
  world.wire.hub.hold('store');
  for (const size of [UNIT_BYTES + 300, 1500]) life.record(1, size);
  life.plug(1, 1);
  await life.until('two recordings wait', () => life.spooled('ready').length === 4);
  life.unplug(1);
  life.record(2, 2000);
  life.plug(0, 2);
  await life.until('three recordings wait', () => life.spooled('ready').length === 5);
  await life.pass(5 * SECOND_MS);
  life.record(0, 3 * UNIT_BYTES);
  life.plug(1, 0);
  await life.until('a sealing is under way', () => life.spooled('staging').length === 1);
  await life.pass(100);
  take('backlog');

  // The store is back: it holds a part.
  await life.until('a fourth recording waits', () => life.spooled('ready').length === 6);
  world.wire.hub.release('store');
  await life.until('an upload is under way', () => uploadUnderWay(world));
  take('uploading');
  await life.until('docked cameras emptied', () => life.isEmpty(0) && life.isEmpty(2));

  // What the third camera still holds has its receipts; the station ended in order and left its caches.
  life.unplug(1);
  await life.until('all receipted', () => life.receipted() === 6);
  await life.stopStation();
  await life.acknowledge();
  take('receipted');
  await life.until('the station is back again', () => world.agent !== undefined);
  life.plug(1, 1);
  await life.until('the third camera emptied', () => life.isEmpty(1));
  await life.pass(20 * SECOND_MS);
  take('delivered');
  snapshots.push(await restored(snapshots));
  return snapshots;
}

/** A digest list is there, and a part of the payload. */
function uploadUnderWay({ store }: World): boolean {
  const incoming = `${VAULT}/.incoming/${STATION}`;
  const { files } = store.disk;
  return (files.peekNames(incoming) ?? []).some(
    (recording) =>
      files.peek(`${incoming}/${recording}/chunks.bin`) !== undefined &&
      (files.peek(`${incoming}/${recording}/payload.age`)?.length ?? 0) > UNIT_BYTES,
  );
}

/** The vault of an earlier day was restored, and said so: the station offers again what it holds. */
async function restored(snapshots: readonly Snapshot[]): Promise<Snapshot> {
  const [earlier, now] = ['settled', 'delivered'].map((name) => snapshots.find((each) => each.name === name));
  if (earlier === undefined || now === undefined) throw new Error('no such moment');
  const life = new Life(worldFrom({ ...now, vault: earlier.vault }, 2));
  const { files } = life.world.store.disk;
  await plantStatement(files, new Date(BEGIN_MS + now.atMs).toISOString());
  life.world.bootStore();
  life.world.bootStation();
  const isFollowed = (): boolean =>
    Buffer.from(life.world.station.disk.files.peek(`${SPOOL}/store.json`) ?? [])
      .toString()
      .includes('"offered":true');
  await life.until('the statement followed', isFollowed);
  return snapshotOf('restored', life.world, now.atMs + AWAY_MS);
}
