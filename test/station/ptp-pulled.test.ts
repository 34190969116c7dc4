// Whole stations with PTP cameras that are pulled (CAM-01): in front of each step that the station takes, and in place of each part of an
// answer, from plugging in to the last listing. Nothing half counts, nothing is gone that the store does not have, and the next docking is
// whole. In CI, whose time is limited, every sixth step is tried.
import { afterEach, expect, test } from 'vitest';
import { patternBytes } from '../contracts/driver-subject.ts';
import { scaledClock } from '../fakes/clock-scaled.ts';
import type { DockAndStore } from '../fakes/dock-and-store.ts';
import type { PtpMisdeeds } from '../fakes/ptp/misdeeds.ts';
import type { PtpResponder } from '../fakes/ptp/responder.ts';
import { ptpStation, type PtpStation } from '../fakes/ptp/station.ts';
import { takesShare } from '../fakes/share-of-run.ts';

const FACTOR = 30;
const BAYS = 8;
const DAY_MS = 86_400_000;
const STRIDE = takesShare ? 6 : 1;

let dock: DockAndStore | undefined;
afterEach(async () => {
  await dock?.close();
  dock = undefined;
});

/** Every docking has files of its own, so that each is told from those of all others. */
function filesOf(seed: number): Record<string, Buffer> {
  return { [`D/A${seed}.MP4`]: patternBytes(1_200_000, seed), [`D/A${seed}.GPS`]: patternBytes(300, seed) };
}

function pathsOn({ camera }: PtpResponder): string[] {
  return camera.files().map(({ path }) => Buffer.from(path).toString());
}

async function emptied({ usb, dock: whole }: PtpStation, bay: number, camera: PtpResponder): Promise<void> {
  usb.plug(`1-1.${bay}`, camera);
  await whole.until('emptied', () => pathsOn(camera).length === 0 && whole.bay(bay)['state'] === 'done');
}

async function isEmpty({ dock: whole }: PtpStation, bay: number): Promise<void> {
  await whole.until('the bay is empty', () => whole.bay(bay)['state'] === 'empty');
}

/** Pulls one camera in the middle of its docking, looks, and docks it again. */
async function pullOne(made: PtpStation, bay: number, seed: number, misdeeds: PtpMisdeeds): Promise<void> {
  const { usb, dock: whole } = made;
  const camera = made.camera(`PTP-${seed}`, filesOf(seed));
  const state = { isPulled: false };
  const pulled = (): void => {
    state.isPulled = true;
    usb.unplug(`1-1.${bay}`);
  };
  Object.assign(camera.misdeeds, misdeeds, { pulled });
  usb.plug(`1-1.${bay}`, camera);
  await whole.until(`pulled: ${JSON.stringify(misdeeds)}`, () => state.isPulled);
  await isEmpty(made, bay);
  const left = pathsOn(camera);
  const gone = Object.keys(filesOf(seed)).filter((path) => !left.includes(path));
  if (gone.length > 0) {
    const stored = (await whole.vault()).map(({ path }) => path);
    expect(stored, `gone at ${JSON.stringify(misdeeds)}`).toEqual(expect.arrayContaining(gone));
  }
  delete camera.misdeeds.pullAtStep;
  delete camera.misdeeds.pullAtSend;
  await emptied(made, bay, camera);
  usb.unplug(`1-1.${bay}`);
  await isEmpty(made, bay);
}

test('a camera that is pulled at any step of its docking loses nothing, and the next docking is whole', async () => {
  const made = await ptpStation({ clock: scaledClock(FACTOR), cameras: BAYS, hasFastSigner: true });
  dock = made.dock;
  const first = made.camera('PTP-FIRST', filesOf(0));
  await emptied(made, 1, first);
  const { steps, sends } = first;
  expect([steps > 40, sends > 40]).toEqual([true, true]);
  made.usb.unplug('1-1.1');
  await isEmpty(made, 1);

  const share = STRIDE === 1 ? 0 : Math.floor(Date.now() / DAY_MS) % STRIDE;
  const cases: PtpMisdeeds[] = [
    ...Array.from({ length: steps }, (_, pullAtStep) => ({ pullAtStep })),
    ...Array.from({ length: sends }, (_, pullAtSend) => ({ pullAtSend })),
  ].filter((_, at) => at % STRIDE === share);
  const lanes = Array.from({ length: BAYS }, async (_, lane) => {
    for (let at = lane; at < cases.length; at += BAYS) await pullOne(made, lane + 1, at + 1, cases[at] ?? {});
  });
  await Promise.all(lanes);

  const stored = new Map<string, Buffer[]>();
  for (const { path, original } of await made.dock.vault())
    stored.set(path, [...(stored.get(path) ?? []), original]);
  for (let seed = 0; seed <= cases.length; seed++)
    for (const [path, bytes] of Object.entries(filesOf(seed))) {
      const copies = stored.get(path) ?? [];
      expect(copies.length, path).toBe(1);
      for (const copy of copies) expect(copy.equals(bytes), path).toBe(true);
    }
  expect(stored.size).toBe(2 * (cases.length + 1));
  expect(made.dock.conditions.codes()).toEqual([]);
  const records = await made.dock.dockings();
  // What was pulled before the camera said who it is has no record; what came after has one of each docking.
  const unplugged = records.filter(({ ended }) => ended === 'unplugged');
  expect(unplugged.length).toBeGreaterThan(cases.length + 1);
});
