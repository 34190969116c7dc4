// A stop in the middle of a docking: what the record says, what the next start makes of it, and that nothing that hangs holds the stop up.
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { CameraSession, Driver } from '../../drivers/driver.ts';
import type { DockingRecord } from '../../protocol/documents/docking-record.ts';
import { parseRecordingId } from '../../protocol/format/ids.ts';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import { DockAndStore } from '../fakes/dock-and-store.ts';
import { misbehavingDriver, type Misdeeds } from '../fakes/misbehaving-camera.ts';

let dock: DockAndStore;
afterEach(() => dock.close());

const clip = randomBytes(1_300_000);

/** Records of the camera in the order in which they name each other. */
async function chain(count: number): Promise<DockingRecord[]> {
  await dock.until(`${count} records`, async () => (await dock.dockings()).length === count);
  const records = await dock.dockings();
  return records.sort((a, b) => Date.parse(a.docked_at) - Date.parse(b.docked_at));
}

/** Steps of a stop that were not waited for to their end. */
function givenUp(): unknown[] {
  return dock.log.lines.filter(({ message }) => message === 'shutdown step timed out');
}

/** Once told, calls hang for ever and know no signal, as those to a mount whose device is gone do. */
class DeadMount {
  dead = false;
  hanging = 0;

  driver(driver: Driver): Driver {
    return {
      ...driver,
      probe: (place, signal) => driver.probe(place, signal),
      open: async (place, signal) => this.#session(await driver.open(place, signal)),
    };
  }

  #session(session: CameraSession): CameraSession {
    const hang = (): Promise<never> => {
      this.hanging++;
      return new Promise<never>(() => undefined);
    };
    return new Proxy(session, {
      get: (target, name: keyof CameraSession) => {
        const value: unknown = target[name];
        if (typeof value !== 'function') return value;
        return this.dead && name !== 'read' ? hang : value.bind(target);
      },
    });
  }
}

/** The machine's clock; once told, its timers and pauses are short, and it keeps which of those begun since then came to their end. */
class HastyClock implements Clock {
  readonly #clock = nodeClock();
  #haste = 1;
  #waits: number[] = [];

  hurry(haste: number): void {
    this.#haste = haste;
    this.#waits = [];
  }
  /** Waits of at least `ms` that nothing ended before their time, by what was asked for. */
  waitedOut(ms: number): number[] {
    return this.#waits.filter((each) => each >= ms);
  }

  wallMs(): number {
    return this.#clock.wallMs();
  }
  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }
  after(ms: number, call: () => void): () => void {
    const waits = this.#waits;
    return this.#clock.after(ms / this.#haste, () => {
      waits.push(ms);
      call();
    });
  }
  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    const waits = this.#waits;
    await this.#clock.sleep(ms / this.#haste, signal);
    waits.push(ms);
  }
}

/** How long a stop waits for the store's receipts, and for its signature of the log. */
const FOR_STORE_MS = 2500;

test('a stop in the middle of a pull says what was not reached, and the next start takes it', async () => {
  const misdeeds: Misdeeds = {};
  dock = await DockAndStore.open({
    wrapDriver: (driver) => misbehavingDriver(driver, misdeeds, nodeClock()),
  });
  dock.camera.put('a.mp4', clip);
  dock.camera.put('b.mp4', Buffer.concat([clip, clip]));
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('one is spooled', () => Number(dock.bay()['entries_spooled']) >= 1);
  misdeeds.pieceMs = 5000;
  dock.camera.put('c.mp4', clip);
  dock.camera.detach();
  await dock.until('empty', () => dock.bay()['state'] === 'empty');
  dock.camera.attach();
  await dock.until('pulling', () => dock.bay()['state'] === 'pulling');
  await dock.stopStation();
  misdeeds.pieceMs = 0;
  const [, stopped] = await chain(2);
  expect(stopped).toMatchObject({ ended: 'stopped', ended_at: expect.any(String) });
  expect(stopped?.inventory?.complete).toBe(true);
  const waiting = stopped?.entries.filter(({ fate }) => fate === 'waiting') ?? [];
  expect(waiting.map(({ reason }) => reason)).toContain('not-reached');

  await dock.startStation();
  await dock.until('emptied', () => dock.camera.files().length === 0 && dock.bay()['state'] === 'done');
  await dock.stopStation();
  const records = await chain(3);
  expect((await dock.vault()).map(({ path }) => path)).toEqual(['a.mp4', 'b.mp4', 'c.mp4']);
  expect(records[2]?.entries.every(({ erased }) => erased)).toBe(true);
  expect(await readdir(join(dock.folder, 'spool', 'docked'))).toEqual([]);
});

test('a stop does not wait for a mount that hangs, and the next start ends that docking as cut off', async () => {
  const mount = new DeadMount();
  const clock = new HastyClock();
  dock = await DockAndStore.open({ wrapDriver: (driver) => mount.driver(driver), clock });
  dock.camera.put('a.mp4', clip);
  await dock.startStation();
  await dock.until('spooled', () => dock.bay()['light'] === 'safe-to-take');
  mount.dead = true;
  clock.hurry(5);
  // A round begins when there is news.
  dock.station?.changes.put({ kind: 'recording', item: parseRecordingId('a'.repeat(26)), to: 'receipted' });
  await dock.until('a call that hangs', () => mount.hanging > 0);
  clock.hurry(5); // what began before the stop is not the stop's
  await dock.stopStation();
  expect(clock.waitedOut(5001)).toEqual([]);
  expect(givenUp()).not.toEqual([]);
  expect(await dock.dockings()).toEqual([]);

  mount.dead = false;
  clock.hurry(1);
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('emptied', () => dock.camera.files().length === 0 && dock.bay()['state'] === 'done');
  await dock.stopStation();
  const [cut, next] = await chain(2);
  expect(cut).toMatchObject({
    ended: 'cut-off',
    ended_at: null,
    entries: [{ fate: 'stored', erased: false }],
  });
  expect(next).toMatchObject({ ended: 'stopped', entries: [{ fate: 'matched', erased: true }] });
  expect(next?.entries[0]?.recording).toBe(cut?.entries[0]?.recording);
});

test('a stop without a store waits for its log alone, and the record is pushed by the next start', async () => {
  const clock = new HastyClock();
  dock = await DockAndStore.open({ release: 'never', clock });
  await dock.startStation();
  await dock.until('done', () => dock.bay()['state'] === 'done');
  clock.hurry(1);
  await dock.stopStation();
  expect(clock.waitedOut(FOR_STORE_MS)).toEqual([FOR_STORE_MS]);
  expect(givenUp()).toEqual([]);
  expect(await readdir(join(dock.folder, 'spool', 'dockings'))).toHaveLength(1);

  await dock.startReceiver();
  await dock.startStation();
  const [first] = await chain(1);
  expect(first).toMatchObject({ ended: 'stopped', entries: [], inventory: { entries: 0, complete: true } });
});

test('a stop waits a moment for a store that was there and is silent, and not longer', async () => {
  const clock = new HastyClock();
  dock = await DockAndStore.open({ clock });
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('done', () => dock.bay()['state'] === 'done');
  dock.camera.detach();
  await dock.until('empty', () => dock.bay()['state'] === 'empty'); // its record may be in the vault before the bay says so
  await chain(1);
  await dock.stopReceiver();
  dock.camera.attach();
  await dock.until('done again', () => dock.bay()['state'] === 'done');
  clock.hurry(5);
  await dock.stopStation();
  expect(clock.waitedOut(FOR_STORE_MS)).toEqual([FOR_STORE_MS, FOR_STORE_MS]); // for the record, and for the log
  expect(givenUp()).toEqual([]);
  expect(await dock.dockings()).toHaveLength(1);
  clock.hurry(1);
  await dock.startReceiver();
  await dock.startStation();
  await chain(2);
});
