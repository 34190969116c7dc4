// What the tests of the store's log share: appending on a disk that forgets, and reading what lies there as a stranger would.
import {
  CHAIN_START,
  followChain,
  type CustodyEntry,
  type CustodyEvent,
} from '../../../../protocol/custody/custody-entry.ts';
import { brokenLinks, inOrder, type FoundSegment } from '../../../../protocol/custody/custody-order.ts';
import { scanSegment } from '../../../../protocol/custody/custody-scan.ts';
import { parseReceiverId, parseSegmentId, makeSessionId } from '../../../../protocol/format/ids.ts';
import { CUSTODY_SEGMENT_TRUSTED_COMMENT } from '../../../../protocol/custody/custody-entry.ts';
import { makeSecretKey, publicKeyOf, verifyDocument } from '../../../../protocol/documents/minisign.ts';
import type { Files } from '../../../../protocol/format/ports.ts';
import type { CustodyHead } from '../../../../protocol/documents/receipt.ts';
import { WrittenEnd } from '../../../../agent/receiver/custody/log-end.ts';
import { appendStoreEvents, type StoreLogDeps } from '../../../../agent/receiver/custody/store-log.ts';
import { ManualClock, whileTimePasses } from '../../../fakes/clock-manual.ts';
import { CrashDisk } from '../../../fakes/files-crash.ts';
import { MemoryLocks } from '../../../fakes/locks-memory.ts';
import { MemoryLog } from '../../../fakes/log-memory.ts';
import { seededRandom } from '../../../fakes/random-seeded.ts';
import { fastSigner } from '../../../fakes/signer-fast.ts';

export const RECEIVER = parseReceiverId('r-store');
export const VAULT = '/vault';
export const FOLDER = `${VAULT}/${RECEIVER}/custody`;
export const storeKey = makeSecretKey(seededRandom(301));
const storeSigner = fastSigner(storeKey);

/** A disk with an empty vault. */
export function vaultDisk(): CrashDisk {
  const disk = new CrashDisk();
  disk.plantFolder(VAULT);
  return disk;
}

export function depsOn(
  files: Files,
  seed: number,
  change: Partial<StoreLogDeps> = {},
): StoreLogDeps & { clock: ManualClock; log: MemoryLog } {
  const own = { clock: new ManualClock(), log: new MemoryLog() };
  return {
    vaultPath: VAULT,
    vault: makeSessionId(seededRandom(300)),
    receiver: RECEIVER,
    version: '0.1.0',
    files,
    random: seededRandom(seed),
    signer: storeSigner,
    publicKey: publicKeyOf(storeKey),
    bootId: null,
    locks: new MemoryLocks(),
    written: new WrittenEnd(),
    signal: new AbortController().signal,
    ...own,
    ...change,
  } as StoreLogDeps & { clock: ManualClock; log: MemoryLog };
}

/** A numbered event. */
export function numbered(number: number): CustodyEvent {
  return { event: 'receiver-started', facts: { version: String(number) } };
}

/** Appends while the clock runs, since the lock may have to be waited for. */
export async function append(
  deps: StoreLogDeps & { clock: ManualClock },
  ...events: readonly CustodyEvent[]
): Promise<CustodyHead | null> {
  return (await whileTimePasses(deps.clock, appendStoreEvents(deps, events))).head;
}

/** One segment on the disk, followed from its first byte. */
export interface ReadSegment extends FoundSegment {
  readonly entries: readonly CustodyEntry[];
}

/** The log on the disk, the oldest segment first. Throws where a chain, a link or a signature does not hold. */
export function readLog(disk: CrashDisk): ReadSegment[] {
  const key = publicKeyOf(storeKey);
  const found: ReadSegment[] = [];
  for (const [path, bytes] of disk.tree(FOLDER)) {
    if (!path.endsWith('.jsonl') || bytes === undefined) continue;
    const segment = parseSegmentId(path.slice(FOLDER.length + 1, -'.jsonl'.length));
    const scanned = scanSegment(segment, bytes, [key]);
    if (scanned.rest === 'broken') throw new Error(`${path}: ${scanned.reason}`);
    const signature = disk.peek(`${path}.minisig`);
    if (signature !== undefined)
      verifyDocument(bytes, Buffer.from(signature).toString(), CUSTODY_SEGMENT_TRUSTED_COMMENT, [key]);
    const entries = entriesOf(bytes.subarray(0, scanned.goodBytes));
    found.push({
      segment,
      first: scanned.first,
      last: scanned.state,
      signed: signature !== undefined,
      entries,
    });
  }
  const ordered = inOrder(found);
  const [broken] = brokenLinks(ordered);
  if (broken !== undefined) throw new Error(`${broken.segment}: ${broken.reason}`);
  return ordered;
}

function entriesOf(bytes: Uint8Array): CustodyEntry[] {
  let state = CHAIN_START;
  return Buffer.from(bytes)
    .toString('latin1')
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const step = followChain(state, Buffer.from(line, 'latin1'));
      state = step.state;
      return step.entry;
    });
}

/** Numbers of all numbered events in the log, in its order. */
export function numbersIn(disk: CrashDisk): number[] {
  return readLog(disk)
    .flatMap(({ entries }) => entries)
    .filter(({ event }) => event === 'receiver-started')
    .map(({ facts }) => Number(facts['version']));
}
