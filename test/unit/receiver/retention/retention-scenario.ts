// What the tests of retention share: a vault on a disk that forgets, recordings with receipts, orders, and what is left of them.
import { sha256Hex } from '../../../../protocol/format/bytes.ts';
import type { CustodyEntry } from '../../../../protocol/custody/custody-entry.ts';
import {
  DELETION_TRUSTED_COMMENT,
  parseDeletionRecord,
  type DeletionRecord,
} from '../../../../protocol/documents/deletion-record.ts';
import { encodeDocument } from '../../../../protocol/documents/document.ts';
import {
  makeSegmentId,
  makeSessionId,
  parseStationId,
  type StationId,
} from '../../../../protocol/format/ids.ts';
import { encodeKeyChange, KEY_CHANGE_TRUSTED_COMMENT } from '../../../../protocol/documents/key-documents.ts';
import type { Manifest } from '../../../../protocol/documents/manifest.ts';
import {
  makeSecretKey,
  publicKeyLine,
  publicKeyOf,
  verifyDocument,
  type SecretKey,
} from '../../../../protocol/documents/minisign.ts';
import {
  encodeOrder,
  ORDER_TRUSTED_COMMENT,
  type Order,
  type Role,
} from '../../../../protocol/documents/order.ts';
import type { Files } from '../../../../protocol/format/ports.ts';
import { RECEIPT_TRUSTED_COMMENT } from '../../../../protocol/documents/receipt.ts';
import { StoreLog } from '../../../../agent/evidence/verify/store-log.ts';
import type { RetentionDeps } from '../../../../agent/receiver/retention/deps.ts';
import { expire, type Expired } from '../../../../agent/receiver/retention/expire.ts';
import { VaultLayout } from '../../../../agent/receiver/vault/vault-layout.ts';
import type { RecordingName } from '../../../../agent/receiver/vault/vault.ts';
import { whileTimePasses, type ManualClock } from '../../../fakes/clock-manual.ts';
import { CrashDisk } from '../../../fakes/files-crash.ts';
import type { MemoryLog } from '../../../fakes/log-memory.ts';
import { seededRandom, SeededRandom } from '../../../fakes/random-seeded.ts';
import { signFast } from '../../../fakes/signer-fast.ts';
import { SegmentMaker } from '../custody-sample.ts';
import { encodeReceiptOf, makeSample, STATION, type Sample } from '../sample.ts';
import {
  depsOn as logDepsOn,
  readLog,
  RECEIVER,
  storeKey,
  VAULT,
  vaultDisk,
} from '../custody/log-scenario.ts';
import * as z from 'zod';

export const DAY_MS = 86_400_000;
/** The manual clock's start. */
export const START_MS = Date.UTC(2026, 10, 25, 8);
const keys = new SeededRandom(401);
export const stationKey = makeSecretKey(keys);
export const officerKey = makeSecretKey(keys);
export const supervisorKey = makeSecretKey(keys);
/** A station on another machine, which knows the time. */
export const OUTSIDE = parseStationId('st-outside');
export const VAULT_ID = makeSessionId(keys);
export const evaluatorKey = makeSecretKey(keys);
export const otherEvaluatorKey = makeSecretKey(keys);
export { STATION, VAULT, RECEIVER, storeKey };

export type TestDeps = RetentionDeps & { readonly clock: ManualClock; readonly log: MemoryLog };

export function at(ms: number): string {
  return new Date(ms).toISOString();
}

/** A disk with a vault that has an id, and the beginning of a store's log: nothing goes before its first receipt. */
export function retentionDisk({ hasReceipt = true } = {}): CrashDisk {
  const disk = vaultDisk();
  const vault = encodeDocument(z.unknown(), { type: 'vault', version: 1, vault: VAULT_ID });
  disk.plant(`${VAULT}/vault.json`, vault);
  if (!hasReceipt) return disk;
  // No seed of a test: it would make the same id again.
  const segment = makeSegmentId(seededRandom(3_000_000_011));
  const log = new SegmentMaker(RECEIVER, segment, storeKey, { at: at(START_MS) });
  const [receipted, sha256] = [makeSessionId(keys), '0'.repeat(64)];
  const facts = { kind: 'recording', station: STATION, recording: receipted, receipt_sha256: sha256 };
  plantSegment(disk, RECEIVER, log.add('receipt', facts).checkpoint());
  return disk;
}

function plantSegment(disk: CrashDisk, keeper: string, log: SegmentMaker): void {
  const folder = `${VAULT}/${keeper}/custody`;
  if (disk.tree(folder).size === 0) disk.plantFolder(folder);
  disk.plant(`${folder}/${log.segment}.jsonl`, log.batch());
  disk.plant(`${folder}/newest.json`, JSON.stringify({ segment: log.segment }));
}

/** What a program that starts at `START_MS` and so many ms later works with. */
export function depsOn(files: Files, seed: number, change: Partial<RetentionDeps> = {}): TestDeps {
  return {
    ...logDepsOn(files, seed),
    layout: new VaultLayout(VAULT),
    vault: VAULT_ID,
    retention: { days: 14, documentsDays: 730, timerHours: 24 },
    policies: [],
    roles: { officers: [publicKeyOf(officerKey)], supervisors: [publicKeyOf(supervisorKey)] },
    evaluators: [publicKeyOf(evaluatorKey), publicKeyOf(otherEvaluatorKey)],
    witnesses: [],
    stations: new Map([
      [STATION, [publicKeyOf(stationKey)]],
      [OUTSIDE, [publicKeyOf(stationKey)]],
    ]),
    stamps: null,
    ...change,
  } as TestDeps;
}

/** A program that runs so many days after START_MS, on a machine that was on all the time. */
export async function later(disk: CrashDisk, days: number, seed = 1): Promise<TestDeps> {
  const deps = depsOn(disk, seed, { bootId: 'one boot' });
  await deps.clock.advance(days * DAY_MS);
  return deps;
}

export interface RecordingWish {
  /** Of the receipt; START_MS where it is left out. null: no receipt. */
  readonly receivedMs?: number | null;
  /** Of the manifest: made at that time by a synchronised clock; the time of receipt where it is left out. */
  readonly sealedMs?: number;
  readonly manifest?: Partial<Manifest>;
  readonly receiptKey?: SecretKey;
  readonly manifestKey?: SecretKey;
  readonly station?: StationId;
}

/** Puts a whole recording into the vault. */
export function plantRecording(disk: CrashDisk, random: SeededRandom, wish: RecordingWish = {}): Sample {
  const receivedMs = wish.receivedMs === undefined ? START_MS : wish.receivedMs;
  const sealedMs = wish.sealedMs ?? receivedMs ?? START_MS;
  const sample = makeSample(random, wish.manifestKey ?? stationKey, 300 + random.below(500), {
    sealed_at: at(sealedMs),
    clock_synchronised: true,
    ...(wish.station === undefined ? {} : { station: wish.station }),
    ...wish.manifest,
  });
  const folder = folderOf(sample);
  disk.plant(`${folder}/manifest.json`, sample.offer.bytes);
  disk.plant(`${folder}/manifest.json.minisig`, sample.offer.signature);
  disk.plant(`${folder}/payload.age`, sample.payload);
  disk.plant(`${folder}/chunks.bin`, sample.chunks);
  if (receivedMs === null) return sample;
  const receipt = encodeReceiptOf(sample, {
    receiver: RECEIVER,
    vault: VAULT_ID,
    received_at: at(receivedMs),
  });
  disk.plant(`${folder}/receipt.json`, receipt);
  const signature = signFast(wish.receiptKey ?? storeKey, receipt, RECEIPT_TRUSTED_COMMENT);
  disk.plant(`${folder}/receipt.json.minisig`, signature);
  return sample;
}

/** What a manifest says that is of a sidecar of another one. */
export function sidecarOf({ manifest: { docking, source } }: Sample): Partial<Manifest> {
  return { docking, role: 'sidecar', sidecar_of: source.path_sha256 };
}

export function folderOf({ station, recording }: RecordingName): string {
  return `${VAULT}/${station}/${recording}`;
}

export interface OrderWish {
  readonly verb: Order['verb'];
  readonly orderedMs: number;
  readonly by: readonly Role[];
  readonly officerKey?: SecretKey;
  readonly supervisorKey?: SecretKey;
  readonly change?: Partial<Order>;
}

/** Puts an order about a recording into the vault, as whoever carries one by hand does. */
export function plantOrder(disk: CrashDisk, random: SeededRandom, sample: Sample, wish: OrderWish): Order {
  const order: Order = {
    type: 'order',
    version: 1,
    order: makeSessionId(random),
    verb: wish.verb,
    station: sample.station,
    recording: sample.recording,
    manifest_sha256: sample.manifestSha256,
    reason: 'case-7',
    ordered_at: at(wish.orderedMs),
    ...wish.change,
  };
  const bytes = encodeOrder(order);
  const folder = `${VAULT}/${sample.station}/orders/${order.order}`;
  disk.plant(`${folder}/order.json`, bytes);
  for (const role of wish.by) {
    const key = role === 'officer' ? (wish.officerKey ?? officerKey) : (wish.supervisorKey ?? supervisorKey);
    disk.plant(`${folder}/order.json.${role}.minisig`, signFast(key, bytes, ORDER_TRUSTED_COMMENT));
  }
  return order;
}

/** The store's word that another key was its own before the one in use. */
export function plantKeyChange(disk: CrashDisk, earlier: SecretKey): void {
  const bytes = encodeKeyChange({
    type: 'key-change',
    version: 1,
    holder: RECEIVER,
    old_key: publicKeyLine(publicKeyOf(earlier)),
    new_key: publicKeyLine(publicKeyOf(storeKey)),
    reason: 'planned',
    changed_at: at(START_MS),
  });
  const path = `${VAULT}/${RECEIVER}/keys/${sha256Hex(bytes).slice(0, 16)}.change.json`;
  disk.plant(path, bytes);
  disk.plant(`${path}.minisig`, signFast(earlier, bytes, KEY_CHANGE_TRUSTED_COMMENT));
  disk.plant(`${path}.new.minisig`, signFast(storeKey, bytes, KEY_CHANGE_TRUSTED_COMMENT));
}

/** What a station's log says, by a clock that is right or not, after the station was started on a machine of that boot id. */
export function stationSays(
  disk: CrashDisk,
  atMs: number,
  { station = OUTSIDE, isSynchronised = true, boot = 'another machine', key = stationKey } = {},
): void {
  const log = new SegmentMaker(station, makeSegmentId(seededRandom(atMs % 100_000)), key, {
    at: at(atMs),
    boot,
  });
  plantSegment(disk, station, log.add('clock-state', { synchronised: isSynchronised }).checkpoint());
}

/** The disk below, where somebody outside says the same time as the machine from now on. */
export function hearing<D extends Pick<TestDeps, 'clock'>>(disk: CrashDisk, deps: D): D {
  stationSays(disk, deps.clock.wallMs());
  return deps;
}

/** One expiration where somebody outside says the same time as the machine, while the clock runs on. */
export async function expireOn(deps: TestDeps): Promise<Expired> {
  return expireAlone(deps.files instanceof CrashDisk ? hearing(deps.files, deps) : deps);
}

/** One expiration, while the clock runs on for whoever waits. */
export async function expireAlone(deps: TestDeps): Promise<Expired> {
  return whileTimePasses(deps.clock, expire(deps));
}

/** What is left of a recording. Throws where it is neither whole nor deleted as it should be. */
export function stateOf(disk: CrashDisk, sample: Sample): 'whole' | 'deleted' {
  const folder = folderOf(sample);
  const same = (name: string, bytes: Uint8Array): boolean =>
    Buffer.compare(disk.peek(`${folder}/${name}`) ?? new Uint8Array(0), bytes) === 0;
  if (!same('manifest.json', sample.offer.bytes)) throw new Error('the manifest is gone');
  if (same('payload.age', sample.payload) && same('chunks.bin', sample.chunks)) return 'whole';
  deletionOf(disk, sample);
  for (const name of ['payload.age', 'chunks.bin'])
    if (disk.peek(`${folder}/${name}`) !== undefined) return 'whole';
  return 'deleted';
}

/** The verified deletion record of a recording. Throws where there is none that holds. */
export function deletionOf(disk: CrashDisk, sample: Sample): DeletionRecord {
  const path = `${folderOf(sample)}/deletion.json`;
  const bytes = disk.peek(path) ?? new Uint8Array(0);
  const signature = Buffer.from(disk.peek(`${path}.minisig`) ?? []).toString();
  verifyDocument(bytes, signature, DELETION_TRUSTED_COMMENT, [publicKeyOf(storeKey)]);
  const record = parseDeletionRecord(bytes);
  if (record.manifest_sha256 !== sample.manifestSha256 || record.recording !== sample.recording)
    throw new Error('the deletion record is about something else');
  return record;
}

/** Whether a verifier finds that somebody outside said the time before this one went by its time (SPEC 10.5.9); true of one that was ordered. */
export function isHeard(disk: CrashDisk, sample: Sample): boolean {
  const { reason, receiver, deleted_at: deletedAt } = deletionOf(disk, sample);
  const log = new StoreLog();
  for (const entry of readLog(disk).flatMap(({ entries }) => entries)) log.take(receiver, entry);
  const [named] = log.deletions.get(sample.recording)?.times.values() ?? [];
  return reason === 'ordered' || log.heardOutside(receiver, deletedAt, named?.begunAt ?? '9999');
}

/** Entries of the store's log of one event. */
export function entriesOf(disk: CrashDisk, event: CustodyEntry['event']): CustodyEntry[] {
  return readLog(disk)
    .flatMap(({ entries }) => entries)
    .filter((entry) => entry.event === event);
}

/** Recordings that entries of one event name, in their order. */
export function namedBy(disk: CrashDisk, event: CustodyEntry['event']): string[] {
  return entriesOf(disk, event).map(({ facts }) => String(facts['recording']));
}
