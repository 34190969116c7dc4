import type { ItemChange } from '../../../agent/spool/changes.ts';
import { HeardChanges } from '../../fakes/changes-heard.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { documentFrom, Keep, recordingFrom, type KeepOptions } from '../../../agent/spool/keep.ts';
import type { ItemStore, ItemType } from '../../../agent/spool/signed-items.ts';
import type { SpooledRecording } from '../../../agent/spool/spool.ts';
import { TrustedWallClock } from '../../../agent/platform/trusted-wall-clock.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { makeRecordingId, parseRecordingId } from '../../../protocol/format/ids.ts';
import { encodeManifest, parseManifest, type Manifest } from '../../../protocol/documents/manifest.ts';
import { ManualClock, settle } from '../../fakes/clock-manual.ts';
import { itemsAround } from '../../fakes/items-around.ts';
import { MemoryCustody } from '../../fakes/custody-memory.ts';
import { CrashDisk } from '../../fakes/files-crash.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { readVectors } from '../../fakes/vectors.ts';

const recording = parseRecordingId('abcdefghijklmnopqrstuvwxya');
const KEEP_MS = 10_000;

let clock: ManualClock;
let held: { recording: typeof recording; state: SpooledRecording['state'] };
let fails: DockError | undefined;
let again: string[];
let aside: string[];
let quarantine: (name: string) => Promise<void>;
beforeEach(() => {
  clock = new ManualClock();
  held = { recording, state: 'receipted' };
  fails = undefined;
  again = [];
  aside = [];
  quarantine = async (name) => void aside.push(name);
});

interface KeepWish extends Partial<Omit<KeepOptions, 'items'>> {
  readonly spool?: Partial<ItemStore>;
  readonly fromMs?: ItemType['fromMs'];
}

function keep(custody = new MemoryCustody(), { spool, fromMs, ...options }: KeepWish = {}): Keep {
  const known = { ...held, folder: '/recording', sealedSizeBytes: 1 } as SpooledRecording;
  const recordings = Object.defineProperty(known, 'state', { get: () => held.state });
  const changes = new HeardChanges<ItemChange>();
  const put = changes.put.bind(changes);
  changes.put = (change) => {
    if (change.to === 'spooled') again.push(change.item);
    put(change);
  };
  const store: Partial<ItemStore> = spool ?? {
    quarantine,
    recordings: () => [recordings].values(),
    get: () => recordings,
    reclaim: async () => {
      if (fails?.code === 'spool.not-receipted') held.state = 'spooled';
      if (fails !== undefined) throw fails;
      held.state = 'released';
    },
  };
  return new Keep({
    items: itemsAround({ store, type: fromMs === undefined ? {} : { fromMs }, custody, changes }),
    changes,
    store: { isBehind: false },
    wall: new TrustedWallClock(clock, () => null),
    policy: { daysMax: undefined },
    clock,
    log: new MemoryLog(),
    keepMs: KEEP_MS,
    ...options,
  });
}

test('a copy whose documents are damaged is set aside, and tried again only where it could not be moved', async () => {
  fails = new DockError('spool.damaged', 'manifest.json was altered', { retry: 'never' });
  let refuses = true;
  quarantine = async (name) => {
    if (refuses) throw new DockError('spool.gone', 'not moved', { retry: 'later' });
    aside.push(name);
  };
  const kept = keep();
  kept.start();
  expect([await kept.makeRoom(), aside]).toEqual([false, []]);
  refuses = false;
  expect([await kept.makeRoom(), aside]).toEqual([false, [recording]]);
  expect(await kept.makeRoom()).toBe(false);
  expect([aside, again]).toEqual([[recording], []]);
});

test('a copy is removed once it was kept long enough', async () => {
  const kept = keep();
  kept.start();
  const ending = new AbortController();
  const running = kept.run(ending.signal);
  await clock.advance(KEEP_MS - 1);
  expect(held.state).toBe('receipted');
  await clock.advance(60_000);
  expect(held.state).toBe('released');
  ending.abort(new Error('ended'));
  await running;
});

test('a copy whose receipt came after the start, and before changes were read, is removed like any other', async () => {
  held.state = 'spooled';
  const kept = keep();
  kept.start();
  held.state = 'receipted';
  const ending = new AbortController();
  const running = kept.run(ending.signal);
  await clock.advance(KEEP_MS + 60_000);
  expect(held.state).toBe('released');
  ending.abort(new Error('ended'));
  await running;
});

test('a copy that may not go yet stays, without a word, and goes at the next look after the one that it waits for', async () => {
  const log = new MemoryLog();
  let mayGo = false;
  const spool = {
    quarantine,
    recordings: () => [known].values(),
    get: () => known,
    mayGo: () => mayGo,
    reclaim: async () => void (held.state = 'released'),
  };
  const known = Object.defineProperty({ ...held } as SpooledRecording, 'state', { get: () => held.state });
  const kept = keep(new MemoryCustody(), { spool, log });
  kept.start();
  expect(await kept.makeRoom()).toBe(false);
  const ending = new AbortController();
  const running = kept.run(ending.signal);
  await clock.advance(KEEP_MS + 120_000);
  expect([held.state, log.messages()]).toEqual(['receipted', []]);
  mayGo = true;
  await clock.advance(60_000);
  expect(held.state).toBe('released');
  ending.abort(new Error('ended'));
  await running;
});

test('a recording whose stored receipt does not verify is pushed again', async () => {
  const kept = keep();
  kept.start();
  fails = new DockError('spool.not-receipted', 'its receipt does not verify', { retry: 'later' });
  await kept.makeRoom();
  expect(again).toEqual([recording]);
});

test('a copy that could not be removed is tried again later', async () => {
  const kept = keep();
  kept.start();
  fails = new DockError('spool.write-failed', 'the disk is read-only', { retry: 'later' });
  expect(await kept.makeRoom()).toBe(false);
  fails = undefined;
  expect(await kept.makeRoom()).toBe(true);
  expect(held.state).toBe('released');
});

test('a store that turns out to be rolled back while copies go ends that with the one that goes', async () => {
  const store = { isBehind: false };
  const random = seededRandom(4);
  const copies = [1, 2, 3].map(() => ({ recording: makeRecordingId(random), state: 'receipted' }) as never);
  const gone: string[] = [];
  const spool = {
    quarantine,
    recordings: () => copies.values(),
    get: (name: string) => copies.find(({ recording: each }) => each === name),
    reclaim: async (name: string) => {
      gone.push(name);
      store.isBehind = true;
    },
  };
  const kept = keep(new MemoryCustody(), { store, spool });
  kept.start();
  const ending = new AbortController();
  const running = kept.run(ending.signal);
  await clock.advance(KEEP_MS + 60_000);
  expect(gone).toHaveLength(1);
  ending.abort(new Error('ended'));
  await running;
});

test('no copy makes room while the store is behind: it may be the last one there is', async () => {
  let isBehind = true;
  const store = {
    get isBehind() {
      return isBehind;
    },
  };
  const kept = keep(new MemoryCustody(), { store });
  kept.start();
  expect([await kept.makeRoom(), held.state]).toEqual([false, 'receipted']);
  isBehind = false;
  expect([await kept.makeRoom(), held.state]).toEqual([true, 'released']);
});

test('a copy that was removed makes room although the log took no entry of it', async () => {
  const custody = new MemoryCustody();
  custody.append = () => {
    throw new DockError('custody.overrun', 'too much waits', { retry: 'later' });
  };
  const kept = keep(custody);
  kept.start();
  expect(await kept.makeRoom()).toBe(true);
});

describe('a copy whose recording is due', () => {
  const DAY_MS = 86_400_000;
  /** The documents of one recording, sealed at nine and receipted a minute later on 2026-11-25; due after 14 days. */
  function documents(change: (manifest: Manifest) => Manifest = (manifest) => manifest): CrashDisk {
    const vectors = readVectors<{ text: string }>('documents');
    const bytes = (name: string): Uint8Array => Buffer.from(vectors.get(name)?.text ?? '');
    const disk = new CrashDisk();
    const manifest = parseManifest(bytes('01-manifest-accepted'));
    disk.plant('/recording/manifest.json', encodeManifest(change(manifest)));
    disk.plant('/recording/receipt.json', bytes('02-receipt-accepted'));
    return disk;
  }
  const readReceipt = (): string =>
    readVectors<{ text: string }>('documents').get('02-receipt-accepted')?.text ?? '';
  const RECEIVED_MS = Date.parse('2026-11-25T09:01:00.000Z');

  interface Case {
    readonly disk?: CrashDisk;
    readonly synchronised?: boolean | null;
    readonly keepMs?: number;
    readonly jumpMs?: number;
    readonly policy?: KeepOptions['policy'];
    readonly fromOf?: typeof recordingFrom;
  }

  /** Runs a keep from that moment on until so much later, looking once a minute; true where the copy is still there. */
  async function staysUntil(
    fromMs: number,
    laterMs: number,
    {
      disk = documents(),
      synchronised = true,
      keepMs = 365 * DAY_MS,
      jumpMs = 0,
      policy = { daysMax: undefined },
      fromOf = recordingFrom,
    }: Case = {},
  ): Promise<boolean> {
    clock.jumpWall(fromMs - clock.wallMs());
    const wall = new TrustedWallClock(clock, () => synchronised);
    const kept = keep(new MemoryCustody(), { keepMs, wall, policy, fromMs: fromOf(disk) });
    kept.start();
    const ending = new AbortController();
    const running = kept.run(ending.signal);
    await settle();
    clock.jumpWall(jumpMs);
    for (let passed = 0; passed < laterMs; passed += 60_000) await clock.advance(60_000);
    ending.abort(new Error('ended'));
    await running;
    return held.state === 'receipted';
  }

  test('goes with that day, however long copies are kept, and not before', async () => {
    const due = RECEIVED_MS + 14 * DAY_MS;
    expect(await staysUntil(due - 600_000, 540_000)).toBe(true);
    expect(await staysUntil(due - 600_000, 660_000)).toBe(false);
  });

  test('goes with the most days of a policy where these are fewer, also of one that came since', async () => {
    const policy: { daysMax: number | undefined } = { daysMax: 40 };
    const [due, dueByPolicy] = [14, 5].map((days) => RECEIVED_MS + days * DAY_MS - 600_000) as [
      number,
      number,
    ];
    expect(await staysUntil(due, 540_000, { policy })).toBe(true);
    expect(await staysUntil(due, 660_000, { policy })).toBe(false);
    held.state = 'receipted';
    policy.daysMax = 5;
    expect(await staysUntil(dueByPolicy, 540_000, { policy })).toBe(true);
    policy.daysMax = undefined;
    clock.after(780_000, () => (policy.daysMax = 5));
    expect(await staysUntil(dueByPolicy, 660_000, { policy })).toBe(true);
    expect(await staysUntil(dueByPolicy + 600_000, 180_000, { policy })).toBe(false);
  });

  test('is counted from the capture where a synchronised station measured it', async () => {
    const disk = documents((manifest) => ({
      ...manifest,
      clock_synchronised: true,
      capture: {
        basis: 'clock-measured',
        earliest_at: '2026-11-20T08:00:00.000Z',
        latest_at: '2026-11-20T09:00:00.000Z',
      },
    }));
    const due = Date.parse('2026-12-04T09:00:00.000Z');
    expect(await staysUntil(due - 600_000, 540_000, { disk })).toBe(true);
    expect(await staysUntil(due - 600_000, 660_000, { disk })).toBe(false);
  });

  test('stays by a clock that is not synchronised, and by one that jumped where nobody can tell', async () => {
    expect(await staysUntil(RECEIVED_MS + 3650 * DAY_MS, 120_000, { synchronised: false })).toBe(true);
    const jumped = { synchronised: null, jumpMs: 3650 * DAY_MS };
    expect(await staysUntil(RECEIVED_MS, 120_000, jumped)).toBe(true);
    expect(await staysUntil(RECEIVED_MS + 15 * DAY_MS, 120_000, { synchronised: null })).toBe(false);
  });

  test('stays for its hours where its documents cannot be read, and goes then', async () => {
    const disk = documents();
    disk.corrupt('/recording/receipt.json', () => Buffer.from('{'));
    expect(await staysUntil(RECEIVED_MS + 99 * DAY_MS, 600_000, { disk, keepMs: 3_600_000 })).toBe(true);
    expect(await staysUntil(RECEIVED_MS + 99 * DAY_MS, 3_700_000, { disk, keepMs: 3_600_000 })).toBe(false);
  });

  test('and that has no receipt is not even looked at', async () => {
    held.state = 'spooled';
    expect(await staysUntil(RECEIVED_MS + 99 * DAY_MS, 600_000)).toBe(false);
    expect(held.state).toBe('spooled');
  });

  test('of a docking goes 14 days after its receipt, however often the station was started anew', async () => {
    const disk = new CrashDisk();
    disk.plant('/recording/receipt.json', Buffer.from(readReceipt()));
    const due = RECEIVED_MS + 14 * DAY_MS;
    expect(await staysUntil(due - 600_000, 540_000, { disk, fromOf: documentFrom })).toBe(true);
    expect(await staysUntil(due - 600_000, 660_000, { disk, fromOf: documentFrom })).toBe(false);
  });

  test('of a docking stays by a clock that nobody may believe, and where its receipt cannot be read', async () => {
    const disk = new CrashDisk();
    disk.plant('/recording/receipt.json', Buffer.from(readReceipt()));
    const late = RECEIVED_MS + 99 * DAY_MS;
    expect(await staysUntil(late, 120_000, { disk, fromOf: documentFrom, synchronised: false })).toBe(true);
    disk.corrupt('/recording/receipt.json', () => Buffer.from('{'));
    expect(await staysUntil(late, 120_000, { disk, fromOf: documentFrom })).toBe(true);
  });

  test('is found by a station whose clock is believed only later', async () => {
    let synchronised: boolean | null = false;
    clock.jumpWall(RECEIVED_MS + 20 * DAY_MS - clock.wallMs());
    const wall = new TrustedWallClock(clock, () => synchronised);
    const fromMs = recordingFrom(documents());
    const kept = keep(new MemoryCustody(), { keepMs: 365 * DAY_MS, wall, fromMs });
    kept.start();
    const ending = new AbortController();
    const running = kept.run(ending.signal);
    await settle();
    await clock.advance(600_000);
    expect(held.state).toBe('receipted');
    synchronised = true;
    await clock.advance(120_000);
    expect(held.state).toBe('released');
    ending.abort(new Error('ended'));
    await running;
  });

  test('and of a spool with hundreds of copies, some are read in each look and none is forgotten', async () => {
    const disk = documents();
    const random = seededRandom(9);
    const ids = Array.from({ length: 450 }, () => makeRecordingId(random));
    const states = new Map<string, SpooledRecording['state']>(ids.map((id) => [id, 'receipted']));
    let reads = 0;
    const items = ids.map((id) => ({
      recording: id,
      folder: '/recording',
      get state() {
        return states.get(id);
      },
    }));
    clock.jumpWall(RECEIVED_MS + 20 * DAY_MS - clock.wallMs());
    const readFrom = recordingFrom(disk);
    const kept = keep(new MemoryCustody(), {
      keepMs: 365 * DAY_MS,
      spool: {
        quarantine,
        recordings: () => (items as unknown as SpooledRecording[]).values(),
        get: (id) => items.find((item) => item.recording === id) as unknown as SpooledRecording,
        reclaim: async (id) => void states.set(id, 'released'),
      },
      wall: new TrustedWallClock(clock, () => true),
      fromMs: (item) => (reads++, readFrom(item)),
    });
    kept.start();
    const ending = new AbortController();
    const running = kept.run(ending.signal);
    await settle();
    expect(reads).toBeLessThanOrEqual(200);
    for (let look = 0; look < 4; look++) await clock.advance(60_000);
    expect(reads).toBe(450);
    expect([...states.values()].every((state) => state === 'released')).toBe(true);
    ending.abort(new Error('ended'));
    await running;
  });
});
