// Whole stations with PTP cameras that refuse or lie about an erasure (CAM-16, CAM-17, CAM-18), or whose store is full (CAM-15).
import { afterEach, expect, test } from 'vitest';
import { patternBytes } from '../contracts/driver-subject.ts';
import { scaledClock } from '../fakes/clock-scaled.ts';
import { FixedClockSource } from '../fakes/clock-source-fixed.ts';
import type { DockAndStore, DockOptions } from '../fakes/dock-and-store.ts';
import type { PtpResponder } from '../fakes/ptp/responder.ts';
import { ptpStation, type PtpStation } from '../fakes/ptp/station.ts';
import { pause } from '../fakes/until.ts';

const PORT = '1-1.1';
const FACTOR = 20;
/** Two rounds of a docking that has nothing to do, in real time. */
const ROUNDS_MS = 2 * (30_000 / FACTOR);

const DELETE = 0x100b;
const SET_PROPERTY = 0x1016;
const PARTIAL_64 = 0x95c1;
const STORE_FULL = 0x200c;

const FILES = {
  'DCIM/100MEDIA/A.MP4': patternBytes(30_000),
  'DCIM/100MEDIA/B.MP4': patternBytes(20_000, 2),
  'DCIM/101MEDIA/B.GPS': patternBytes(300, 3),
};
const PATHS = Object.keys(FILES);

let dock: DockAndStore | undefined;
afterEach(async () => {
  await dock?.close();
  dock = undefined;
});

async function station(options: Omit<DockOptions, 'usb' | 'clock'> = {}): Promise<PtpStation> {
  const opened = await ptpStation({ clock: scaledClock(FACTOR), ...options });
  dock = opened.dock;
  return opened;
}

function count({ asked }: PtpResponder, operation: number): number {
  return asked.filter((each) => each === operation).length;
}

/** Everything is in the vault as it was on the camera. */
async function expectAllStored(whole: DockAndStore, files: Readonly<Record<string, Buffer>>): Promise<void> {
  const kept = await whole.vault();
  expect(kept.map(({ path }) => path)).toEqual(Object.keys(files).sort());
  for (const { path, original } of kept)
    expect(original.equals(files[path] ?? Buffer.alloc(0)), path).toBe(true);
}

/** The docking record of the camera that is unplugged now: fate, reason and "erased" of each entry. */
async function recorded({ usb, dock: whole }: PtpStation): Promise<unknown[]> {
  usb.unplug(PORT);
  await whole.until('the record', async () => (await whole.dockings()).length === 1);
  const [record] = await whole.dockings();
  return record?.entries.map(({ fate, reason, erased }) => [fate, reason, erased]) ?? [];
}

test('an erasure that is answered with OK while the file stays listed counts as none, is told, and is not asked for again', async () => {
  const made = await station();
  const { usb, dock: whole } = made;
  const camera = made.camera('PTP-16', FILES);
  camera.misdeeds.onlySays = (operation) => operation === DELETE;
  usb.plug(PORT, camera);
  await whole.until('told', () => whole.bay()['entries_receipted'] === 3 && whole.bay()['state'] === 'done');
  await pause(ROUNDS_MS);
  expect(whole.conditions.facts('camera.not-erased', 'bay-1')).toEqual({ reason: 'still-listed' });
  expect(whole.retained('condition/camera.not-erased')).toContain('would not erase');
  expect(whole.bay()).toMatchObject({ light: 'safe-to-take', entries: 3, entries_erased: 0 });
  expect(count(camera, DELETE)).toBe(3);
  expect(camera.camera.files()).toHaveLength(3);
  for (const path of PATHS)
    expect(await made.said(path)).toEqual(['seen', 'pulled', 'erasing', 'not-erased still-listed']);
  await expectAllStored(whole, FILES);
  expect(await recorded(made)).toEqual(PATHS.map(() => ['stored', null, false]));
});

/** Answers behind which the file is gone all the same, and what is told of each. */
const DENIALS: readonly (readonly [number, string])[] = [
  [0x2002, 'refused'],
  [0x200d, 'write-protected'],
  [0x2012, 'refused'],
];

for (const [code, reason] of DENIALS)
  test(`an erasure that is answered with 0x${code.toString(16)} while the file goes is told, and counts once the listing shows it`, async () => {
    const made = await station();
    const { usb, dock: whole } = made;
    const camera = made.camera('PTP-17', FILES);
    camera.misdeeds.change = (operation, answer) => {
      if (operation === DELETE) answer.code = code;
    };
    usb.plug(PORT, camera);
    await whole.until('erased', () => whole.bay()['entries_erased'] === 3);
    const told = whole.conditions.history.filter(
      ({ code: of, facts }) => of === 'camera.not-erased' && facts,
    );
    expect(told.map(({ facts }) => facts)).toEqual(PATHS.map(() => ({ reason })));
    expect(whole.conditions.isRaised('camera.not-erased', 'bay-1')).toBe(false);
    expect(count(camera, DELETE)).toBe(3);
    for (const path of PATHS) expect(await made.said(path)).toEqual(['seen', 'pulled', 'erasing', 'erased']);
    await expectAllStored(whole, FILES);
    expect(await recorded(made)).toEqual(PATHS.map(() => ['stored', null, true]));
  });

test('an erasure that is never answered is asked for once, and counts once the listing shows it', async () => {
  const made = await station();
  const { usb, dock: whole } = made;
  const camera = made.camera('PTP-17', { 'A.MP4': patternBytes(1000), 'B.MP4': patternBytes(2000) });
  camera.misdeeds.silentAt = (operation) => operation === DELETE;
  usb.plug(PORT, camera);
  await whole.until('erased', () => whole.bay()['entries_erased'] === 2);
  expect(count(camera, DELETE)).toBe(2);
  for (const path of ['A.MP4', 'B.MP4']) {
    const said = await made.said(path);
    expect(said).toEqual(['seen', 'pulled', 'erasing', 'erased']);
  }
  expect(await recorded(made)).toEqual([1, 2].map(() => ['stored', null, true]));
});

test('only files are erased, one handle at a time: no folder, and never all', async () => {
  const made = await station();
  const { usb, dock: whole } = made;
  const camera = made.camera('PTP-18', FILES);
  const handles = new Map(
    [...camera.objects.all()].map(([handle, { file }]) => [handle, file !== undefined]),
  );
  expect([...handles.values()].filter((isFile) => !isFile)).toHaveLength(3);
  const asked: (readonly number[])[] = [];
  camera.misdeeds.change = (operation, answer, parameters) => {
    if (operation === DELETE) asked.push(parameters);
    // The second one is refused as if it were a folder of which a part is gone.
    if (asked.length === 2 && operation === DELETE) answer.code = 0x2012;
  };
  usb.plug(PORT, camera);
  await whole.until('erased', () => whole.bay()['entries_erased'] === 3);
  expect(asked.map(([handle = 0, ...more]) => [handles.get(handle), more])).toEqual(
    PATHS.map(() => [true, []]),
  );
  expect(new Set(asked.map(([handle]) => handle)).size).toBe(3);
});

test('a camera whose store is full is emptied, or keeps everything where it refuses even that', async () => {
  const made = await station({ clockSource: new FixedClockSource(true) });
  const { usb, dock: whole } = made;
  const camera = made.camera('PTP-15', FILES);
  camera.camera.clock?.set({ utcMs: 0, localMs: 0 });
  let isFull = true;
  const isRefused = (operation: number): boolean =>
    isFull && (operation === DELETE || operation === SET_PROPERTY);
  camera.misdeeds.onlySays = isRefused;
  camera.misdeeds.change = (operation, answer) => {
    if (isRefused(operation)) answer.code = STORE_FULL;
  };
  usb.plug(PORT, camera);
  await whole.until('told', () => whole.bay()['entries_receipted'] === 3 && whole.bay()['state'] === 'done');
  await pause(ROUNDS_MS);
  expect(whole.conditions.facts('camera.not-erased', 'bay-1')).toEqual({ reason: 'refused' });
  expect(whole.bay()).toMatchObject({ light: 'safe-to-take', entries_erased: 0 });
  expect([count(camera, SET_PROPERTY), count(camera, DELETE)]).toEqual([1, 3]);
  for (const path of PATHS)
    expect(await made.said(path)).toEqual(['seen', 'pulled', 'erasing', 'not-erased refused']);
  await expectAllStored(whole, FILES);
  expect(await recorded(made)).toEqual(PATHS.map(() => ['stored', null, false]));

  isFull = false;
  usb.plug(PORT, camera);
  await whole.until('erased', () => camera.camera.files().length === 0);
  expect((await whole.vault()).length).toBe(3);
});

test('a camera that answers reads with "store full" is asked again with pauses, told, and emptied once it gives its files', async () => {
  const made = await station();
  const { usb, dock: whole } = made;
  const camera = made.camera('PTP-15', FILES);
  let isFull = true;
  camera.misdeeds.change = (operation, answer) => {
    if (isFull && operation === PARTIAL_64) Object.assign(answer, { code: STORE_FULL, data: undefined });
  };
  usb.plug(PORT, camera);
  await whole.until('told', () => whole.conditions.isRaised('camera.not-taken', 'bay-1'));
  await whole.until('the light', () => whole.bay()['light'] === 'call-someone');
  await pause(ROUNDS_MS);
  expect(whole.conditions.facts('camera.not-taken', 'bay-1')).toEqual({ entries: 3, reason: 'unreadable' });
  expect(count(camera, PARTIAL_64)).toBeLessThanOrEqual(3 * 6); // pauses double from 5 s on: six tries in 155 s
  expect(count(camera, DELETE)).toBe(0);
  expect(await whole.vault()).toEqual([]);
  isFull = false;
  await whole.until('emptied', () => camera.camera.files().length === 0);
  await expectAllStored(whole, FILES);
  for (const path of PATHS)
    expect(await made.said(path)).toEqual(['seen', 'not-taken unreadable', 'pulled', 'erasing', 'erased']);
  expect(whole.conditions.isRaised('camera.not-taken', 'bay-1')).toBe(false);
});
