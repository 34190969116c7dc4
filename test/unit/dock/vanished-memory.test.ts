// What is remembered of files that vanished, over starts of the agent and whatever the disk does.
import { beforeEach, expect, test } from 'vitest';
import { CameraHealth } from '../../../agent/dock/camera-health.ts';
import { VanishedMemory } from '../../../agent/dock/vanished-memory.ts';
import { parseCameraId, type CameraId } from '../../../protocol/format/ids.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { CrashDisk } from '../../fakes/files-crash.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';

const PATH = '/spool/vanished.json';
const [one, two] = [parseCameraId('cam-1'), parseCameraId('cam-2')];
const LOST = { entries: 2, entriesHere: 1 };
let disk: CrashDisk;
let log: MemoryLog;
let isGone: boolean;

beforeEach(async () => {
  disk = new CrashDisk();
  await disk.makeFolder('/spool');
  await disk.syncFolder('/');
  log = new MemoryLog();
  isGone = false;
});

function open(files = disk): Promise<VanishedMemory> {
  const confirm = async (): Promise<void> => {
    if (isGone) throw new Error('spool.gone');
  };
  return VanishedMemory.open({ files, path: PATH, confirm, log });
}

function watched(memory: VanishedMemory): { health: CameraHealth; conditions: MemoryConditions } {
  const conditions = new MemoryConditions();
  const alias = (camera: CameraId): string => `alias of ${camera}`;
  const health = new CameraHealth({
    clock: { wallMs: () => 0 },
    conditions,
    missingDays: 14,
    alias,
    localMs: (ms) => ms,
    clockSynchronised: () => true,
  });
  health.remember(memory);
  return { health, conditions };
}

test('a camera from which files vanished is told of by the next start, until it was docked without a loss', async () => {
  const first = await open();
  const before = watched(first);
  before.health.vanished(one, { entries: 1, entriesHere: 1 });
  before.health.vanished(one, LOST);
  before.health.vanished(two, LOST);
  before.health.undocked(one, true, LOST);
  before.health.undocked(two, false, { entries: 0, entriesHere: 0 });
  await first.settle();

  const second = await open(disk.crash(disk.steps, 'nothing'));
  const { health, conditions } = watched(second);
  for (const camera of [one, two])
    expect(conditions.facts('camera.vanished', `alias of ${camera}`)).toEqual({
      entries: 2,
      entries_here: 1,
    });
  health.undocked(one, true, { entries: 0, entriesHere: 0 });
  expect(conditions.isRaised('camera.vanished', 'alias of cam-1')).toBe(false);
  await second.settle();
  expect([...second.all.keys()]).toEqual([two]);
});

test('what the disk does not take holds nothing up, and is written with the next change', async () => {
  const memory = await open();
  isGone = true;
  memory.keep(one, LOST);
  await memory.settle();
  expect(disk.peek(PATH)).toBeUndefined();
  expect(log.messages('warn')).toHaveLength(1);
  isGone = false;
  memory.keep(two, LOST);
  await memory.settle();
  expect([...(await open()).all]).toEqual([
    [one, LOST],
    [two, LOST],
  ]);
});

test.each([
  ['a torn end', (bytes: Uint8Array) => bytes.subarray(0, -3)],
  ['something else', () => Buffer.from('{"type":"vanished"}')],
])('a file with %s is nothing that is known, and is told', async (_, damage) => {
  const memory = await open();
  memory.keep(one, LOST);
  await memory.settle();
  disk.corrupt(PATH, damage);
  expect((await open()).all.size).toBe(0);
  expect(log.messages('warn')).toEqual(['list of vanished files not readable']);
});

test('cameras without end do not fill the memory', async () => {
  const memory = await open();
  for (let number = 0; number < 5000; number++) memory.keep(parseCameraId(`cam-${number}`), LOST);
  await memory.settle();
  expect(memory.all.size).toBeLessThan(2000);
  expect((await open()).all.size).toBe(memory.all.size);
});
