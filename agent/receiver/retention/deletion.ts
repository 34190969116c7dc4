// Deletes recordings, a few at a time (SPEC 4.7).
//
// Invariants:
// 1. Nothing is deleted that was not looked at anew under the vault's retention lock, and found due or ordered, unheld, with documents
//    that hold.
// 2. The record is durable and the log says `deleting` before the first byte goes; the log says `deleted` when all of it is gone for good.
// 3. The record is put in place whole, out of the lock's own folder.
// 4. Recovery takes: a record that does not hold beside a whole payload (decided anew); a record beside anything else of the payload, or
//    beside DELETING_MARK (finished: nothing is decided anew, and the log may say a thing twice).
import { join } from 'node:path';
import type { CustodyEvent } from '../../../protocol/custody/custody-entry.ts';
import {
  DELETION_TRUSTED_COMMENT,
  encodeDeletionRecord,
} from '../../../protocol/documents/deletion-record.ts';
import { encodeUtf8, sha256Hex } from '../../../protocol/format/bytes.ts';
import { createAnew, unlinkIfThere, writeAnew } from '../../../protocol/format/durable.ts';
import { appendStoreEvents } from '../custody/store-log.ts';
import { CHUNKS, DELETION, PAYLOAD, SIGNATURE_SUFFIX } from '../vault/vault-layout.ts';
import { underLock } from '../vault/vault-lock.ts';
import type { RecordingName } from '../vault/vault.ts';
import type { RetentionDeps } from './deps.ts';
import { clockDoubt } from './log-memory.ts';
import { readOrders, type StationOrders } from './orders-read.ts';
import { DELETING_MARK, readRecording } from './recording-facts.ts';
import {
  isBegunTooSoon,
  judgeRecording,
  keysFor,
  type SurveyContext,
  type SurveyedRecording,
} from './survey.ts';

/** A recording whose record is durable. */
interface Going extends RecordingName {
  readonly recordSha256: string;
  readonly sealedBytes: number;
  /** False where only the log has to be told. */
  readonly left: boolean;
}

/** What was deleted. */
export interface Deleted extends RecordingName {
  readonly sealedBytes: number;
}

/**
 * Deletes what of these may go at this moment, and finishes what was begun; gives what is gone now. Nothing goes before the log has a receipt.
 * Shape: at most BATCH names, so that the lock is held for seconds.
 * Errors: "lock.held", those of appendStoreEvents, the signer's, the system's. What was begun is finished by the next call.
 */
export function deleteRecordings(
  deps: RetentionDeps,
  context: SurveyContext,
  names: readonly RecordingName[],
): Promise<Deleted[]> {
  if (!context.memory.hasReceipt) return Promise.resolve([]);
  return underLock(deps, deps.layout.retentionLock, async (workFolder) => {
    const going: Going[] = [];
    const orders = new Map<string, StationOrders>();
    for (const name of names) {
      const found = await lookAnew(deps, context, name, orders);
      const each = found && (await decide(deps, workFolder, found));
      if (each !== undefined) going.push(each);
    }
    await appendStoreEvents(
      deps,
      going.filter(({ left }) => left).map((each) => eventOf('deleting', each)),
    );
    for (const each of going) await remove(deps, each);
    await appendStoreEvents(
      deps,
      going.map((each) => eventOf('deleted', each)),
    );
    for (const each of going)
      await unlinkIfThere(deps.files, join(deps.layout.recording(each), DELETING_MARK));
    return going;
  });
}

/** The recording as it is now; undefined where it must stay. */
async function lookAnew(
  deps: RetentionDeps,
  context: SurveyContext,
  name: RecordingName,
  read: Map<string, StationOrders>,
): Promise<SurveyedRecording | undefined> {
  const keys = keysFor(deps, context.store, name.station);
  const orders = read.get(name.station) ?? (await readOrders(deps, name.station, keys));
  read.set(name.station, orders);
  const facts = await readRecording(deps, name, keys);
  if (facts.kind !== 'kept' && facts.kind !== 'deleted') return undefined;
  if (facts.kind === 'deleted' && facts.unfinished === 'no') return undefined;
  if (isBegunTooSoon(deps, context, facts)) return undefined;
  const found = judgeRecording(deps, context, orders, name, facts);
  const mayGo = found.state !== 'due' || clockDoubt(deps, context.memory) === null;
  return mayGo && ['due', 'ordered', 'unfinished'].includes(found.state) ? found : undefined;
}

/** Makes the record durable where there is none. */
async function decide(deps: RetentionDeps, workFolder: string, found: SurveyedRecording): Promise<Going> {
  const { station, recording, facts } = found;
  const sealedBytes = facts.manifest.sealed.size_bytes;
  if (facts.kind === 'deleted')
    return {
      station,
      recording,
      sealedBytes,
      recordSha256: facts.recordSha256,
      left: facts.unfinished === 'payload',
    };
  const bytes = encodeDeletionRecord({
    type: 'deletion-record',
    version: 1,
    station,
    recording,
    receiver: deps.receiver,
    vault: deps.vault,
    manifest_sha256: facts.manifestSha256,
    receipt_sha256: facts.receiptSha256,
    sealed_size_bytes: sealedBytes,
    reason: found.order === undefined ? 'expired' : 'ordered',
    retention: found.retention,
    order_sha256: found.order?.sha256 ?? null,
    deleted_at: new Date(deps.clock.wallMs()).toISOString(),
  });
  const signature = await deps.signer.sign(bytes, DELETION_TRUSTED_COMMENT);
  await placeRecord(deps, workFolder, found, [
    [DELETION + SIGNATURE_SUFFIX, encodeUtf8(signature)],
    [DELETION, bytes],
  ]);
  return { station, recording, sealedBytes, recordSha256: sha256Hex(bytes), left: true };
}

async function placeRecord(
  { files, layout }: RetentionDeps,
  workFolder: string,
  name: RecordingName,
  documents: readonly (readonly [string, Uint8Array])[],
): Promise<void> {
  const folder = layout.recording(name);
  for (const [file, bytes] of documents) await writeAnew(files, join(workFolder, file), bytes);
  await (await createAnew(files, join(folder, DELETING_MARK))).close();
  for (const [file] of documents) await files.rename(join(workFolder, file), join(folder, file));
  await files.syncFolder(folder);
}

/** Payload and digest list go for good. */
async function remove({ files, layout }: RetentionDeps, going: Going): Promise<void> {
  if (!going.left) return;
  const folder = layout.recording(going);
  for (const file of [PAYLOAD, CHUNKS]) await unlinkIfThere(files, join(folder, file));
  await files.syncFolder(folder);
}

function eventOf(event: 'deleting' | 'deleted', { station, recording, recordSha256 }: Going): CustodyEvent {
  return { event, facts: { station, recording, deletion_sha256: recordSha256 } };
}
