// Checks the documents that say something about a subject: manifest, receipt, deletion record, docking records, orders, disclosures. With the
// same code as `bodydock verify`; what does not hold comes back as a remark.
import { join } from 'node:path';
import { signatureKeyId } from '../../../protocol/documents/minisign.ts';
import { ORDER_BYTES_MAX, parseDisclosure } from '../../../protocol/documents/order.ts';
import { parseUtf8, sha256Hex } from '../../../protocol/format/bytes.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { DELETION, ORDERS, RECEIPT, SIGNATURE_SUFFIX } from '../../../protocol/format/file-names.ts';
import { isSessionId } from '../../../protocol/format/ids.ts';
import { SIGNATURE_FILE_BYTES_MAX } from '../../../protocol/format/limits.ts';
import { DISCLOSURES } from '../verify/disclosure-check.ts';
import { checkDocking, type CheckedDocking } from '../verify/docking-check.ts';
import { checkOrders, type FoundOrder } from '../verify/order-check.ts';
import { listSorted, type ReadFiles, readSmall } from '../verify/read-files.ts';
import { type CheckedRecording, checkRecording } from '../verify/recording-check.ts';
import { below, finding, type Remark } from '../verify/remark.ts';
import type { TrustedKeys } from '../verify/trusted-keys.ts';
import type { HistoryDocument, Subject } from './history.ts';
import { documentsBeginning, type HistoryPlace, type StationPlace } from './subjects.ts';

/** Disclosures that wait for the store's log. */
const PENDING_MAX = 10_000;

/** What checking needs. `vault` is the vault's id, where it has one. */
export interface DocumentsDeps {
  readonly files: ReadFiles;
  readonly keys: TrustedKeys;
  readonly vault: string | undefined;
  readonly signal: AbortSignal;
}

/** The recording's own folder; undefined where none is here. Errors: the signal's reason; the machine's. */
export async function subjectRecording(
  deps: DocumentsDeps,
  place: StationPlace,
  recording: string,
): Promise<CheckedRecording | undefined> {
  const [found] = await documentsBeginning(deps.files, place, recording);
  if (found === undefined) return undefined;
  const { folder, where, name, state } = found;
  return checkRecording({
    ...deps,
    folder,
    where,
    name,
    state,
    station: place.station,
    identities: [],
  });
}

/** The parts of the docking records that are here. Errors: the machine's. */
export async function dockingRecords(
  deps: DocumentsDeps,
  place: StationPlace,
  records: Iterable<string>,
): Promise<CheckedDocking[]> {
  const checked: CheckedDocking[] = [];
  for (const record of records)
    for (const { folder, where, name } of await documentsBeginning(deps.files, place, record)) {
      const one = await checkDocking({ ...deps, folder, where, name, station: place.station });
      if (one?.record !== undefined || one?.keyId !== undefined) checked.push(one);
    }
  return checked;
}

/** A checked recording's documents. Errors: the machine's. */
export async function recordingDocuments(
  deps: DocumentsDeps,
  place: StationPlace,
  checked: CheckedRecording,
): Promise<HistoryDocument[]> {
  const { where, manifest, manifestSha256, receipt, receiptSha256, deletion, deletionSha256 } = checked;
  const documents: HistoryDocument[] = [];
  if (manifest !== undefined)
    documents.push({
      kind: 'manifest',
      where,
      sha256: manifestSha256 ?? null,
      signed_by: countingKey(checked),
      document: manifest,
    });
  const [folder] = await documentsBeginning(deps.files, place, checked.name);
  const signer = (file: string): Promise<string[]> => signerOf(deps.files, join(folder?.folder ?? '', file));
  if (receipt !== undefined)
    documents.push({
      kind: 'receipt',
      where,
      sha256: receiptSha256 ?? null,
      signed_by: await signer(RECEIPT),
      document: receipt,
    });
  if (deletion !== undefined)
    documents.push({
      kind: 'deletion-record',
      where,
      sha256: deletionSha256 ?? null,
      signed_by: await signer(DELETION),
      document: deletion,
    });
  return documents;
}

/** A checked docking record's documents. Errors: the machine's. */
export async function dockingDocuments(
  deps: DocumentsDeps,
  place: StationPlace,
  checked: CheckedDocking,
): Promise<HistoryDocument[]> {
  const { where, record, recordSha256, receipt, receiptSha256 } = checked;
  const documents: HistoryDocument[] = [];
  if (record !== undefined)
    documents.push({
      kind: 'docking-record',
      where,
      sha256: recordSha256 ?? null,
      signed_by: countingKey(checked),
      document: record,
    });
  const [folder] = await documentsBeginning(deps.files, place, checked.name);
  if (receipt !== undefined)
    documents.push({
      kind: 'receipt',
      where,
      sha256: receiptSha256 ?? null,
      signed_by: await signerOf(deps.files, join(folder?.folder ?? '', RECEIPT)),
      document: receipt,
    });
  return documents;
}

/** The key whose signature holds, unless it was revoked, or doubtful, before the store had signed for the document (SPEC 4.9.3). */
function countingKey({ keyId, remarks }: CheckedRecording | CheckedDocking): string[] {
  const isRevoked = remarks.some(({ code }) => /^(?:manifest|docking)\.(?:revoked|doubtful)-key$/.test(code));
  return keyId === undefined || isRevoked ? [] : [keyId];
}

/** The key that the signature file of a document names; whether it fits was checked before. */
async function signerOf(files: ReadFiles, document: string): Promise<string[]> {
  const read = await readSmall(files, document + SIGNATURE_SUFFIX, SIGNATURE_FILE_BYTES_MAX);
  const keyId = read.kind === 'bytes' ? signatureKeyId(parseUtf8(read.bytes) ?? '') : undefined;
  return keyId === undefined ? [] : [keyId];
}

/** Orders about some recordings, as documents and as they were checked. */
export interface SubjectOrders {
  readonly documents: HistoryDocument[];
  readonly found: readonly FoundOrder[];
  readonly remarks: readonly Remark[];
}

/** Orders about these recordings, with what does not hold of them. Errors: the signal's reason; the machine's. */
export async function subjectOrders(
  deps: DocumentsDeps,
  place: HistoryPlace,
  { station }: Subject,
  recordings: ReadonlySet<string>,
): Promise<SubjectOrders> {
  if (place.kind === 'spool' || station === undefined) return { documents: [], found: [], remarks: [] };
  const where = below(station, ORDERS);
  const folder = join(place.path, station, ORDERS);
  const { orders, remarks } = await checkOrders({ ...deps, folder, where, station });
  const ours = orders.filter(({ order }) => recordings.has(order.recording));
  const places = new Set(ours.map((each) => each.where));
  const documents = ours.map(({ order, sha256, where: at, officer, supervisor }): HistoryDocument => ({
    kind: 'order',
    where: at,
    sha256,
    signed_by: [officer, supervisor].filter((keyId) => keyId !== null),
    document: order,
  }));
  const isOurs = ({ where: at }: Remark): boolean =>
    [...places].some((each) => at === each || at.startsWith(`${each}/`));
  return { documents, found: ours, remarks: remarks.filter(isOurs) };
}

/** Disclosures that no receiver has entered into the store's log yet: nobody has signed them. Errors: the machine's. */
export async function pendingDisclosuresOf(
  { files }: DocumentsDeps,
  place: HistoryPlace,
  { id, station }: Subject,
): Promise<{ readonly documents: HistoryDocument[]; readonly remarks: readonly Remark[] }> {
  const folder = join(place.path, DISCLOSURES);
  const names = place.kind === 'spool' ? [] : ((await listSorted(files, folder)) ?? []);
  const documents: HistoryDocument[] = [];
  const remarks: Remark[] = [];
  for (const name of names.filter((each) => isSessionId(each.replace(/\.json$/, ''))).slice(0, PENDING_MAX)) {
    const read = await readSmall(files, join(folder, name), ORDER_BYTES_MAX);
    if (read.kind !== 'bytes') continue;
    const where = below(DISCLOSURES, name);
    try {
      const disclosure = parseDisclosure(read.bytes);
      if (disclosure.recording !== id || disclosure.station !== station) continue;
      const sha256 = sha256Hex(read.bytes);
      documents.push({ kind: 'disclosure', where, sha256, signed_by: [], document: disclosure });
    } catch (error) {
      if (!(error instanceof DockError)) throw error;
      remarks.push(finding('disclosure.refused', where, `${name}: ${error.message}`));
    }
  }
  return { documents, remarks };
}
