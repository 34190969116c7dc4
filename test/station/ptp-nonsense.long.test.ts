// A whole station beside PTP cameras that answer nonsense from a seed (CAM-25): no crash, no hang beyond a deadline, nothing erased that the
// store does not have, and a sound camera beside them is emptied at the end as at the beginning. A few seconds; `npm run test:nonsense`
// makes it the ten minutes of real time that are twenty times as long for the cameras. BODYDOCK_NONSENSE_SEED repeats a run.
import { afterEach, expect, test } from 'vitest';
import { patternBytes } from '../contracts/driver-subject.ts';
import { scaledClock } from '../fakes/clock-scaled.ts';
import type { DockAndStore } from '../fakes/dock-and-store.ts';
import type { PtpResponder } from '../fakes/ptp/responder.ts';
import { fuzzed } from '../fakes/fuzzing.ts';
import { ptpStation } from '../fakes/ptp/station.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { pause } from '../fakes/until.ts';

const FACTOR = 20;
const LASTS_MS = Number(process.env['BODYDOCK_NONSENSE_MS'] ?? 6000);
const SEED = Number(process.env['BODYDOCK_NONSENSE_SEED'] ?? 20261126);
/** Cameras that talk nonsense; the last bay has a sound one. */
const ODD = 3;
const DELETE = 0x100b;
/** A camera is put in anew after so long, in real time, so that every part of a docking has its share of the nonsense. */
const STAY_MS = 1500;

let dock: DockAndStore | undefined;
afterEach(async () => {
  await dock?.close();
  dock = undefined;
});

const filesOf = (at: number): Record<string, Buffer> => ({
  [`D/A${at}.MP4`]: patternBytes(1_200_000, at),
  [`D/B${at}.MP4`]: patternBytes(5000, at),
});

const READS: ReadonlySet<number> = new Set([0x1009, 0x101b, 0x95c1]);

/**
 * One part in `oneIn` of what the camera sends is something else: other bytes, cut short, or with one byte changed. A byte inside of a
 * file's content is left as it is: nobody could tell that from the file itself.
 */
function nonsense(seed: number, oneIn: number): (bytes: Uint8Array) => Uint8Array {
  const random = seededRandom(seed);
  let contentLeft = 0;
  return (bytes) => {
    const { length, type, code } = headerOf(bytes);
    if (type === 3 && length === bytes.length) contentLeft = 0;
    const isContent = contentLeft > 0;
    if (isContent) contentLeft -= bytes.length;
    const isRead = !isContent && type === 2 && READS.has(code);
    if (isRead) contentLeft = Math.max(0, length - bytes.length);
    if (random.below(oneIn) > 0) return bytes;
    const kind = random.below(isContent ? 2 : 3);
    if (kind === 0) return random.bytes(random.below(64));
    if (kind === 1) return bytes.subarray(0, random.below(40));
    const changed = Uint8Array.from(bytes);
    changed[random.below(Math.min(isRead ? 12 : 64, Math.max(1, bytes.length)))] = random.below(256);
    return changed;
  };
}

function headerOf(bytes: Uint8Array): { length: number; type: number; code: number } {
  if (bytes.length < 12) return { length: 0, type: 0, code: 0 };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { length: view.getUint32(0, true), type: view.getUint16(4, true), code: view.getUint16(6, true) };
}

/** What is on no camera any more is in the vault as it was. */
async function expectNothingLost(whole: DockAndStore, cameras: readonly PtpResponder[]): Promise<void> {
  const stored = await whole.vault();
  for (const [at, { camera }] of cameras.entries())
    for (const [path, bytes] of Object.entries(filesOf(at)))
      if (camera.file(path) === undefined)
        expect(
          stored.some(({ original }) => original.equals(bytes)),
          `${path}, seed ${SEED}`,
        ).toBe(true);
}

test(
  `nonsense in place of answers ends in coded errors, and loses nothing (seed ${SEED})`,
  async () => {
    const made = await ptpStation({ clock: scaledClock(FACTOR), cameras: ODD + 1 });
    dock = made.dock;
    const { usb, dock: whole } = made;
    const cameras = Array.from({ length: ODD }, (_, at) => {
      const camera = made.camera(`PTP-${at}`, filesOf(at));
      camera.misdeeds.mangle = nonsense(SEED + at, [3, 12, 40][at] ?? 12);
      return camera;
    });
    const handles = new Set<number>();
    let answers = 0;
    const beganMs = performance.now();
    for (const camera of cameras)
      camera.misdeeds.change = (operation, _answer, [handle = 0]) => {
        answers++;
        if (operation === DELETE) handles.add(handle);
      };
    for (const end = performance.now() + LASTS_MS; performance.now() < end;) {
      for (const [at, camera] of cameras.entries()) usb.plug(`1-1.${at + 1}`, camera);
      await pause(Math.min(STAY_MS, Math.max(0, end - performance.now())));
      await expectNothingLost(whole, cameras);
    }
    fuzzed('ptp-nonsense answers', answers, performance.now() - beganMs);
    expect(handles).not.toContain(0);
    expect(handles).not.toContain(0xffffffff);

    const sound = made.camera('PTP-SOUND', filesOf(ODD));
    usb.plug(`1-1.${ODD + 1}`, sound);
    await whole.until('the sound one is emptied', () => sound.camera.files().length === 0, 60_000);
    for (const [at, camera] of cameras.entries()) {
      delete camera.misdeeds.mangle;
      usb.plug(`1-1.${at + 1}`, camera);
    }
    await whole.until(
      'all are emptied',
      () => cameras.every(({ camera }) => camera.files().length === 0),
      180_000,
    );
    await expectNothingLost(whole, [...cameras, sound]);
    const coded = whole.log.lines.filter(({ level }) => level === 'error');
    for (const { message, fields } of coded)
      expect(fields['error'], message).toMatchObject({ code: expect.stringMatching(/^[a-z]+\./) as string });
  },
  LASTS_MS + 300_000,
);
