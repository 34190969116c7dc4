// A camera that is pulled out while a file is read, and put back: the same file goes on where it was, another one begins again, and nothing is
// erased before all of it was compared once more.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { PULL_PIECE_BYTES } from '../../../protocol/format/limits.ts';
import { patternBytes } from '../../contracts/driver-subject.ts';
import { scaledClock } from '../../fakes/clock-scaled.ts';
import { DockAndStore, type DockOptions } from '../../fakes/dock-and-store.ts';

const PATH = 'a.mp4';
const AT = '2026-11-25T08:00:00.000Z';
const content = patternBytes(5 * PULL_PIECE_BYTES + 100);

let dock: DockAndStore;
afterEach(() => dock.close());

/** Every read of a file: where it began. */
let offsets: number[];

/** A camera that is pulled out once it gave so many bytes of a reading; readings of the list, one after the other. */
async function openWith(pulledAt: readonly (number | undefined)[], options: DockOptions = {}): Promise<void> {
  offsets = [];
  const left = [...pulledAt];
  dock = await DockAndStore.open({
    clock: scaledClock(20),
    ...options,
    wrapDriver: (driver) => ({
      ...driver,
      open: async (place, signal) => {
        const session = await driver.open(place, signal);
        const read = session.read.bind(session);
        session.read = async function* (entry, offset, ending) {
          offsets.push(offset);
          let given = offset;
          for await (const piece of read(entry, offset, ending)) {
            const [at] = left;
            if (at !== undefined && given >= at) {
              left.shift();
              dock.camera.detach();
            }
            given += piece.kind === 'bytes' ? piece.bytes.length : piece.sizeBytes;
            yield piece;
          }
        };
        return session;
      },
    }),
  });
  dock.camera.put(PATH, content, { modifiedAt: AT });
  await dock.startReceiver();
  await dock.startStation();
}

/** Until the docking that was broken off has its record. */
async function putBack(records: number, change: () => void = () => undefined): Promise<void> {
  await dock.until('its record', async () => (await dock.dockings()).length === records);
  change();
  dock.camera.attach();
}

async function staged(): Promise<string[]> {
  return readdir(join(dock.folder, 'spool', 'staging'));
}

async function eventsOf(): Promise<string[]> {
  return (await dock.custody()).map(({ event }) => event);
}

test('the same file goes on where it was, its manifest names the joint, and it goes once it was read a second time', async () => {
  await openWith([3 * PULL_PIECE_BYTES]);
  await putBack(1);
  await dock.until('erased', () => dock.bay()['entries_erased'] === 1);
  await dock.stopStation();
  const [kept, ...more] = await dock.vault();
  expect(more).toEqual([]);
  expect(kept?.original.equals(content)).toBe(true);
  const [joint] = kept?.manifest.joints ?? [];
  expect(kept?.manifest).toMatchObject({ version: 2, joints: [joint] });
  expect(joint).toBeGreaterThanOrEqual(2 * PULL_PIECE_BYTES);
  // From its beginning; the overlap, and on; the whole for the proof.
  expect(offsets).toEqual([0, (joint ?? 0) - PULL_PIECE_BYTES, joint, 0]);
  const records = (await dock.dockings()).sort((a, b) => (a.docked_at < b.docked_at ? -1 : 1));
  expect(records.map(({ ended }) => ended)).toEqual(['unplugged', 'stopped']);
  expect(
    records.map(({ entries }) => entries.map(({ fate, reason, erased }) => [fate, reason, erased])),
  ).toEqual([[['waiting', 'not-reached', false]], [['stored', null, true]]]);
  const events = await eventsOf();
  expect(events.filter((event) => ['pulled', 'matched', 'erasing', 'erased'].includes(event))).toEqual([
    'pulled',
    'matched',
    'erasing',
    'erased',
  ]);
  expect(await staged()).toEqual([]);
});

test('a byte before the joint that changed while the camera was away is noticed before anything is erased', async () => {
  await openWith([3 * PULL_PIECE_BYTES]);
  const other = Buffer.from(content);
  other[5] = (other[5] ?? 0) ^ 1;
  await putBack(1, () => dock.camera.put(PATH, other, { modifiedAt: AT }));
  await dock.until('told', () => dock.conditions.isRaised('release.refused', 'bay-1'));
  expect(dock.conditions.facts('release.refused', 'bay-1')).toEqual({ reason: 'joined-differently' });
  expect(dock.camera.files()).toHaveLength(1);
  expect(await eventsOf()).not.toContain('erasing');
  // The next docking takes the file as it is.
  dock.camera.detach();
  await putBack(2);
  await dock.until('erased', () => dock.bay()['entries_erased'] === 1);
  expect((await dock.vault()).some(({ original }) => original.equals(other))).toBe(true);
});

const changes: readonly (readonly [string, () => void])[] = [
  ['the last bytes before the gap', () => putOther(readBytes() - 7, AT)],
  ['its time', () => putOther(5, '2026-11-25T08:00:02.000Z')],
  ['its size', () => dock.camera.put(PATH, content.subarray(0, -1), { modifiedAt: AT })],
];
function readBytes(): number {
  const told = dock.log.lines.find(({ message }) => message.startsWith('pull interrupted'));
  return Number(told?.fields['read_bytes']);
}
function putOther(at: number, modifiedAt: string): void {
  const other = Buffer.from(content);
  other[at] = (other[at] ?? 0) ^ 1;
  dock.camera.put(PATH, other, { modifiedAt });
}

test.each(changes)('a file of which %s changed begins again from its beginning', async (_, change) => {
  await openWith([4 * PULL_PIECE_BYTES]);
  await putBack(1, change);
  const expected = Buffer.from(dock.camera.file(PATH)?.content as Uint8Array);
  await dock.until('erased', () => dock.bay()['entries_erased'] === 1);
  const [kept, ...more] = await dock.vault();
  expect(more).toEqual([]);
  expect(kept?.original.equals(expected)).toBe(true);
  expect(kept?.manifest.version).toBe(1);
  expect(await staged()).toEqual([]);
});

test('a camera whose contact is lost again and again is read whole, piece by piece, and what was begun comes first', async () => {
  await openWith([1, 2, 3, 4].map((at) => at * PULL_PIECE_BYTES + 1));
  for (let records = 1; records <= 4; records++)
    await putBack(records, () =>
      dock.camera.put(`new${records}.mp4`, patternBytes(100, records), { locked: true }),
    );
  await dock.until('erased', () => dock.camera.files().length === 0, 60_000);
  const kept = (await dock.vault()).find(({ path }) => path === PATH);
  expect(kept?.original.equals(content)).toBe(true);
  expect(kept?.manifest.joints).toHaveLength(4);
});

test('a stop gives up what was begun, and leaves nothing of it', async () => {
  await openWith([3 * PULL_PIECE_BYTES]);
  await dock.until('its record', async () => (await dock.dockings()).length === 1);
  expect(await staged()).toHaveLength(1);
  await dock.stopStation();
  expect(await staged()).toEqual([]);
});
