// Whole stations with PTP cameras whose files are not what they seem: names that lead elsewhere or come twice (CAM-05, CAM-06), sizes that
// are not true (CAM-08), content that grows or reads differently (CAM-11, CAM-12).
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { PULL_PIECE_BYTES } from '../../protocol/format/limits.ts';
import { patternBytes } from '../contracts/driver-subject.ts';
import { scaledClock } from '../fakes/clock-scaled.ts';
import type { DockAndStore } from '../fakes/dock-and-store.ts';
import { ptpStation, type PtpStation } from '../fakes/ptp/station.ts';

const PORT = '1-1.1';
const PARTIAL = 0x101b;
const PARTIAL_64 = 0x95c1;
const STOPPED = 'camera stopped answering while reading';
const NOT_TAKEN = 'entry not pulled, will retry';
/** A second of the camera in 50 ms. */
const FACTOR = 20;

let dock: DockAndStore | undefined;
afterEach(async () => {
  await dock?.close();
  dock = undefined;
});

async function station(cameras = 1): Promise<PtpStation> {
  const opened = await ptpStation({ cameras, clock: scaledClock(FACTOR) });
  dock = opened.dock;
  return opened;
}

/** Names of a folder that hold what they should not, and how each path reads once the station has it. */
const NAMES = [
  '../../etc/x',
  '/x',
  'C:\\x',
  'a\0b.mp4',
  'new\nline.mp4',
  '',
  '\u{1f4f9}.mp4',
  '\u202egpj.mp4',
  'x'.repeat(254),
  '..',
  '.',
];

test('names that lead elsewhere, or are none, are kept as data: every file is stored, told as odd where it is, and erased', async () => {
  const made = await station();
  const { usb, dock: whole } = made;
  const files = Object.fromEntries(NAMES.map((_, at) => [`D/${at}`, patternBytes(1000 + at, at)]));
  const camera = made.camera('PTP-N', { ...files, root: patternBytes(77) });
  for (const [at, name] of NAMES.entries()) camera.objects.told.set(`D/${at}`, { name });
  camera.objects.told.set('root', { name: '' });
  usb.plug(PORT, camera);
  await whole.until('emptied', () => camera.camera.files().length === 0);
  const kept = await whole.vault();
  // What follows a zero is no part of a name (SPEC 14.7).
  const nameOf = (told: string): string => told.replace(/\0.*/, '');
  const wanted = new Map(NAMES.map((name, at) => [`D/${nameOf(name)}`, patternBytes(1000 + at, at)]));
  wanted.set('', patternBytes(77));
  expect(new Map(kept.map(({ path, original }) => [path, original]))).toEqual(wanted);
  const odd = kept.filter(({ manifest }) => manifest.rejected?.reason === 'odd-name').map(({ path }) => path);
  expect(odd.sort()).toEqual(['', 'D/', 'D/.', 'D/..', 'D/../../etc/x', 'D//x', 'D/new\nline.mp4'].sort());
  for (const name of await readdir(join(whole.folder, 'vault', 'kod-1'))) expect(name).toMatch(/^[a-z0-9]+$/);
});

test('files of one name in one folder are one recording each, however late the store has the second one', async () => {
  const made = await station();
  const { usb, dock: whole } = made;
  const files = {
    'D/A.MP4': patternBytes(1000),
    'D/B.MP4': patternBytes(6_000_000, 2),
    'E/A.MP4': patternBytes(1000, 3),
  };
  const camera = made.camera('PTP-T', files);
  camera.objects.told.set('D/B.MP4', { name: 'A.MP4' });
  usb.plug(PORT, camera);
  await whole.until('emptied', () => camera.camera.files().length === 0);
  usb.unplug(PORT);
  await whole.until('the record', async () => (await whole.dockings()).length === 1);
  const kept = await whole.vault();
  expect(kept).toHaveLength(3);
  for (const bytes of Object.values(files))
    expect(kept.filter(({ original }) => original.equals(bytes))).toHaveLength(1);
  const [record] = await whole.dockings();
  expect(record?.entries.map(({ fate, erased, later }) => [fate, erased, later])).toEqual(
    Array.from({ length: 3 }, () => ['stored', true, false]),
  );
  expect(whole.conditions.history.filter(({ facts }) => facts !== undefined)).toEqual([]);
});

test('a file that is listed with less or more than it has is never whole: it stays, with both sizes told', async () => {
  const parts: readonly (readonly number[])[] = [[], [PARTIAL, PARTIAL_64]]; // without them it comes as a whole
  const sizes = [15_000, 20_001, 25_000];
  const cases = parts.flatMap((without) => sizes.map((toldBytes) => ({ without, toldBytes })));
  const made = await station(cases.length);
  const { usb, dock: whole } = made;
  const cameras = cases.map(({ without, toldBytes }, at) => {
    const files = { [`D/A${at}.MP4`]: patternBytes(20_000, at), [`D/B${at}.MP4`]: patternBytes(9, at) };
    const camera = made.camera(`PTP-S${at}`, files, { without });
    camera.objects.told.set(`D/A${at}.MP4`, { sizeBytes: toldBytes });
    usb.plug(`1-1.${at + 1}`, camera);
    return camera;
  });
  for (const [at, { without, toldBytes }] of cases.entries()) {
    const bay = `bay-${at + 1}`;
    await whole.until('told', () => whole.conditions.isRaised('camera.not-taken', bay));
    await whole.until('the light', () => whole.bay(at + 1)['light'] === 'call-someone');
    // In parts no more is asked for than one byte behind the listed ones.
    const readBytes = without.length === 0 ? Math.min(20_000, toldBytes + 1) : 20_000;
    const facts = { entries: 1, reason: 'changing', listed_bytes: toldBytes, read_bytes: readBytes };
    expect(whole.conditions.facts('camera.not-taken', bay), bay).toEqual(facts);
    const shown = (): string => whole.retained('condition/camera.not-taken');
    await whole.until('shown', () =>
      shown().includes(`"listed_bytes":${toldBytes},"read_bytes":${readBytes}`),
    );
    expect(shown()).toContain('they stay on the camera');
  }
  await whole.until('the others are erased', () =>
    cameras.every(({ camera }) => camera.files().length === 1),
  );
  for (const at of cameras.keys()) usb.unplug(`1-1.${at + 1}`);
  await whole.until('the records', async () => (await whole.dockings()).length === cases.length);
  const names = cases.map((_, at) => `D/B${at}.MP4`);
  expect((await whole.vault()).map(({ path }) => path)).toEqual(names);
  for (const { entries } of await whole.dockings())
    expect(entries.map(({ fate, reason, erased }) => [fate, reason, erased])).toEqual([
      ['waiting', 'changing', false],
      ['stored', null, true],
    ]);
  for (const [at, { camera }] of cameras.entries()) {
    expect(await made.said(`D/A${at}.MP4`)).toEqual(['seen', 'not-taken changing']);
    expect(camera.files().map(({ content }) => content)).toEqual([patternBytes(20_000, at)]);
  }
});

test('a range that reads differently the second time is told with both digests, and the file is taken from its beginning', async () => {
  const made = await station();
  const { usb, dock: whole } = made;
  const bytes = patternBytes(3_000_000);
  const camera = made.camera('PTP-R', { 'D/A.MP4': bytes });
  const isLogged = (message: string): boolean => whole.log.messages().includes(message);
  // The camera stops behind the first piece until the driver gives it up, and then shows a bit of that piece otherwise.
  let offset = 0;
  camera.misdeeds.silentAt = (operation) => operation === PARTIAL_64 && offset > 0 && !isLogged(STOPPED);
  camera.misdeeds.change = (operation, answer, [, low = 0]) => {
    if (operation !== PARTIAL_64) return;
    offset = low;
    if (offset > 0 || !isLogged(STOPPED) || isLogged(NOT_TAKEN)) return;
    if (answer.data instanceof Uint8Array) answer.data = flipped(answer.data);
  };
  usb.plug(PORT, camera);
  await whole.until('erased', () => camera.camera.files().length === 0);
  usb.unplug(PORT);
  await whole.until('the record', async () => (await whole.dockings()).length === 1);
  const [told] = whole.log.lines.filter(({ message }) => message === NOT_TAKEN);
  const taken = bytes.subarray(0, PULL_PIECE_BYTES - 512);
  expect(told?.fields['error']).toMatchObject({
    code: 'pull.resumed-differently',
    facts: {
      offset_bytes: taken.length,
      first_sha256: sha256Hex(taken),
      again_sha256: sha256Hex(flipped(taken)),
    },
  });
  expect(await made.said('D/A.MP4')).toEqual(['seen', 'not-taken changing', 'pulled', 'erasing', 'erased']);
  expect((await whole.vault()).map(({ original }) => original.equals(bytes))).toEqual([true]);
  const [record] = await whole.dockings();
  expect(record?.entries).toMatchObject([{ fate: 'stored', reason: null, erased: true }]);
});

/** One bit of the eighth byte is another. */
function flipped(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes, (byte, at) => (at === 7 ? byte ^ 1 : byte));
}

test('a file that grows whenever it is read waits, is told, and is taken and erased once it stays as it is', async () => {
  const made = await station();
  const { usb, dock: whole } = made;
  const camera = made.camera('PTP-G', { 'D/A.MP4': patternBytes(20_000), 'D/B.MP4': patternBytes(9, 2) });
  let sizeBytes = 20_000;
  let grows = true;
  camera.misdeeds.change = (operation, _answer, [handle = 0]) => {
    if (operation !== PARTIAL_64 || !grows || camera.objects.pathOf(handle) !== 'D/A.MP4') return;
    sizeBytes += 1000;
    camera.camera.put('D/A.MP4', patternBytes(sizeBytes));
  };
  usb.plug(PORT, camera);
  await whole.until('told', () => whole.conditions.isRaised('camera.not-taken', 'bay-1'));
  await whole.until('the light', () => whole.bay()['light'] === 'call-someone');
  expect(whole.conditions.facts('camera.not-taken', 'bay-1')).toMatchObject({
    entries: 1,
    reason: 'changing',
  });
  await whole.until('the other is erased', () => camera.camera.files().length === 1);
  await whole.until('tried again', () => sizeBytes > 23_000);
  expect((await whole.vault()).map(({ path }) => path)).toEqual(['D/B.MP4']);
  grows = false;
  await whole.until('emptied', () => camera.camera.files().length === 0);
  await whole.until('the light', () => whole.bay()['light'] === 'safe-to-take');
  expect(whole.conditions.isRaised('camera.not-taken', 'bay-1')).toBe(false);
  const [grown, ...others] = (await whole.vault()).filter(({ path }) => path === 'D/A.MP4');
  expect(others).toEqual([]);
  expect(grown?.original.equals(patternBytes(sizeBytes))).toBe(true);
  const said = await made.said('D/A.MP4');
  expect(said.filter((event) => event !== 'seen')).toEqual([
    'not-taken changing',
    'pulled',
    'erasing',
    'erased',
  ]);
});
