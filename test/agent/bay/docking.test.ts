import { setTimeout as realSleep } from 'node:timers/promises';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { bulkInline } from '../../../agent/bulk/bulk-inline.ts';
import { Committer } from '../../../agent/bay/commit.ts';
import type { BayActivity } from '../../../agent/bay/bay-state.ts';
import { DockingEntries } from '../../../agent/bay/docking-entries.ts';
import { Docking } from '../../../agent/bay/docking.ts';
import { Eraser } from '../../../agent/bay/erase.ts';
import type { DockingFacts } from '../../../agent/bay/manifest-build.ts';
import { News } from '../../../agent/bay/news.ts';
import { Spool } from '../../../agent/spool/spool.ts';
import { Taker } from '../../../agent/bay/take.ts';
import type { CameraSession } from '../../../drivers/driver.ts';
import { simulatedDriver } from '../../../drivers/simulated/driver.ts';
import { MemoryCamera, MEMORY_IDENTITY } from '../../../drivers/simulated/memory-camera.ts';
import { makeIdentity } from '../../../protocol/age-keys.ts';
import { DockError } from '../../../protocol/errors.ts';
import { makeDockingId, parseBayId, parseCameraId, parseStationId } from '../../../protocol/ids.ts';
import { nodeFiles } from '../../../protocol/io/files-node.ts';
import { nodeRandom } from '../../../protocol/io/random-node.ts';
import { inlineSigner, makeSecretKey, publicKeyOf } from '../../../protocol/minisign.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryCustody } from '../../fakes/custody-memory.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';

const random = nodeRandom();
const files = nodeFiles();
const log = new MemoryLog();
const facts: DockingFacts = {
  station: parseStationId('kod-1'),
  bay: parseBayId('bay-1'),
  docking: makeDockingId(random),
  camera: parseCameraId('cam-1'),
  identity: MEMORY_IDENTITY,
  recipients: [makeIdentity(random).recipient],
};

let folder: string;
let spool: Spool;
let clock: ManualClock;
let camera: MemoryCamera;
let session: CameraSession;
let entries: DockingEntries;
let news: News;
let activity: BayActivity;
let running: Promise<unknown>;
const ending = new AbortController();

beforeEach(async () => {
  const key = makeSecretKey(random);
  const stationKeys = [publicKeyOf(key)];
  clock = new ManualClock();
  camera = new MemoryCamera();
  folder = await mkdtemp(join(tmpdir(), 'bodydock-'));
  const conditions = new MemoryConditions();
  const common = { files, clock, random, log, conditions, stationKeys, custody: new MemoryCustody() };
  ({ spool } = await Spool.open({ ...common, path: folder, reserveBytes: 0 }));
  const driver = simulatedDriver(new Map([['/camera', camera]]));
  session = await driver.open({ kind: 'folder', path: '/camera' }, ending.signal);
  const bulk = bulkInline({ files, random });
  const working = { ...common, spool, bulk };
  const signer = inlineSigner(key);
  const onSpooled = (): void => undefined;
  const committer = new Committer({ ...working, signer, clockSynchronised: () => null, onSpooled }, facts);
  const taker = new Taker({ ...working, makeRoom: async () => false }, facts, session, committer, onSpooled);
  const provenRecipients = (): ReadonlySet<string> => new Set();
  const eraser = new Eraser({ ...working, policy: 'never', storeKeys: [], provenRecipients }, facts, session);
  const journal = { inventoryTaken: async () => undefined, holdsInventory: true };
  news = new News();
  entries = new DockingEntries({ ...common, docking: facts.docking, journal });
  const docking = new Docking({
    ...common,
    session,
    entries,
    taker,
    eraser,
    journal,
    news,
    onAllHere: async () => undefined,
    onShow: (shown) => (activity = shown),
  });
  running = docking.run(ending.signal).catch((error: unknown) => error);
});

afterEach(async () => {
  camera.detach();
  news.ring();
  await clock.advance(1000);
  await running;
  await spool.close();
  await rm(folder, { recursive: true, force: true });
});

/** Runs the docking for so long by its own clock; disk and workers get the time that they need. */
async function stay(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 5000) {
    await vi.waitFor(() => expect(activity).toBe('resting'));
    await clock.advance(5000);
    await realSleep(5);
  }
  await vi.waitFor(() => expect(activity).toBe('resting'));
}

test('an entry that cannot be read is tried again ever more rarely, so that the light stands still', async () => {
  camera.put('a.mp4', Buffer.from('film'));
  let reads = 0;
  session.read = () => {
    reads++;
    throw new DockError('driver.unreadable', 'it may not be opened', { retry: 'later' });
  };
  await stay(300_000);
  expect(reads).toBeGreaterThanOrEqual(4);
  expect(reads).toBeLessThanOrEqual(8);
});

test('what is no file and was seen only once is forgotten', async () => {
  for (let round = 0; round < 5; round++) {
    if (round > 0) camera.remove(`link-${round - 1}`);
    camera.put(`link-${round}`, new Uint8Array(0), { kind: 'not-a-file' });
    await stay(30_000);
  }
  expect([...entries.all]).toHaveLength(1);
});
