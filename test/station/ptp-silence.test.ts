// Whole stations with PTP cameras that stop answering (CAM-13): each is told of and keeps its files, its neighbour is emptied meanwhile, and
// once it answers again it is emptied without anybody's help.
import { afterEach, expect, test } from 'vitest';
import { patternBytes } from '../contracts/driver-subject.ts';
import { scaledClock } from '../fakes/clock-scaled.ts';
import type { DockAndStore } from '../fakes/dock-and-store.ts';
import type { PtpResponder } from '../fakes/ptp/responder.ts';
import { ptpStation, type PtpStation } from '../fakes/ptp/station.ts';

/** A minute of the cameras in a second and a half. */
const FACTOR = 40;
const OPEN = 0x1002;
const DELETE = 0x100b;
const PARTIAL_64 = 0x95c1;
const TRICKLE_MS = 3000;
/** Files of the cameras that give none: somebody is told before all of them were tried. */
const NAMES = ['A', 'B', 'C'];

let dock: DockAndStore | undefined;
afterEach(async () => {
  await dock?.close();
  dock = undefined;
});

/** Where each camera stops, and what is told of it. */
const HANGS: readonly (readonly [string, number, string, RegExp])[] = [
  ['every call', OPEN, 'camera.failed', /^driver\.timeout$/],
  ['the question who it is', 0x1001, 'camera.failed', /^driver\.timeout$/],
  ['the list of files', 0x1007, 'camera.failed', /^driver\.timeout$/],
  ['the look of a file', 0x1008, 'camera.failed', /^driver\.timeout$/],
  ['the bytes of a file', PARTIAL_64, 'camera.not-taken', /^camera-failed$/],
  ['an erasure', DELETE, 'camera.not-erased', /^driver\.timeout/],
];

interface Hanging {
  readonly made: PtpStation;
  readonly cameras: readonly PtpResponder[];
  readonly neighbour: PtpResponder;
  /** The cameras answer again. */
  readonly release: () => void;
}

async function hanging(): Promise<Hanging> {
  const clock = scaledClock(FACTOR);
  const made = await ptpStation({ clock, cameras: HANGS.length + 2 });
  dock = made.dock;
  const state = { hangs: true };
  const files = (seed: number, names = ['A']): Record<string, Buffer> =>
    Object.fromEntries(names.map((name) => [`D/${name}${seed}.MP4`, patternBytes(1_200_000, seed)]));
  const cameras = HANGS.map(([, at], index) => {
    const camera = made.camera(`PTP-H${index}`, files(index, at === PARTIAL_64 ? NAMES : ['A']));
    camera.misdeeds.silentAt = (operation) => state.hangs && (at === OPEN || operation === at);
    return camera;
  });
  const slow = made.camera('PTP-SLOW', files(HANGS.length, NAMES));
  slow.misdeeds.silentAt = (operation) => {
    if (!state.hangs || operation !== PARTIAL_64) return false;
    const wire = made.usb.wire(`1-1.${HANGS.length + 1}`);
    const asked = slow.asked.length;
    const trickle = (): void => {
      if (!state.hangs || wire?.isClosed !== false || slow.asked.length !== asked) return;
      wire.send(new Uint8Array(0));
      clock.after(TRICKLE_MS, trickle);
    };
    trickle();
    return true;
  };
  const neighbour = made.camera('PTP-GOOD', files(HANGS.length + 1));
  return { made, cameras: [...cameras, slow], neighbour, release: () => void (state.hangs = false) };
}

/** Reasons with which a condition of the bay was ever raised. */
function told({ conditions }: DockAndStore, code: string, bay: number): unknown[] {
  const raised = conditions.history.filter((each) => each.code === code && each.subject === `bay-${bay}`);
  return raised.flatMap(({ facts }) => (facts === undefined ? [] : [facts['reason']]));
}

test('cameras that hang, each at another call, are told of and keep their files; their neighbour is emptied, and they are once they answer', async () => {
  const { made, cameras, neighbour, release } = await hanging();
  const { usb, dock: whole } = made;
  for (const [at, camera] of cameras.entries()) usb.plug(`1-1.${at + 1}`, camera);
  await whole.until('all hang', () =>
    HANGS.every(([, operation], at) => cameras[at]?.asked.includes(operation) === true),
  );
  usb.plug(`1-1.${cameras.length + 1}`, neighbour);
  await whole.until('the neighbour is emptied', () => neighbour.camera.files().length === 0);
  await whole.until('its light', () => whole.bay(cameras.length + 1)['light'] === 'safe-to-take');
  for (const [at, [what, , code, reason]] of HANGS.entries()) {
    await whole.until(`${what} is told`, () => told(whole, code, at + 1).length > 0);
    for (const each of told(whole, code, at + 1)) expect(each, what).toMatch(reason);
  }
  await whole.until('the slow one is told', () => told(whole, 'camera.not-taken', cameras.length).length > 0);
  expect(told(whole, 'camera.not-taken', cameras.length)).toContain('camera-failed');
  const silentReads = `bay-${HANGS.findIndex(([, operation]) => operation === PARTIAL_64) + 1}`;
  const first = whole.conditions.history.find(
    ({ code, subject, facts }) => code === 'camera.not-taken' && subject === silentReads && facts,
  );
  expect(first?.facts).toEqual({ entries: 2, reason: 'camera-failed' });
  const erased = cameras.filter(({ asked }) => asked.includes(DELETE));
  expect(erased.map((camera) => cameras.indexOf(camera))).toEqual([HANGS.length - 1]);
  const kept = cameras
    .filter((camera) => !erased.includes(camera))
    .map(({ camera }) => camera.files().length);
  expect(kept).toEqual([1, 1, 1, 1, NAMES.length, NAMES.length]);
  release();
  await whole.until(
    'all are emptied',
    () => cameras.every(({ camera }) => camera.files().length === 0),
    60_000,
  );
  await whole.until('nothing is told any more', () => whole.conditions.codes().length === 0);
  const stored = await whole.vault();
  expect(stored).toHaveLength(6 + 2 * NAMES.length);
  for (const { path, original } of stored) {
    const seed = Number(/\d+/.exec(path)?.[0]);
    expect(original.equals(patternBytes(original.length, seed)), path).toBe(true);
  }
});
