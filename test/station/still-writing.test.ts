// Whole stations with recorders that are still writing when they are docked, and pause between two writes (CAM-11). What a pause allows is
// judged by the station's own clock, so that a loaded machine makes it longer for both.
import { afterEach, expect, test } from 'vitest';
import { LOOK_MS, SETTLE_MS } from '../../agent/inventory/looks.ts';
import type { MemoryCamera } from '../fakes/memory-camera.ts';
import { instantText } from '../../protocol/format/instants.ts';
import { patternBytes } from '../contracts/driver-subject.ts';
import { scaledClock } from '../fakes/clock-scaled.ts';
import type { DockAndStore } from '../fakes/dock-and-store.ts';
import { ptpStation } from '../fakes/ptp/station.ts';

/** A second of the camera in 50 ms. */
const FACTOR = 20;
const WRITES = 6;
const PIECE_BYTES = 7000;
const LIVE = 'D/LIVE.MP4';

let dock: DockAndStore | undefined;
afterEach(async () => {
  await dock?.close();
  dock = undefined;
});

/** One state of a file that is written: its length, and when the next one took its place. */
interface Written {
  readonly sizeBytes: number;
  readonly fromMs: number;
}

/** Writes a piece more every `pauseMs` of the clock, and says when each came. */
async function record(
  camera: MemoryCamera,
  whole: DockAndStore,
  pauseMs: number,
  content: (sizeBytes: number) => Buffer,
): Promise<Written[]> {
  const { clock } = whole;
  const written: Written[] = [];
  for (let piece = 1; piece <= WRITES; piece++) {
    const sizeBytes = piece * PIECE_BYTES;
    camera.put(LIVE, content(sizeBytes), { modifiedAt: instantText(clock.wallMs()) });
    written.push({ sizeBytes, fromMs: clock.monotonicMs() });
    if (piece < WRITES) await clock.sleep(pauseMs, new AbortController().signal);
  }
  return written;
}

/** How long the file stayed at that length. */
function stayedMs(written: readonly Written[], sizeBytes: number): number {
  const at = written.findIndex((state) => state.sizeBytes === sizeBytes);
  return (written[at + 1]?.fromMs ?? Infinity) - (written[at]?.fromMs ?? 0);
}

test('a recorder that writes on in its bay, with pauses of 1, 2 and 4 s, loses nothing, and what it has beside that is taken first', async () => {
  const pauses = [1000, 2000, 4000, 2000];
  const made = await ptpStation({ clock: scaledClock(FACTOR), cameras: pauses.length });
  const { usb, dock: whole } = made;
  dock = whole;
  const cameras = pauses.map((_, at) => made.camera(`PTP-${at}`, { 'D/BEFORE.MP4': patternBytes(900, at) }));
  const last = cameras.at(-1);
  if (last !== undefined) last.camera.clock = undefined; // one that shows no time
  const histories = await Promise.all(
    cameras.map(async ({ camera }, at) => {
      const recording = record(camera, whole, pauses[at] ?? 0, (sizeBytes) =>
        patternBytes(sizeBytes, at + 10),
      );
      const responder = cameras[at];
      if (responder !== undefined) usb.plug(`1-1.${at + 1}`, responder);
      const written = await recording;
      expect(camera.file(LIVE), 'erased while it was written').toBeDefined();
      return written;
    }),
  );
  await whole.until('emptied', () => cameras.every(({ camera }) => camera.files().length === 0), 60_000);
  for (const at of cameras.keys()) usb.unplug(`1-1.${at + 1}`);
  await whole.until('the records', async () => (await whole.dockings()).length === cameras.length);
  const told = whole.conditions.history.filter(({ facts }) => facts !== undefined).map(({ code }) => code);
  expect(told.filter((code) => code !== 'camera.not-taken')).toEqual([]); // a pull that meets a write may say so

  const kept = await whole.vault();
  for (const [at, written] of histories.entries()) {
    const final = WRITES * PIECE_BYTES;
    const states = kept
      .filter(
        ({ path, original }) => path === LIVE && patternBytes(original.length, at + 10).equals(original),
      )
      .map(({ original }) => original.length);
    expect(states, `camera ${at}`).toContain(final);
    for (const state of states) expect(stayedMs(written, state), `${state} bytes`).toBeGreaterThan(LOOK_MS);
  }
  const said = await made.said(LIVE);
  expect(said.filter((event) => event === 'erased')).toHaveLength(cameras.length);
  expect(said).toContain('not-taken changing');
  const first = new Map<unknown, unknown>();
  for (const { event, facts } of await whole.custody())
    if (event === 'pulled' && !first.has(facts['docking'])) first.set(facts['docking'], facts['size_bytes']);
  expect([...first.values()]).toEqual(cameras.map(() => 900));
}, 90_000);

test('what was taken and was not old is erased only after a look 10 s behind the first', async () => {
  const made = await ptpStation({ clock: scaledClock(FACTOR) });
  const { usb, dock: whole } = made;
  dock = whole;
  const { clock } = whole;
  const one = made.camera('PTP-1', {});
  one.camera.put('D/A.MP4', patternBytes(5000), { modifiedAt: instantText(clock.wallMs()) });
  const pluggedMs = clock.monotonicMs();
  let erasedMs = 0;
  one.misdeeds.change = (operation) => {
    if (operation === 0x100b) erasedMs = clock.monotonicMs();
  };
  usb.plug('1-1.1', one);
  await whole.until('safe', () => whole.bay()['light'] === 'safe-to-take');
  await whole.until('erased', () => one.camera.files().length === 0);
  expect(erasedMs - pluggedMs).toBeGreaterThanOrEqual(SETTLE_MS);
});

test('a file that goes on changing for minutes is told, stays, and is taken once the recording ends', async () => {
  const made = await ptpStation({ clock: scaledClock(200) });
  const { usb, dock: whole } = made;
  dock = whole;
  const one = made.camera('PTP-1', { 'D/BEFORE.MP4': patternBytes(900) });
  let sizeBytes = 1000;
  let isRecording = true;
  const write = (): void => {
    sizeBytes += 1000;
    one.camera.put(LIVE, patternBytes(sizeBytes), { modifiedAt: instantText(whole.clock.wallMs()) });
  };
  write();
  one.misdeeds.change = (operation) => {
    if (operation === 0x1007 && isRecording) write(); // asked for its files
  };
  usb.plug('1-1.1', one);
  await whole.until('told', () => whole.conditions.isRaised('camera.changing', 'bay-1'), 30_000);
  expect(whole.conditions.facts('camera.changing', 'bay-1')).toEqual({ entries: 1 });
  await whole.until('the light', () => whole.bay()['light'] === 'call-someone');
  expect(whole.conditions.isRaised('camera.not-taken', 'bay-1')).toBe(false);
  await whole.until('the other one stored', async () => (await whole.receipted()).size === 1);
  expect((await whole.vault()).map(({ path }) => path)).toEqual(['D/BEFORE.MP4']);
  isRecording = false;
  await whole.until('emptied', () => one.camera.files().length === 0);
  await whole.until('the light', () => whole.bay()['light'] === 'safe-to-take');
  expect(whole.conditions.isRaised('camera.changing', 'bay-1')).toBe(false);
  expect(
    (await whole.vault()).find(({ path }) => path === LIVE)?.original.equals(patternBytes(sizeBytes)),
  ).toBe(true);
}, 60_000);
