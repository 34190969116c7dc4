// The settlement of the spool's folders against the ledger: what it enters, and that it comes to the same whatever a disk has kept of log and snapshot.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ITEM } from '../../../agent/custody/ledger.ts';
import { LedgerPart, linesOf, Snapshot } from '../../../agent/custody/ledger-file.ts';
import { Settlement } from '../../../agent/spool/settlement.ts';
import { emptySnapshot } from '../../../agent/spool/snapshot-rows.ts';
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { keyIdHex } from '../../../protocol/documents/minisign.ts';
import { parseReceipt } from '../../../protocol/documents/receipt.ts';
import { makeDockingId, type RecordingId } from '../../../protocol/format/ids.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { chainsOn } from '../custody/custody-scenario.ts';
import { CAMERA, freshDisk, prepare, spoolOne, stationKey, type Prepared } from '../spool/scenario.ts';
import { liveDockings, openDockings, type OpenedDockings, type PlannedDocking } from './life.ts';

const SNAPSHOT = '/spool/ledger.jsonl';
const KEY_ID = keyIdHex(stationKey.keyId);

interface Settled extends OpenedDockings {
  readonly log: MemoryLog;
}

/** A start, and its settlement. */
async function settle(disk: CrashDisk, seed: number): Promise<Settled> {
  const opened = await openDockings(disk, seed, true);
  const { spool, custody, items, clock } = opened;
  const log = new MemoryLog();
  const settlement = new Settlement({ items, custody, spool, layout: spool.layout, files: disk, clock, log });
  const { signal } = new AbortController();
  const running = settlement.enter(signal).then(() => settlement.receipts(signal));
  await clock.advance(1);
  await running;
  for (const event of await settlement.find()) custody.append(event);
  await custody.checkpoint();
  return { ...opened, log };
}

/** What a start entered, without the entries of the log itself. */
function entered(disk: CrashDisk, { custody }: OpenedDockings): Pick<CustodyEntry, 'event' | 'facts'>[] {
  const segment = custody.segments().at(-1)?.segment ?? '';
  return (chainsOn(disk).get(segment) ?? [])
    .filter(({ event }) => event !== 'segment-opened' && event !== 'checkpoint')
    .map(({ event, facts }) => ({ event, facts }));
}

/** A disk with three recordings, each naming the one before, that no entry names. */
async function unentered(): Promise<{ disk: CrashDisk; made: Prepared[] }> {
  const disk = await freshDisk();
  const opened = await openDockings(disk, 1);
  const random = seededRandom(9);
  const made: Prepared[] = [];
  for (let at = 0; at < 3; at++) {
    const previous = made.at(-1)?.documents.manifestBytes;
    const sealedAt = `2026-11-25T09:3${at}:00.000Z`;
    const next = prepare(random, { previous: previous === undefined ? null : sha256Hex(previous), sealedAt });
    await spoolOne(disk, opened.spool, next);
    made.push(next);
  }
  await opened.close();
  return { disk, made };
}

describe('what is here and has no entry', () => {
  test('gets it, the oldest first, and the end of the chain with its camera and key', async () => {
    const { disk, made } = await unentered();
    const opened = await settle(disk, 2);
    const spooled = entered(disk, opened).filter(({ event }) => event === 'spooled');
    expect(spooled.map(({ facts }) => facts['recording'])).toEqual(made.map(({ recording }) => recording));
    expect(spooled.map(({ facts: { settled, camera, key_id: key } }) => [settled, camera, key])).toEqual([
      [true, undefined, undefined],
      [true, undefined, undefined],
      [true, CAMERA, KEY_ID],
    ]);
    const end = made.at(-1);
    expect(opened.custody.ledger.manifests.get(CAMERA)).toEqual({
      recording: end?.recording,
      sha256: sha256Hex(end?.documents.manifestBytes ?? new Uint8Array()),
      keyId: KEY_ID,
      docking: null,
    });
    await opened.close();
  });

  test('gets it once', async () => {
    const { disk } = await unentered();
    await (await settle(disk, 2)).close();
    const next = await settle(disk, 3);
    expect(entered(disk, next)).toEqual([]);
    await next.close();
  });

  test('gets none while a segment is not shown that may have it', async () => {
    const { disk } = await unentered();
    const [segment] = [...chainsOn(disk).keys()];
    for (const operation of ['open', 'readAll'] as const)
      disk.fail({ operation, path: `${segment}.jsonl`, nth: 1, times: Infinity, code: 'EIO' });
    const opened = await settle(disk, 2);
    expect(opened.custody.isWhole).toBe(false);
    disk.heal();
    expect(entered(disk, opened).filter(({ event }) => event === 'spooled')).toEqual([]);
    await opened.close();
  });
});

describe('a receipt without its entry', () => {
  /** One whose receipt is here and in no entry. */
  async function receipted(): Promise<{ disk: CrashDisk; recording: RecordingId; path: string }> {
    const { disk, made } = await unentered();
    const [first] = made;
    if (first === undefined) throw new Error('there is one');
    const opened = await openDockings(disk, 2);
    await opened.spool.storeReceipt(first.recording, first.receipt.bytes, first.receipt.signature);
    await opened.close();
    const path = `/spool/ready/${first.recording}/receipt.json`;
    return { disk, recording: first.recording, path };
  }

  test('that an earlier run stored is taken back, and its recording offered again: what proved it may be forgotten', async () => {
    const { disk, recording, path } = await receipted();
    const opened = await settle(disk, 3);
    expect(entered(disk, opened).filter(({ event }) => event === 'receipted')).toEqual([]);
    expect(opened.spool.stateOf(recording)).toBe('spooled');
    expect(disk.peek(path)).toBeUndefined();
    await opened.close();
  });

  test('lets no payload go', async () => {
    const { disk, recording } = await receipted();
    const opened = await openDockings(disk, 3);
    await expect(opened.items.reclaim(recording)).rejects.toMatchObject({ code: 'spool.not-receipted' });
    await opened.custody.checkpoint();
    expect(opened.custody.ledger.bits(recording) & ITEM.onceReceipted).toBe(0);
    expect(opened.spool.stateOf(recording)).toBe('spooled');
    await opened.close();
  });

  test('that the disk does not give up keeps no other one waiting', async () => {
    const { disk, recording, path } = await receipted();
    disk.fail({ operation: 'unlink', path, nth: 1, times: Infinity, code: 'EIO' });
    const opened = await settle(disk, 3);
    expect(opened.custody.isEntered(recording, ITEM.spooled)).toBe(true);
    expect(opened.custody.isEntered(recording, ITEM.receipted)).toBe(false);
    await opened.close();
  });

  test('of this run gets it, once', async () => {
    const { disk, made } = await unentered();
    const opened = await openDockings(disk, 2);
    const [{ recording, receipt } = expect.fail('there is one')] = made;
    const parsed = parseReceipt(receipt.bytes);
    await opened.items.storeReceipt(parsed, receipt);
    const both = await Promise.all([opened.items.makeUp([recording]), opened.items.makeUp([recording])]);
    await opened.custody.checkpoint();
    expect(both.filter(Boolean).length).toBeGreaterThan(0);
    await opened.items.enterReceipt(recording);
    const facts = { recording, receiver: 'r-store', receipt_sha256: sha256Hex(receipt.bytes) };
    expect(entered(disk, opened).filter(({ event }) => event === 'receipted')).toEqual([
      { event: 'receipted', facts },
    ]);
    await opened.close();
  });
});

/** Dockings of one camera, their recordings naming each other. */
function planned(seed: number): PlannedDocking[] {
  const random = seededRandom(seed);
  let previous: string | null = null;
  let number = 0;
  return [2, 1, 3].map((count): PlannedDocking => {
    const docking = makeDockingId(random);
    const recordings = Array.from({ length: count }, () => {
      const at = `${number++}`.padStart(2, '0');
      const next = prepare(random, {
        sizeBytes: 200,
        docking,
        path: `DCIM/${at}`,
        previous,
        sealedAt: `2026-11-25T09:${at}:00.000Z`,
      });
      previous = sha256Hex(next.documents.manifestBytes);
      return next;
    });
    return { docking, recordings, further: 1 };
  });
}

/** What a start makes of a disk: folders, ledger, ends of chains, entries. */
async function outcome(disk: CrashDisk, seed: number): Promise<Record<string, unknown>> {
  const opened = await settle(disk, seed);
  const { spool, custody, dockings } = opened;
  const { ledger } = custody;
  const stored = [...spool.recordings(), ...dockings.records.store.recordings()];
  const states = stored
    .map(({ recording, state }) => `${recording} ${state} ${ledger.bits(recording)}`)
    .sort();
  const manifest = await spool.lastManifestSha256(CAMERA, ledger.manifests.get(CAMERA));
  const made = entered(disk, opened).map((each) => JSON.stringify(each));
  await opened.close();
  return {
    states,
    aside: [...spool.asideNames].sort(),
    ends: [manifest, dockings.records.endOfChain(CAMERA)],
    known: [...linesOf(ledger)].map((line) => JSON.stringify(line)).sort(),
    made: made.sort(),
  };
}

/** A disk as a life leaves it that ended at any moment, and what becomes of it then. */
async function damaged(seed: number): Promise<{ disk: CrashDisk; isLogLost: boolean; isDamaged: boolean }> {
  const random = seededRandom(1000 + seed);
  const below = (count: number): number => (random.bytes(2)[0] ?? 0) % count;
  const pick = <T>(of: readonly T[]): T | undefined => of[below(Math.max(of.length, 1))];
  let disk = await freshDisk();
  const all = planned(seed);
  const [first, second] = [all.slice(0, 2), all.slice(2)];
  await liveDockings(disk, first, () => undefined, { seed: 1, hasSnapshot: true });
  const old = disk.peek(SNAPSHOT) ?? new Uint8Array(0);
  const began = disk.steps;
  await liveDockings(disk, second, () => undefined, { seed: 2, hasSnapshot: true });
  const survivals = ['nothing', 'everything', 'torn', 1, 2] as const;
  disk = disk.crash(
    began + below(disk.steps - began + 1),
    survivals[below(survivals.length)] ?? 'everything',
  );
  const snapshots = [
    () => undefined,
    () => disk.plant(SNAPSHOT, old),
    () => disk.plant(SNAPSHOT, Buffer.from(old).toString().replace('"spooled"', '"receipted"').slice(0, -2)),
    () => disk.plant(SNAPSHOT, 'nothing of ours'),
  ];
  snapshots[below(snapshots.length)]?.();
  const folders = ['ready', 'released', 'dockings'].flatMap((name) =>
    (disk.peekNames(`/spool/${name}`) ?? []).map((each) => `/spool/${name}/${each}`),
  );
  const isLogLost = below(3) === 0;
  if (isLogLost) for (const path of disk.tree('/spool/custody').keys()) await disk.unlink(path);
  const damagesDone = isLogLost ? 0 : below(4);
  for (let count = damagesDone; count > 0; count--) {
    const folder = pick(folders.filter((each) => (disk.peekNames(each) ?? []).length > 0));
    if (folder === undefined) break;
    const file = `${folder}/${pick(disk.peekNames(folder) ?? [])}`;
    const bytes = disk.peek(file) ?? new Uint8Array(0);
    const damages: readonly (() => Promise<void>)[] = [
      () => disk.removeTree(folder),
      () => disk.unlink(file),
      async () => disk.plant(file, bytes.subarray(0, below(bytes.length + 1))),
      async () => {
        for (const [path, each] of disk.tree(folder))
          disk.plant(
            path.replace(folder, join('/spool/quarantine', folder.split('/').at(-1) ?? '')),
            each ?? '',
          );
      },
      async () => {
        for (const [path, each] of disk.tree(folder))
          disk.plant(path.replace(folder, `${folder.slice(0, -26)}${'q'.repeat(25)}a`), each ?? '');
      },
    ];
    await damages[below(damages.length)]?.();
  }
  return { disk: disk.crash(disk.steps, 'everything'), isLogLost, isDamaged: damagesDone > 0 };
}

/** Leaves the rows of recordings alone in the snapshot. */
async function forgetLedger(disk: CrashDisk): Promise<void> {
  const { spool } = JSON.parse(Buffer.from(disk.peek('/spool/spool.json') ?? []).toString()) as {
    spool: string;
  };
  const known = { files: disk, path: SNAPSHOT, spool, clock: new ManualClock(), log: new MemoryLog() };
  const snapshot = await Snapshot.open(known, emptySnapshot);
  snapshot.parts.ledger.now = () => new LedgerPart().now();
  snapshot.changed();
  await snapshot.flush();
}

describe('of a random life, cut at any moment and damaged', () => {
  test.each(Array.from({ length: 30 }, (_, seed) => seed))(
    'a settlement comes to the same as one from nothing, and the next one has nothing to do: seed %i',
    async (seed) => {
      const { disk, isLogLost, isDamaged } = await damaged(seed);
      const bare = disk.crash(disk.steps, 'everything');
      // Rows spare a look into a folder that they know: what is damaged there shows when it is read.
      if (isDamaged) await forgetLedger(bare);
      else await bare.unlink(SNAPSHOT).catch(() => undefined);
      const settled = await outcome(disk, 5);
      const rebuilt = await outcome(bare, 5);
      expect(settled).toEqual(rebuilt);
      if (isLogLost) expect(settled['states']).not.toEqual([]);
      expect((await outcome(disk, 6))['made']).toEqual([]);
    },
  );
});
