import { beforeEach, describe, expect, test } from 'vitest';
import { Keep, type KeepOptions } from '../../agent/keep.ts';
import type { SpooledRecording } from '../../agent/spool/spool.ts';
import { SteadyWall } from '../../agent/steady-wall.ts';
import { DockError } from '../../protocol/errors.ts';
import { parseRecordingId } from '../../protocol/ids.ts';
import { encodeManifest, parseManifest, type Manifest } from '../../protocol/manifest.ts';
import { ManualClock, settle } from '../fakes/clock-manual.ts';
import { MemoryCustody } from '../fakes/custody-memory.ts';
import { CrashDisk } from '../fakes/files-crash.ts';
import { MemoryLog } from '../fakes/log-memory.ts';
import { readVectors } from '../fakes/vectors.ts';

const recording = parseRecordingId('abcdefghijklmnopqrstuvwxya');
const KEEP_MS = 10_000;

let clock: ManualClock;
let held: { recording: typeof recording; state: SpooledRecording['state'] };
let fails: DockError | undefined;
let again: string[];
beforeEach(() => {
  clock = new ManualClock();
  held = { recording, state: 'receipted' };
  fails = undefined;
  again = [];
});

function keep(custody = new MemoryCustody(), options: Partial<KeepOptions> = {}): Keep {
  const known = { ...held, folder: '/recording' } as SpooledRecording;
  const recordings = Object.defineProperty(known, 'state', { get: () => held.state });
  return new Keep({
    spool: {
      recordings: () => [recordings].values(),
      get: () => recordings,
      reclaim: async () => {
        if (fails?.code === 'spool.not-receipted') held.state = 'spooled';
        if (fails !== undefined) throw fails;
        held.state = 'released';
      },
    },
    custody,
    clock,
    log: new MemoryLog(),
    keepMs: KEEP_MS,
    onUnreceipted: (spooled) => again.push(spooled.recording),
    ...options,
  });
}

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

test('a recording whose stored receipt does not stand is pushed again', async () => {
  const kept = keep();
  kept.start();
  fails = new DockError('spool.not-receipted', 'its receipt does not stand', { retry: 'later' });
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
  const RECEIVED_MS = Date.parse('2026-11-25T09:01:00.000Z');

  interface Case {
    readonly disk?: CrashDisk;
    readonly synchronised?: boolean | null;
    readonly keepMs?: number;
    readonly jumpMs?: number;
  }

  /** Runs a keep from that moment on until so much later, looking once a minute; true where the copy is still there. */
  async function staysUntil(
    fromMs: number,
    laterMs: number,
    { disk = documents(), synchronised = true, keepMs = 365 * DAY_MS, jumpMs = 0 }: Case = {},
  ): Promise<boolean> {
    clock.jumpWall(fromMs - clock.wallMs());
    const wall = new SteadyWall(clock, () => synchronised);
    const kept = keep(new MemoryCustody(), { keepMs, due: { files: disk, wall, days: 14 } });
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
});
