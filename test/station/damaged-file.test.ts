// A whole station with a camera on which ranges of a file cannot be read (MSC-05).
import { randomBytes } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import type { CameraSession, Driver, Piece } from '../../drivers/driver.ts';
import { DockAndStore, type Kept } from '../fakes/dock-and-store.ts';

let dock: DockAndStore;
afterEach(() => dock.close());

const BAD = { offset_bytes: 524_288, size_bytes: 4096 };

/** The same cameras, on which that range of every file called bad cannot be read as long as `isBad` says so. */
function withBadSectors(driver: Driver, isBad: () => boolean): Driver {
  return {
    name: driver.name,
    probe: (place, signal) => driver.probe(place, signal),
    open: async (place, signal) => {
      const session = await driver.open(place, signal);
      const readAll = session.read.bind(session);
      const read: CameraSession['read'] = (entry, offset, ending) =>
        isBad() && Buffer.from(entry.path).includes('bad')
          ? damaged(readAll(entry, offset, ending))
          : readAll(entry, offset, ending);
      return Object.assign(session, { read });
    },
  };
}

async function* damaged(pieces: AsyncIterable<Piece>): AsyncGenerator<Piece> {
  const whole: Uint8Array[] = [];
  for await (const piece of pieces) if (piece.kind === 'bytes') whole.push(piece.bytes.slice());
  const bytes = Buffer.concat(whole);
  yield { kind: 'bytes', bytes: new Uint8Array(bytes.subarray(0, BAD.offset_bytes)) };
  yield { kind: 'unreadable', sizeBytes: BAD.size_bytes };
  yield { kind: 'bytes', bytes: new Uint8Array(bytes.subarray(BAD.offset_bytes + BAD.size_bytes)) };
}

test('a file with a range that cannot be read is kept with its map, never whole, told in each docking, and taken whole and erased once it can be read', async () => {
  let isBad = true;
  dock = await DockAndStore.open({ wrapDriver: (driver) => withBadSectors(driver, () => isBad) });
  const bytes = randomBytes(1_300_000);
  const asRead = Buffer.from(bytes).fill(0, BAD.offset_bytes, BAD.offset_bytes + BAD.size_bytes);
  const { camera, conditions } = dock;
  camera.put('DCIM/bad.mp4', bytes);
  camera.put('DCIM/well.mp4', randomBytes(3000));
  await dock.startReceiver();
  await dock.startStation();
  const rejected = { reason: 'damaged', unreadable: [BAD] };
  const ofBad = async (): Promise<Kept[]> =>
    (await dock.vault()).filter(({ path }) => path === 'DCIM/bad.mp4');
  for (const docking of [1, 2]) {
    await dock.until('receipted', async () => (await ofBad()).length === docking);
    await dock.until('at rest', () => dock.bay()['state'] === 'done' && camera.files().length === 1);
    await dock.until('shown', () => dock.retained('condition/recording.damaged').includes('"error"'));
    expect(
      (await ofBad()).map(({ manifest, original }) => [manifest.rejected, original.equals(asRead)]),
    ).toEqual(Array.from({ length: docking }, () => [rejected, true]));
    expect(conditions.facts('release.refused', 'bay-1')).toMatchObject({ reason: 'damaged' });
    expect(dock.bay()).toMatchObject({ entries_receipted: docking === 1 ? 2 : 1, entries_waiting: 0 });
    camera.detach();
    await dock.until('the record', async () => (await dock.dockings()).length === docking);
    await dock.until('over', () => dock.retained('condition/recording.damaged') === '');
    if (docking === 2) isBad = false;
    camera.attach();
  }
  await dock.until('erased', () => camera.files().length === 0);
  const whole = (await ofBad()).filter(({ manifest }) => manifest.rejected === null);
  expect(whole.map(({ original }) => original.equals(bytes))).toEqual([true]);
  await dock.until('allowed', () => !conditions.isRaised('release.refused', 'bay-1'));
  camera.detach();
  await dock.until('the record', async () => (await dock.dockings()).length === 3);
  const told = (await dock.dockings()).flatMap(({ entries }) =>
    entries.filter(({ size_bytes: size }) => size === bytes.length),
  );
  const fates = told.map(({ fate, reason, erased }) => `${fate} ${reason} ${erased}`);
  expect(fates.sort()).toEqual(['stored damaged false', 'stored damaged false', 'stored null true']);
});
