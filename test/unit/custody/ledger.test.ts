// The ledger against the log that it is folded from: in random lives the running station, a start from a snapshot and a start from nothing know the
// same; and what single entries make of it.
import { describe, expect, test } from 'vitest';
import type { CustodyLog } from '../../../agent/custody/custody-log.ts';
import { ITEM, Ledger } from '../../../agent/custody/ledger.ts';
import { LedgerPart, linesOf, Snapshot } from '../../../agent/custody/ledger-file.ts';
import type { CustodyEvent } from '../../../protocol/custody/custody-entry.ts';
import {
  makeDockingId,
  makeRecordingId,
  makeSegmentId,
  parseCameraId,
  type DockingId,
  type RecordingId,
} from '../../../protocol/format/ids.ts';
import { keyIdHex } from '../../../protocol/documents/minisign.ts';
import type { Signer } from '../../../protocol/format/ports.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { chainsOn, dropSegment, FOLDER, logDisk, logKey, logSigner, openLog } from './custody-scenario.ts';

const SNAPSHOT = '/spool/ledger.jsonl';
const SHA256 = 'a'.repeat(64);
const KEY_ID = keyIdHex(logKey.keyId);

/** The ledger as text, whatever the order in which things came into its maps. */
function said(ledger: Ledger): string[] {
  const items = [...ledger.items].map(([item, bits]) => `${item} ${bits}`);
  const lines = [...linesOf(ledger)].filter(([kind]) => kind !== 'items').map((line) => JSON.stringify(line));
  return [...items, ...lines, `key ${ledger.keyId}`].sort();
}

/** Of the entries on the disk, in the order of their segments. */
function folded(disk: CrashDisk, custody: CustodyLog): Ledger {
  const ledger = new Ledger();
  const chains = chainsOn(disk);
  for (const { segment, lastSequence } of custody.segments())
    for (const entry of chains.get(segment) ?? [])
      if (entry.sequence <= lastSequence) ledger.take({ ...entry, segment });
  return ledger;
}

/** Without the places of entries, and without what is on its way in a docking. */
function lasting(ledger: Ledger): string[] {
  return [
    ...said(ledger).filter((line) => !/^\["(docking|pulled)"/.test(line)),
    ...ledger.dockings.keys(),
  ].sort();
}

/** As CustodyDropping does; false where nothing may go. */
async function dropOldest(disk: CrashDisk, custody: CustodyLog): Promise<boolean> {
  const [oldest, next] = custody.segments();
  if (oldest === undefined || next === undefined) return false;
  const before = lasting(custody.ledger);
  const isCarried = await custody.carry(oldest.segment);
  expect(lasting(custody.ledger), 'carried entries say what was known').toEqual(before);
  if (!isCarried) return false;
  const { segment, lastSequence, lastSha256 } = oldest;
  const facts = { segment, last_sequence: lastSequence, last_sha256: lastSha256 };
  custody.append({ event: 'segment-dropped', facts });
  await custody.checkpoint();
  custody.forget(segment);
  await dropSegment(disk, segment);
  await disk.syncFolder(FOLDER);
  return true;
}

/** Events of a station's life, as they may come: in any order that a program of ours, or of an earlier version, writes. */
class Events {
  readonly #random: ReturnType<typeof seededRandom>;
  readonly #recordings: RecordingId[] = [];
  readonly #spooled: RecordingId[] = [];
  readonly #further = new Set<RecordingId>();
  readonly #dockings: DockingId[] = [];

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  below(count: number): number {
    return this.#random.bytes(4).reduce((sum, byte) => sum * 256 + byte, 0) % count;
  }

  next(): CustodyEvent {
    const recording = this.#one(this.#spooled) ?? makeRecordingId(this.#random);
    const docking = this.#one(this.#dockings) ?? makeDockingId(this.#random);
    const receipt = { recording, receiver: 'store', receipt_sha256: SHA256 };
    const subject = makeSegmentId(this.#random);
    const found = { difference: 'older-image', subject, sequence: 1, sha256: SHA256 };
    const makes: (() => CustodyEvent)[] = [
      () => this.#docked(),
      () => this.#pulled(docking),
      () => this.#pulled(docking),
      () => this.#spools(),
      () => this.#spools(),
      () => this.#spools(),
      () => ({ event: 'receipted', facts: receipt }),
      () => ({ event: 'receipted', facts: receipt }),
      () => ({ event: 'asked-again', facts: receipt }),
      () => ({ event: 'quarantined', facts: { name: recording, reason: 'odd' } }),
      () => ({ event: 'spool-reclaimed', facts: { recording } }),
      () => ({ event: 'spool-documents-dropped', facts: { recording } }),
      () => ({
        event: 'docking-recorded',
        facts: { docking, record: docking, sha256: SHA256, part: 1, parts: 1 + this.below(2) },
      }),
      () => ({ event: 'difference-found', facts: found }),
      () => ({ event: 'difference-acknowledged', facts: { differences: 1, reason: 'seen' } }),
      () => ({ event: 'segment-dropped', facts: { segment: subject } }),
      () => ({ event: 'camera-retired', facts: { camera: this.#camera(), reason: 'lost' } }),
      () => ({ event: 'camera-refused', facts: { bay: 'bay-7', reason: 'unknown' } }),
      () => ({ event: 'store-log', facts: { checkpoint: `log/${this.below(3)}\n${this.below(9)}\n` } }),
      () => ({ event: 'seen', facts: { docking } }),
    ];
    const made = (makes[this.below(makes.length)] as () => CustodyEvent)();
    if (made.event !== 'spooled') this.#further.add(recording);
    return made;
  }

  #docked(): CustodyEvent {
    const docking = makeDockingId(this.#random);
    this.#dockings.push(docking);
    return { event: 'docked', facts: { bay: `bay-${this.below(3)}`, camera: this.#camera(), docking } };
  }

  #pulled(docking: DockingId): CustodyEvent {
    const recording = makeRecordingId(this.#random);
    this.#recordings.push(recording);
    return { event: 'pulled', facts: { recording, docking } };
  }

  /** It may be entered twice, but for what the log says more of. */
  #spools(): CustodyEvent {
    const mayBe = this.#recordings.filter((each) => !this.#further.has(each));
    const recording = this.#one(mayBe) ?? makeRecordingId(this.#random);
    this.#spooled.push(recording);
    return { event: 'spooled', facts: { recording, manifest_sha256: SHA256 } };
  }

  #camera(): string {
    return `cam-${this.below(4)}`;
  }

  #one<T>(of: readonly T[]): T | undefined {
    return of[Math.max(0, of.length - 1 - this.below(6))];
  }
}

let dropped = 0;
test.each(Array.from({ length: 25 }, (_, seed) => seed))(
  'in a random life the fold is what the running station knows, and what any start knows: seed %i',
  async (seed) => {
    const events = new Events(seed);
    let disk = logDisk();
    let drops = 0;
    for (let run = 1; run <= 6; run++) {
      const isKept = events.below(3) > 0;
      if (!isKept) await disk.unlink(SNAPSHOT).catch(() => undefined);
      const opened = await openLog(disk, 100 * seed + run, { ledgerFile: SNAPSHOT });
      const { custody, clock } = opened;
      expect(said(custody.ledger), `start ${run}`).toEqual(said(folded(disk, custody)));
      for (let step = events.below(12); step > 0; step--) {
        for (let count = 1 + events.below(30); count > 0; count--) custody.append(events.next());
        await custody.checkpoint();
        expect(said(custody.ledger), `run ${run}`).toEqual(said(folded(disk, custody)));
        if (events.below(4) === 0) await clock.advance(3_600_000); // the snapshot is written while it runs
        if (events.below(3) === 0 && (await dropOldest(disk, custody))) {
          expect(said(custody.ledger), `run ${run}, a segment dropped`).toEqual(said(folded(disk, custody)));
          drops++;
        }
      }
      if (events.below(2) === 0) await custody.close();
      else {
        await custody.checkpoint();
        disk = disk.crash(disk.steps, events.below(2) === 0 ? 'nothing' : 'everything');
      }
    }
    dropped += drops;
  },
);

test('a snapshot that is written before a start has folded the log names no entry', async () => {
  const disk = logDisk();
  const first = await openLog(disk, 1, { ledgerFile: SNAPSHOT });
  first.custody.append({
    event: 'docked',
    facts: { bay: 'bay-1', camera: 'cam-1', docking: 'a'.repeat(26) },
  });
  await first.custody.close();
  const named = (): boolean => Buffer.from(disk.peek(SNAPSHOT) ?? []).includes('["head"');
  expect(named()).toBe(true);
  const clock = new ManualClock();
  const known = { files: disk, path: SNAPSHOT, spool: '', clock, log: new MemoryLog() };
  const snapshot = await Snapshot.open(known, () => ({ ledger: new LedgerPart() }));
  const sign = async (...of: Parameters<Signer['sign']>): Promise<string> => {
    snapshot.changed();
    await snapshot.flush();
    return logSigner.sign(...of);
  };
  const { custody } = await openLog(disk, 2, { snapshot, signer: { ...logSigner, sign } });
  expect(named()).toBe(false);
  await custody.close();
  expect(named()).toBe(true);
});

test('segments were dropped in those lives', () => {
  expect(dropped).toBeGreaterThan(30);
});

test('a read that fails in the middle of a segment folds no entry twice', async () => {
  const random = seededRandom(8);
  const [docking, first, second] = [makeDockingId(random), makeRecordingId(random), makeRecordingId(random)];
  const lived = logDisk();
  const { custody } = await openLog(lived, 1);
  custody.append({ event: 'docked', facts: { bay: 'bay-1', camera: 'cam-1', docking } });
  for (const recording of [first, second]) {
    custody.append({ event: 'pulled', facts: { recording, docking } });
    custody.append({ event: 'spooled', facts: { recording, manifest_sha256: SHA256 } });
  }
  custody.append({ event: 'receipted', facts: { recording: first } });
  custody.append({ event: 'spool-reclaimed', facts: { recording: first } });
  for (let count = 0; count < 1500; count++) {
    custody.append({ event: 'seen', facts: { docking, path_sha256: SHA256 } });
    if (count % 100 === 0) await custody.checkpoint();
  }
  await custody.close();
  for (let nth = 1; nth <= 6; nth++) {
    const disk = lived.crash(lived.steps, 'nothing');
    disk.fail({ operation: 'open', path: '.jsonl', nth, times: 1, code: 'EIO' });
    const opened = await openLog(disk, 2);
    expect(opened.custody.ledger.manifests.get(parseCameraId('cam-1'))?.recording, `open ${nth}`).toBe(
      second,
    );
    await opened.custody.close();
  }
});

describe('what entries say', () => {
  const random = seededRandom(5);
  const [docking, recording] = [makeDockingId(random), makeRecordingId(random)];
  const segment = makeSegmentId(random);
  const of = (...events: readonly CustodyEvent[]): Ledger => {
    const ledger = new Ledger();
    for (const [at, each] of events.entries())
      ledger.take({ ...each, facts: { ...each.facts }, segment, sequence: at + 1, at: '' });
    return ledger;
  };
  const docked: CustodyEvent = { event: 'docked', facts: { bay: 'bay-1', camera: 'cam-1', docking } };
  const pulled: CustodyEvent = { event: 'pulled', facts: { recording, docking } };
  const spooled: CustodyEvent = { event: 'spooled', facts: { recording, manifest_sha256: SHA256 } };

  test('the last recording of a camera is the end of its chain, by the key of the checkpoint behind it', async () => {
    const disk = logDisk();
    const { custody } = await openLog(disk, 1);
    for (const event of [docked, pulled, spooled]) custody.append(event);
    await custody.checkpoint();
    expect([...custody.ledger.manifests]).toEqual([
      ['cam-1', { recording, sha256: SHA256, keyId: KEY_ID, docking: null }],
    ]);
  });

  test('an entry that is made again moves no chain back', () => {
    const next = makeRecordingId(random);
    const ledger = of(
      docked,
      pulled,
      spooled,
      { event: 'pulled', facts: { recording: next, docking } },
      { event: 'spooled', facts: { recording: next, manifest_sha256: 'b'.repeat(64) } },
      spooled,
    );
    expect([...ledger.manifests.values()].map((end) => end.recording)).toEqual([next]);
  });

  test('what goes to the quarantine stays the end of its chain', () => {
    const ledger = of(docked, pulled, spooled, {
      event: 'quarantined',
      facts: { name: recording, reason: 'odd' },
    });
    expect([...ledger.manifests.values()].map((end) => end.recording)).toEqual([recording]);
    expect(ledger.bits(recording)).toBe(ITEM.spooled | ITEM.left);
  });

  test('a docking is open until the last part of its record is entered', () => {
    const part = (number: number): CustodyEvent => ({
      event: 'docking-recorded',
      facts: { docking, record: makeRecordingId(random), sha256: SHA256, part: number, parts: 2 },
    });
    expect([...of(docked).dockings.keys()]).toEqual([docking]);
    expect([...of(docked, part(1)).dockings.keys()]).toEqual([docking]);
    expect(of(docked, part(1)).recorded.has(docking)).toBe(true);
    expect([...of(docked, part(1), part(2)).dockings.keys()]).toEqual([]);
  });

  test('a receipt that was taken back counts no more, and is one that there was', () => {
    const facts = { recording, receiver: 'store', receipt_sha256: SHA256 };
    const ledger = of(spooled, { event: 'receipted', facts }, { event: 'asked-again', facts });
    expect(ledger.bits(recording)).toBe(ITEM.spooled | ITEM.onceReceipted);
  });

  test('of what was reclaimed behind its receipt nothing more is kept', () => {
    const facts = { recording, receiver: 'store', receipt_sha256: SHA256 };
    const reclaimed: CustodyEvent = { event: 'spool-reclaimed', facts: { recording } };
    expect([...of(spooled, { event: 'receipted', facts }, reclaimed).items]).toEqual([]);
    expect([...of(spooled, reclaimed).items]).toEqual([[recording, ITEM.spooled | ITEM.left]]);
  });
});
