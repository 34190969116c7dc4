// The life of two dockings on a disk that forgets, claim by claim: one with two recordings, one behind it with nothing. And what must hold
// of the claims after any cut: every docking that was begun has exactly one record, and the record says what is so.
import type { CustodyLog } from '../../../agent/custody/custody-log.ts';
import {
  DockingRecords,
  type DockingRecordsOptions,
  dockingRecordType,
} from '../../../agent/records/docking-records.ts';
import { Dockings } from '../../../agent/records/dockings.ts';
import { type DockingOpening, type EndedDocking, UNMEASURED } from '../../../agent/records/ended-docking.ts';
import type { StoredInventory } from '../../../agent/records/journal-files.ts';
import type { StoredRecord } from '../../../agent/records/stored-record.ts';
import { SignedItems } from '../../../agent/spool/signed-items.ts';
import type { Spool } from '../../../agent/spool/spool.ts';
import { recordingType } from '../../../agent/spool/spooled-recording.ts';
import type { CustodyEvent } from '../../../protocol/custody/custody-entry.ts';
import { type DockingEntry, inventoryLine } from '../../../protocol/documents/docking-record.ts';
import { NO_CHUNKS_SHA256 } from '../../../protocol/documents/item-documents.ts';
import { publicKeyOf } from '../../../protocol/documents/minisign.ts';
import { encodeReceipt, RECEIPT_TRUSTED_COMMENT } from '../../../protocol/documents/receipt.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { type BayId, type DockingId, makeDockingId, parseReceiverId } from '../../../protocol/format/ids.ts';
import type { Files } from '../../../protocol/format/ports.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { fastSigner, signFast } from '../../fakes/signer-fast.ts';
import { openCustody, takeIn } from '../spool/life.ts';
import {
  CAMERA,
  openSpool,
  prepare,
  type Prepared,
  STATION,
  stationKey,
  storeKey,
} from '../spool/scenario.ts';

const BAY = 'bay-1' as BayId;
const DOCKED_AT = '2026-11-26T06:00:00.000Z';

/** Everything that will be true of a docking. */
export interface PlannedDocking {
  readonly docking: DockingId;
  readonly recordings: readonly Prepared[];
  /** Files that are listed and never reached. */
  readonly further: number;
}

/** A docking with `recordings` of them and so many more files. */
export function plan(seed: number, recordings: number, further: number): PlannedDocking {
  const random = seededRandom(seed);
  const docking = makeDockingId(random);
  const sealed = Array.from({ length: recordings }, (_, at) =>
    prepare(random, { sizeBytes: 200 + 50 * at, docking, path: `DCIM/${seed}-${at}.MP4` }),
  );
  return { docking, recordings: sealed, further };
}

/** Claims are `<docking> <what>` or `<docking> <what> <digest or recording>`. */
export type OnDockingClaim = (claim: string) => void;

/** What is open of one station, without cameras and without a store. */
export interface OpenedDockings {
  readonly spool: Spool;
  readonly custody: CustodyLog;
  readonly items: SignedItems;
  readonly dockings: Dockings;
  readonly findings: readonly { readonly kind: string; readonly name: string; readonly reason: string }[];
  readonly conditions: MemoryConditions;
  readonly spoolConditions: MemoryConditions;
  readonly clock: ManualClock;
  close(): Promise<void>;
}

/** Opens spool, log and dockings, as a station does that holds that policy. */
export async function openDockings(
  files: Files,
  seed: number,
  hasSnapshot = false,
  policy: DockingRecordsOptions['policy'] = { sha256: undefined },
): Promise<OpenedDockings> {
  const opened = await openSpool(files);
  const { spool } = opened;
  const conditions = new MemoryConditions();
  const clock = new ManualClock();
  const custody = await openCustody(files, seed, {
    conditions,
    ...(hasSnapshot && { snapshot: spool.snapshot }),
  });
  const { records, findings } = await DockingRecords.open({
    spool,
    files,
    random: seededRandom(seed + 1000),
    signer: fastSigner(stationKey),
    log: new MemoryLog(),
    conditions,
    stationKeys: [publicKeyOf(stationKey)],
    storeKeys: [publicKeyOf(storeKey)],
    policy,
    lastRecorded: (camera) => custody.ledger.records.get(camera),
  });
  const types = [recordingType(spool, files, custody.ledger), dockingRecordType(records, files)];
  const items = new SignedItems({ types, custody, files, changes: spool.changes, log: new MemoryLog() });
  const { dockings, findings: journals } = await Dockings.open({
    station: STATION,
    spool,
    records,
    items,
    custody,
    files,
    clock,
    random: seededRandom(seed + 1000),
    signer: fastSigner(stationKey),
    log: new MemoryLog(),
    conditions,
    stationKeys: [publicKeyOf(stationKey)],
  });
  const close = async (): Promise<void> => {
    await dockings.settle();
    await custody.close();
    await spool.close();
  };
  return {
    spool,
    custody,
    items,
    dockings,
    findings: [...opened.findings, ...findings, ...journals],
    conditions,
    spoolConditions: opened.conditions,
    clock,
    close,
  };
}

export function openingOf({ docking }: PlannedDocking): DockingOpening {
  const camera = { id: CAMERA, vendor: 'V', model: 'Model', serial: '0815', firmware: null };
  return {
    docking,
    station: STATION,
    bay: BAY,
    camera,
    docked_at: DOCKED_AT,
    stay: docking,
    stay_docked_at: DOCKED_AT,
    plug: null,
    clock_synchronised: true,
  };
}

/** The first listing: the recordings, and behind them the further files. */
export function inventoryOf({ recordings, further, docking }: PlannedDocking): StoredInventory {
  const rows = [
    ...recordings.map(({ documents: { manifest }, payload }) => ({
      path_sha256: manifest.source.path_sha256,
      size_bytes: payload.length,
      modified_at: null,
    })),
    ...Array.from({ length: further }, (_, at) => ({
      path_sha256: sha256Hex(Buffer.from(`${docking} ${at}`)),
      size_bytes: at,
      modified_at: DOCKED_AT,
    })),
  ];
  const lines = rows.map((row) => inventoryLine(row.path_sha256, row.size_bytes, row.modified_at));
  const bytes = rows.reduce((sum, row) => sum + row.size_bytes, 0);
  const sha256 = sha256Hex(Buffer.from(lines.join('')));
  return { inventory: { taken_at: DOCKED_AT, entries: rows.length, bytes, sha256, complete: true }, rows };
}

/** Fates at the end of the docking: the first recording was erased. */
export function endedOf(planned: PlannedDocking): EndedDocking {
  const { inventory, rows } = inventoryOf(planned);
  const entries = rows.map((row, at): DockingEntry => {
    const recording = planned.recordings[at]?.recording;
    if (recording === undefined)
      return { ...row, later: false, fate: 'waiting', recording: null, reason: 'not-reached', erased: false };
    return { ...row, later: false, fate: 'stored', recording, reason: null, erased: at === 0 };
  });
  const end = { ended: 'unplugged', ended_at: '2026-11-26T06:30:00.000Z' } as const;
  return { ...openingOf(planned), ...UNMEASURED, ...end, inventory, later: 0, entries };
}

/** Starts; hears of each part of a record once it is announced. */
export function startDockings(
  { dockings, spool }: Pick<OpenedDockings, 'dockings' | 'spool'>,
  onRecorded: (part: StoredRecord) => unknown,
): void {
  const follow = async (): Promise<void> => {
    for await (const { kind, item, to } of spool.changes.read(new AbortController().signal)) {
      const part = dockings.records.store.get(item);
      if (kind === 'docking' && to === 'spooled' && part !== undefined) onRecorded(part);
    }
  };
  void follow();
  dockings.start();
}

/** Lives through the dockings one after the other. */
export async function liveDockings(
  files: Files,
  planned: readonly PlannedDocking[],
  onClaim: OnDockingClaim,
  { seed = 1, hasSnapshot }: { readonly seed?: number; readonly hasSnapshot?: boolean } = {},
): Promise<void> {
  const opened = await openDockings(files, seed, hasSnapshot);
  const waiting = new Map<string, (parts: StoredRecord[]) => void>();
  const parts: StoredRecord[] = [];
  startDockings(opened, (part) => {
    parts.push(part);
    const all = parts.filter(({ facts }) => facts.docking === part.facts.docking);
    if (all.length === part.facts.parts) waiting.get(part.facts.docking)?.(all);
  });
  for (const each of planned) {
    const recorded = new Promise<StoredRecord[]>((resolve) => waiting.set(each.docking, resolve));
    await liveDocking(files, opened, each, onClaim);
    const made = await recorded;
    onClaim(`${each.docking} recorded ${made[0]?.manifestSha256}`);
    for (const part of made) await receiptRecord(opened, part);
    onClaim(`${each.docking} receipted`);
  }
  await opened.close();
}

/** From "docked" to "undocked", in the order in which agent/dock does it. */
async function liveDocking(
  files: Files,
  { spool, custody, dockings }: OpenedDockings,
  planned: PlannedDocking,
  onClaim: OnDockingClaim,
): Promise<void> {
  const { docking, recordings } = planned;
  const say = async (...events: CustodyEvent[]): Promise<void> => {
    for (const event of events) custody.append(event);
    await custody.checkpoint();
  };
  const journal = await dockings.begin(openingOf(planned));
  onClaim(`${docking} begun`);
  custody.append({ event: 'docked', facts: { bay: BAY, camera: CAMERA, docking } });
  const listing = inventoryOf(planned);
  await journal.inventoryTaken(listing);
  if (journal.holdsInventory) onClaim(`${docking} listed`);
  const seen = listing.rows.map(({ path_sha256, size_bytes }): CustodyEvent => ({
    event: 'seen',
    facts: { docking, path_sha256, size_bytes },
  }));
  const { entries, bytes, sha256 } = listing.inventory;
  await say(...seen, { event: 'inventory', facts: { docking, entries, bytes, sha256 } });
  for (const each of recordings) {
    custody.append({ event: 'pulled', facts: { ...pulledFacts(each), docking } });
    await takeIn(files, spool, custody, each, (recording, claim) =>
      onClaim(`${docking} ${claim} ${recording}`),
    );
  }
  const [first] = recordings;
  if (first !== undefined) {
    const { recording, receipt, documents } = first;
    const facts = { recording, docking, path_sha256: documents.manifest.source.path_sha256 };
    await spool.storeReceipt(recording, receipt.bytes, receipt.signature);
    await say({ event: 'receipted', facts: { recording, receiver: 'r-store', receipt_sha256: sha256 } });
    await say({ event: 'erasing', facts });
    await say({ event: 'erased', facts });
    onClaim(`${docking} erased ${recording}`);
  }
  await say({ event: 'undocked', facts: { bay: BAY, docking } });
  await journal.close();
  dockings.end(endedOf(planned));
}

function pulledFacts({ recording, documents: { manifest } }: Prepared): {
  recording: string;
  path_sha256: string;
  size_bytes: number;
  sha256: string;
} {
  const { source, original } = manifest;
  return {
    recording,
    path_sha256: source.path_sha256,
    size_bytes: original.size_bytes,
    sha256: original.sha256,
  };
}

/** The store's receipt of one part is stored. */
export async function receiptRecord(
  { dockings }: OpenedDockings,
  { recording, manifestSha256 }: StoredRecord,
): Promise<void> {
  const bytes = encodeReceipt({
    type: 'receipt',
    version: 1,
    kind: 'docking',
    recording,
    station: STATION,
    manifest_sha256: manifestSha256,
    sealed_size_bytes: 0,
    chunks_sha256: NO_CHUNKS_SHA256,
    receiver: parseReceiverId('r-store'),
    vault: 'a'.repeat(26) as never,
    custody_head: null,
    received_at: DOCKED_AT,
  });
  await dockings.records.store.storeReceipt(
    recording,
    bytes,
    signFast(storeKey, bytes, RECEIPT_TRUSTED_COMMENT),
  );
}
