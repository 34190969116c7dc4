import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { DockingEntries } from '../../../agent/inventory/docking-entries.ts';
import type { TrackedEntry } from '../../../agent/inventory/entry.ts';
import type { Inventory, InventoryEntry } from '../../../drivers/driver.ts';
import { encodeUtf8, sha256Hex } from '../../../protocol/format/bytes.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { makeDockingId, makeRecordingId } from '../../../protocol/format/ids.ts';
import { nodeClock } from '../../../agent/platform/clock-node.ts';
import { nodeRandom } from '../../../agent/platform/random-node.ts';
import { DOCKING_SEEN_MAX } from '../../../protocol/format/limits.ts';
import type { Clock } from '../../../protocol/format/ports.ts';
import { MemoryCustody } from '../../fakes/custody-memory.ts';

const docking = makeDockingId(nodeRandom());
const { signal } = new AbortController();
let custody: MemoryCustody;
let entries: DockingEntries;

beforeEach(() => {
  custody = new MemoryCustody();
  const journal = { inventoryTaken: async () => undefined };
  entries = new DockingEntries({ docking, custody, journal, clock: nodeClock(), fileClock: () => undefined });
});

/** A listing of `count` files that no other listing shows. */
function listing(
  round: number,
  count: number,
  kind: InventoryEntry['kind'] = 'file',
): Inventory & { names: string[] } {
  const names = Array.from({ length: count }, (_, at) => `DCIM/${round}-${at}.MP4`);
  const common = { kind, modifiedAt: null, modifiedStepMs: 1, stamp: 'a', locked: false, vendor: {} };
  const sizeBytes = kind === 'file' ? 7 : 0;
  return {
    names,
    entries: names.map((name) => ({ ...common, path: encodeUtf8(name), sizeBytes })),
    problems: [],
  };
}

test('a camera that invents names in every listing is named up to the bound, and from there on counted with a digest', async () => {
  await entries.track(listing(0, DOCKING_SEEN_MAX - 1), 0, signal);
  expect(custody.of('seen-more')).toEqual([]);
  const over = listing(1, 4);
  await entries.track(over, 0, signal);
  for (let round = 2; round < 12; round++) await entries.track(listing(round, 1500), 0, signal);

  expect(custody.of('seen')).toHaveLength(DOCKING_SEEN_MAX);
  const more = custody.of('seen-more').map(({ facts }) => facts['entries']);
  expect(more).toEqual([3, ...Array.from({ length: 10 }, () => 1500)]);
  const lines = over.names.slice(1).map((name) => `${sha256Hex(encodeUtf8(name))} 7 -\n`);
  const sha256 = createHash('sha256').update(lines.join('')).digest('hex');
  expect(custody.of('seen-more')[0]?.facts).toEqual({ docking, entries: 3, sha256 });
  expect(custody.events.length).toBeLessThan(DOCKING_SEEN_MAX + 50);
  expect(custody.covered).toBe(custody.events.length);
});

test('a first listing of which the log did not take all names is owed to it, and one that it has is not', async () => {
  await entries.track(listing(0, 3), 0, signal);
  expect(entries.unlogged).toBeNull();
  const failing = new MemoryCustody();
  failing.failWith = new DockError('custody.write-failed', 'the disk takes nothing', { retry: 'later' });
  const journal = { inventoryTaken: async () => undefined };
  const other = new DockingEntries({
    docking,
    custody: failing,
    journal,
    clock: nodeClock(),
    fileClock: () => undefined,
  });
  expect(other.unlogged).toBeNull();
  await expect(other.track(listing(0, 1500), 0, signal)).rejects.toMatchObject({
    code: 'custody.write-failed',
  });
  expect(failing.of('inventory')).toEqual([]);
  expect(other.unlogged).toEqual(other.inventory);
  expect(other.unlogged).toMatchObject({ entries: 1500, complete: true });
});

test('what is no file counts towards the same bound', async () => {
  await entries.track(listing(0, DOCKING_SEEN_MAX, 'not-a-file'), 0, signal);
  await entries.track(listing(1, 2), 0, signal);
  expect(custody.of('not-taken')).toHaveLength(DOCKING_SEEN_MAX);
  expect(custody.of('seen')).toEqual([]);
  expect(custody.of('seen-more').map(({ facts }) => facts['entries'])).toEqual([2]);
});

test('files that only the count tells are taken and recorded like all others', async () => {
  await entries.track(listing(0, DOCKING_SEEN_MAX + 5), 0, signal);
  expect([...entries.all].filter(({ fate }) => fate.kind === 'pending')).toHaveLength(DOCKING_SEEN_MAX + 5);
  expect(entries.account()).toHaveLength(DOCKING_SEEN_MAX + 5);
  expect(entries.areAllHere).toBe(false);
});

test('an empty camera that stays in its bay is listed again and again, and logged once', async () => {
  for (let round = 0; round < 20; round++) await entries.track(listing(round, 0), 0, signal);
  expect(custody.names()).toEqual(['inventory']);
  expect(custody.of('inventory')[0]?.facts).toMatchObject({ entries: 0, bytes: 0 });
});

test('a place that could not be listed keeps "all is here" away until a listing is whole', async () => {
  await entries.track({ entries: [], problems: [{ reason: 'unreadable-folder', path: null }] }, 0, signal);
  expect(entries.problems).toBe(1);
  expect(entries.areAllHere).toBe(false);
  await entries.track({ entries: [], problems: [] }, 0, signal);
  expect(entries.areAllHere).toBe(true);
});

test('a file that shows another stamp is taken again, and one that shows the same is not', async () => {
  const first = listing(0, 1);
  await entries.track(first, 0, signal);
  const here = {
    kind: 'spooled',
    recording: makeRecordingId(nodeRandom()),
    sha256: null,
    stamp: 'a',
  } as const;
  for (const entry of entries.all) entry.become(here);
  await entries.track(first, 0, signal);
  expect([...entries.all].map(({ fate }) => fate.kind)).toEqual(['spooled']);
  await entries.track(
    { ...first, entries: first.entries.map((entry) => ({ ...entry, stamp: 'b' })) },
    0,
    signal,
  );
  expect([...entries.all].map(({ fate }) => fate.kind)).toEqual(['pending']);
  expect(entries.areAllHere).toBe(false);
});

test.each<Partial<InventoryEntry>>([{ modifiedAt: '2026-11-25T10:00:00.000Z' }, { kind: 'not-a-file' }])(
  'a file of which a driver says the same stamp and %j is another state',
  async (change) => {
    const first = listing(0, 1);
    await entries.track(first, 0, signal);
    const changed = first.entries.map((entry) => ({ ...entry, ...change }));
    await entries.track({ ...first, entries: changed }, 0, signal);
    expect(entries.account().slice(0, 9)).toMatchObject([
      { modified_at: null, later: false, fate: 'vanished' },
      { modified_at: change.modifiedAt ?? null, later: true },
    ]);
  },
);

test('a file of which a driver says the same stamp and another size is another state', async () => {
  const first = listing(0, 1);
  await entries.track(first, 0, signal);
  for (const entry of entries.all)
    entry.become({ kind: 'spooled', recording: makeRecordingId(nodeRandom()), sha256: null, stamp: 'a' });
  const grown = first.entries.map((entry) => ({ ...entry, sizeBytes: 8 }));
  await entries.track({ ...first, entries: grown }, 0, signal);
  expect([...entries.all].map(({ fate, listed }) => [fate.kind, listed.sizeBytes])).toEqual([['pending', 8]]);
  expect(entries.account().slice(0, 9)).toMatchObject([
    { size_bytes: 7, later: false, fate: 'vanished' },
    { size_bytes: 8, later: true, fate: 'waiting' },
  ]);
});

test.each([2 ** 53, -1, 0.5, Number.NaN])(
  'a file of %d bytes is a problem of its listing, and its stamp is not one that a driver knows',
  async (sizeBytes) => {
    const first = listing(0, 1);
    const odd = first.entries.map((entry) => ({ ...entry, sizeBytes }));
    await entries.track({ ...first, entries: odd }, 0, signal);
    expect(entries.problems).toBe(1);
    const [{ listed }] = [...entries.all] as [TrackedEntry];
    expect(listed.sizeBytes).toBe(0);
    expect(listed.stamp).not.toBe('a');
  },
);

/** Ends anybody who takes a listing over in the middle of that: after so many pauses from `arm` on. */
class EndingClock {
  readonly #clock = nodeClock();
  readonly #ending = new AbortController();
  #left = Number.POSITIVE_INFINITY;
  readonly signal = this.#ending.signal;
  readonly clock: Clock = {
    ...this.#clock,
    sleep: (ms, by) => {
      if (this.#left-- === 0)
        this.#ending.abort(new DockError('driver.detached', 'it left', { retry: 'later' }));
      return this.#clock.sleep(ms, by);
    },
  };

  arm(pauses: number): void {
    this.#left = pauses;
  }
}

describe.each([1, 6, 12, 20, 27])(
  'a listing that ends in the middle of being taken over, behind %i pauses',
  (pauses) => {
    let ending: EndingClock;
    let cut: DockingEntries;
    const tracked = async (listed: Inventory): Promise<void> => {
      ending.arm(pauses);
      await expect(cut.track(listed, 0, ending.signal)).rejects.toMatchObject({ code: 'driver.detached' });
    };

    beforeEach(() => {
      ending = new EndingClock();
      const { clock } = ending;
      const journal = { inventoryTaken: async () => undefined };
      cut = new DockingEntries({ docking, custody, journal, clock, fileClock: () => undefined });
    });

    test('is in no record where it is the first', async () => {
      await tracked(listing(0, 5000));
      expect(cut.inventory).toBeNull();
      expect(cut.areAllHere).toBe(false);
      expect(cut.account()).toHaveLength(0);
      expect(custody.events).toEqual([]);
    });

    test('leaves the camera one of which not all is here where it is a later one', async () => {
      await cut.track(listing(0, 0), 0, signal);
      expect(cut.areAllHere).toBe(true);
      await tracked(listing(1, 5000));
      expect(cut.areAllHere).toBe(false);
      expect(cut.inventory).toMatchObject({ entries: 0, complete: true });
    });
  },
);

test('a camera that leaves while the log is told what it showed leaves a whole listing there', async () => {
  const ending = new EndingClock();
  const journal = { inventoryTaken: async () => undefined };
  const { clock } = ending;
  const told = new DockingEntries({ docking, custody, journal, clock, fileClock: () => undefined });
  ending.arm(0);
  await told.track(listing(0, 300), 0, ending.signal);
  expect(ending.signal.aborted).toBe(true);
  expect(custody.of('seen')).toHaveLength(300);
  expect(told.unlogged).toBeNull();
});

test('what a later listing shows is in the account only once the log has it', async () => {
  await entries.track(listing(0, 1), 0, signal);
  const append = custody.append.bind(custody);
  custody.append = (event) => {
    if (custody.of('seen').length > 2) throw new DockError('custody.overrun', 'too much', { retry: 'later' });
    append(event);
  };
  await expect(entries.track(listing(1, 5), 0, signal)).rejects.toMatchObject({ code: 'custody.overrun' });
  expect(custody.of('seen')).toHaveLength(3);
  expect(entries.account().slice(0, 9)).toHaveLength(3);
  expect(entries.later).toBe(2);
});

test('what becomes of a recording behind the end of its docking changes its record no more', async () => {
  await entries.track(listing(0, 1), 0, signal);
  const recording = makeRecordingId(nodeRandom());
  for (const entry of entries.all) {
    entry.held = { recording, matched: false, rejected: null, sha256: '0'.repeat(64), stamp: '' };
    entry.become({ kind: 'spooled', recording, sha256: null, stamp: 'a' });
  }
  const account = entries.close();
  entries.quarantined(recording);
  expect(account.slice(0, 1)).toMatchObject([{ fate: 'stored', recording }]);
});

test('files of one listing of which looks say the same share what they say', async () => {
  const first = listing(0, 3);
  await entries.track(first, 5, signal);
  for (const entry of entries.all)
    entry.become({ kind: 'spooled', recording: makeRecordingId(nodeRandom()), sha256: null, stamp: 'a' });
  const looksOf = (): Set<unknown> => new Set([...entries.all].map(({ looks }) => looks));
  expect(looksOf().size).toBe(1);
  await entries.track({ ...first, entries: first.entries.slice(1) }, 50, signal);
  expect(looksOf().size).toBe(2);
  expect([...entries.all].map(({ looks }) => looks.lastMs)).toEqual([5, 50, 50]);
});

describe('a docking that goes on with the stay of the one before', () => {
  const recording = makeRecordingId(nodeRandom());
  const held = { recording, matched: false, rejected: null, sha256: '0'.repeat(64), stamp: 'a' };

  /** The docking before has taken three files, erased the last of them, and is over. */
  async function goneOn(): Promise<DockingEntries> {
    await entries.track(listing(0, 3), 0, signal);
    for (const [at, entry] of [...entries.all].entries()) {
      entry.held = held;
      entry.become({ kind: 'spooled', recording, sha256: held.sha256, stamp: 'a' });
      if (at === 2) entry.become({ kind: 'erased', recording });
    }
    entries.close();
    const journal = { inventoryTaken: async () => undefined };
    const parts = { docking: makeDockingId(nodeRandom()), custody, journal, clock: nodeClock() };
    return new DockingEntries({ ...parts, fileClock: () => undefined, before: entries });
  }

  test('knows what it held of a file that shows no change, and of no other one', async () => {
    const next = await goneOn();
    const shown = listing(0, 3);
    const [same, changed, again] = shown.entries as [InventoryEntry, InventoryEntry, InventoryEntry];
    const now = { ...shown, entries: [same, { ...changed, stamp: 'b' }, again] };
    await next.track(now, 0, signal);
    expect([...next.all].map(({ fate, proven }) => [fate.kind, proven])).toEqual([
      ['pending', held],
      ['pending', undefined],
      ['pending', undefined],
    ]);
    expect([...next.all][1]?.looks.changesSinceMs).toBeDefined();
  });

  test('knows nothing more of a recording that left the spool, before its first listing or behind it', async () => {
    const early = await goneOn();
    early.quarantined(recording);
    await early.track(listing(0, 2), 0, signal);
    expect([...early.all].map(({ proven, supersedes }) => [proven, supersedes])).toEqual([
      [undefined, [recording]],
      [undefined, [recording]],
    ]);
    const late = await goneOn();
    await late.track(listing(0, 1), 0, signal);
    late.quarantined(recording);
    expect([...late.all].map(({ proven }) => proven)).toEqual([undefined]);
  });

  test('counts what vanished meanwhile', async () => {
    const next = await goneOn();
    await next.track(listing(0, 1), 0, signal);
    expect(next.vanished).toEqual({ entries: 1, entriesHere: 1 });
  });
});
