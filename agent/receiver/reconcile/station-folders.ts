// What lies in a station's folder of the vault, as far as it can be compared with the station's log: which folders are whole and have their
// receipt, which recordings docking records and later manifests name, and which heads of the log receipts name. Reads no payload.
import { join } from 'node:path';
import { parseDockingRecord } from '../../../protocol/documents/docking-record.ts';
import {
  itemDocument,
  type ItemKind,
  payloadlessKindIn,
} from '../../../protocol/documents/item-documents.ts';
import { chunksBytes } from '../../../protocol/documents/manifest.ts';
import { type CustodyHead, parseReceipt, RECEIPT_BYTES_MAX } from '../../../protocol/documents/receipt.ts';
import { listIfThere } from '../../../protocol/format/durable.ts';
import { describeError, DockError } from '../../../protocol/format/errors.ts';
import { isRecordingId, type RecordingId, type StationId } from '../../../protocol/format/ids.ts';
import { MANIFEST_BYTES_MAX } from '../../../protocol/format/limits.ts';
import type { RetentionDeps } from '../retention/deps.ts';
import { type FactsKeys, readRecording } from '../retention/recording-facts.ts';
import { readDocument } from '../vault/vault-dockings.ts';
import { CHUNKS, PAYLOAD, RECEIPT } from '../vault/vault-layout.ts';
import type { RecordingName } from '../vault/vault.ts';

/** A folder that is not as it should be. */
export interface OddFolder extends RecordingName {
  readonly what: string;
}

/** A recording that a docking record says was stored. */
export interface RecordedRecording {
  readonly camera: string;
  readonly record: RecordingId;
}

/** One station's folder. */
export interface StationFolders {
  /** Recordings and docking records with a receipt. */
  readonly receipted: Set<RecordingId>;
  readonly incomplete: OddFolder[];
  readonly unreceipted: OddFolder[];
  /** Replaced by a manifest that lies here. */
  readonly superseded: Set<string>;
  readonly recorded: Map<RecordingId, RecordedRecording>;
  /** Heads that receipts name, the newest entry of each segment, with the time of its receipt. */
  readonly heads: Map<string, { readonly head: CustodyHead; readonly receivedAt: string }>;
}

/** Looks through all folders of a station. Errors: the system's; the signal's reason. */
export async function readStationFolders(
  deps: RetentionDeps,
  station: StationId,
  keys: FactsKeys,
): Promise<StationFolders> {
  const found = nothingFound();
  for (const recording of (await listIfThere(deps.files, deps.layout.station(station))).toSorted()) {
    if (!isRecordingId(recording)) continue;
    deps.signal.throwIfAborted();
    await readFolder(deps, { station, recording }, keys, found);
  }
  return found;
}

/** Whether a folder is still odd: what comes at this moment was not whole when it was looked at. Errors: the system's. */
export async function isStillOdd(
  deps: RetentionDeps,
  { station, recording }: RecordingName,
  keys: FactsKeys,
): Promise<boolean> {
  const found = nothingFound();
  await readFolder(deps, { station, recording }, keys, found);
  return found.incomplete.length + found.unreceipted.length > 0;
}

function nothingFound(): StationFolders {
  const sets = { receipted: new Set<RecordingId>(), superseded: new Set<string>() };
  return { ...sets, incomplete: [], unreceipted: [], recorded: new Map(), heads: new Map() };
}

async function readFolder(
  deps: RetentionDeps,
  name: RecordingName,
  keys: FactsKeys,
  found: StationFolders,
): Promise<void> {
  const names = new Set(await listIfThere(deps.files, deps.layout.recording(name)));
  try {
    const kind = payloadlessKindIn(names);
    const odd =
      kind !== undefined
        ? await readRecord(deps, name, kind, found)
        : await readRecordingFolder(deps, name, keys, found);
    if (names.has(RECEIPT)) await noteHead(deps, name, found);
    if (odd !== undefined) found.incomplete.push({ ...name, what: odd });
    else if (names.has(RECEIPT)) found.receipted.add(name.recording);
    else found.unreceipted.push({ ...name, what: 'it has no receipt' });
  } catch (error) {
    if (!(error instanceof DockError)) throw error;
    found.incomplete.push({ ...name, what: describeError(error) });
  }
}

/** Why it is not whole, or undefined. Errors: those of parsing it. */
async function readRecord(
  { files, layout }: RetentionDeps,
  name: RecordingName,
  kind: ItemKind,
  { recorded }: StationFolders,
): Promise<string | undefined> {
  const type = itemDocument(kind);
  const file = type.name;
  const document = await readDocument(files, join(layout.recording(name), file), MANIFEST_BYTES_MAX);
  if (document === undefined) return `its ${file} or the signature cannot be read`;
  type.content(document.bytes);
  if (kind !== 'docking') return undefined;
  const { camera, entries } = parseDockingRecord(document.bytes);
  for (const { fate, recording } of entries)
    if (fate === 'stored' && recording !== null && isRecordingId(recording))
      recorded.set(recording, { camera: camera.id, record: name.recording });
  return undefined;
}

/** Why it is not whole, or undefined; also for one without a receipt, of which no document was looked at. */
async function readRecordingFolder(
  deps: RetentionDeps,
  name: RecordingName,
  keys: FactsKeys,
  { superseded }: StationFolders,
): Promise<string | undefined> {
  const facts = await readRecording(deps, name, keys);
  if (facts.kind === 'other') return 'neither a manifest nor a docking record lies in it';
  if (facts.kind === 'doubtful') return facts.reason;
  if (facts.kind === 'unreceipted') return undefined;
  for (const replaced of facts.manifest.supersedes) superseded.add(replaced);
  if (facts.kind === 'deleted') return undefined;
  const folder = deps.layout.recording(name);
  const { size_bytes: sizeBytes } = facts.manifest.sealed;
  const pairs = [
    [PAYLOAD, sizeBytes],
    [CHUNKS, chunksBytes(sizeBytes)],
  ] as const;
  for (const [file, bytes] of pairs) {
    const stat = await deps.files.stat(join(folder, file));
    if (stat?.kind !== 'file') return `${file} is not there`;
    if (stat.sizeBytes !== bytes) return `${file} has ${stat.sizeBytes} bytes, the manifest says ${bytes}`;
  }
  return undefined;
}

async function noteHead(
  { files, layout }: RetentionDeps,
  name: RecordingName,
  { heads }: StationFolders,
): Promise<void> {
  const document = await readDocument(files, join(layout.recording(name), RECEIPT), RECEIPT_BYTES_MAX);
  if (document === undefined) return;
  const { custody_head: head, received_at: receivedAt } = parseReceipt(document.bytes);
  if (head === null || head.sequence <= (heads.get(head.segment)?.head.sequence ?? 0)) return;
  heads.set(head.segment, { head, receivedAt });
}
