// Checks one recording's folder: names, documents, sealed file, receipt. Chains, sidecars and the custody log need more than one folder
// and are checked elsewhere, from the small facts that this file gives back.
import type { OpenedIdentity } from '../../../config/enrolment/identity-file.ts';
import { sealedSizeBytes } from '../../../protocol/age/sealed-file.ts';
import type { DeletionRecord } from '../../../protocol/documents/deletion-record.ts';
import type { Manifest } from '../../../protocol/documents/manifest.ts';
import type { Receipt } from '../../../protocol/documents/receipt.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import {
  MANIFEST,
  PAYLOAD,
  RECORDING_NAMES,
  RELEASED_NAMES,
  SEALED_NAMES,
} from '../../../protocol/format/file-names.ts';
import { checkDeletion } from './deletion-check.ts';
import { checkPayload } from './payload-check.ts';
import { DELETING, listFolder, oddNames, type ReadFiles } from './read-files.ts';
import { type CheckedReceipt, checkReceipt, type Receiptable } from './receipt-check.ts';
import { below, finding, note, type Remark } from './remark.ts';
import { openSource } from './restore-original.ts';
import { checkDocument, type CheckedDocument } from './signed-document.ts';
import { MANIFEST_KIND } from './document-kinds.ts';
import { revokedRemarks, type TrustedKeys } from './trusted-keys.ts';

/** One folder and what is expected of it. */
export interface RecordingQuestion {
  readonly files: ReadFiles;
  readonly folder: string;
  /** The folder's name in remarks. */
  readonly where: string;
  /** Its last part, which must be the recording's id. */
  readonly name: string;
  /** "released": the sealed copy was reclaimed, only the documents are left. "documents": the sealed copy is not asked about. */
  readonly state: 'sealed' | 'released' | 'documents';
  /** The station in whose folder it lies, and the vault's id, where known. */
  readonly station: string | undefined;
  readonly vault: string | undefined;
  readonly keys: TrustedKeys;
  /** Empty: payloads are not opened. */
  readonly identities: readonly OpenedIdentity[];
  readonly signal: AbortSignal;
}

/** One recording, checked. `manifest` is a claim unless `keyId` is there. */
export interface CheckedRecording {
  readonly where: string;
  readonly name: string;
  readonly manifest: Manifest | undefined;
  readonly manifestSha256: string | undefined;
  /** Key whose signature on the manifest holds. */
  readonly keyId: string | undefined;
  /** Only where its signature holds. */
  readonly receipt: Receipt | undefined;
  /** Hex ids of the keys whose signatures hold. */
  readonly receiptKeyId: string | undefined;
  readonly deletionKeyId: string | undefined;
  readonly receiptSha256: string | undefined;
  /** The store deleted the payload; only where its signature holds. */
  readonly deletion: DeletionRecord | undefined;
  readonly deletionSha256: string | undefined;
  /** What of the payload lies beside a deletion record that holds. */
  readonly leftovers: readonly string[];
  /** Whether a sealed file lies here, as far as the folder could be read. */
  readonly hasPayload: boolean;
  /** Units of the sealed file that fit their digests. */
  readonly units: number;
  readonly opened: boolean;
  readonly remarks: readonly Remark[];
}

/** Checks a folder; undefined where there is none of that name. Errors: the signal's reason; those of the machine. */
export async function checkRecording(question: RecordingQuestion): Promise<CheckedRecording | undefined> {
  const { files, folder, where, name } = question;
  const names = await listFolder(files, folder, where);
  if (names === undefined) return undefined;
  if (!Array.isArray(names)) return { ...NOTHING, where, name, remarks: [names] };
  const odd =
    question.state === 'released'
      ? oddNames(where, names, new Set(RELEASED_NAMES), new Set(SEALED_NAMES))
      : oddNames(where, names, RECORDING_NAMES, DELETING);
  const manifest = await checkManifest(question);
  const receipt = await checkReceipt(receiptQuestion(question, names, manifest));
  const beside = { manifest, receipt };
  const deletion = await checkDeletion(question, names, beside);
  const sealed =
    deletion.keyId === undefined
      ? await checkSealed(question, manifest.value)
      : { units: 0, opened: false, remarks: [] };
  const revoked = revokedManifest(question, manifest, receipt);
  return {
    where,
    name,
    manifest: manifest.value,
    manifestSha256: manifest.bytes && sha256Hex(manifest.bytes),
    keyId: manifest.keyId,
    receipt: receipt.keyId === undefined ? undefined : receipt.value,
    receiptKeyId: receipt.keyId,
    receiptSha256: receipt.bytes && sha256Hex(receipt.bytes),
    deletionKeyId: deletion.keyId,
    hasPayload: names.includes(PAYLOAD),
    deletion: deletion.keyId === undefined ? undefined : deletion.value,
    deletionSha256: deletion.bytes && sha256Hex(deletion.bytes),
    leftovers: deletion.keyId === undefined ? [] : names.filter((each) => SEALED_NAMES.includes(each)),
    units: sealed.units,
    opened: sealed.opened,
    remarks: [
      ...odd,
      ...manifest.remarks,
      ...revoked,
      ...sealed.remarks,
      ...receipt.remarks,
      ...deletion.remarks,
    ],
  };
}

const NOTHING = {
  manifest: undefined,
  manifestSha256: undefined,
  keyId: undefined,
  receipt: undefined,
  receiptKeyId: undefined,
  receiptSha256: undefined,
  deletionKeyId: undefined,
  hasPayload: true,
  deletion: undefined,
  deletionSha256: undefined,
  leftovers: [],
  units: 0,
  opened: false,
};

async function checkManifest(question: RecordingQuestion): Promise<CheckedDocument<Manifest>> {
  const { files, folder, where, keys } = question;
  const checked = await checkDocument(files, folder, where, MANIFEST_KIND, keys);
  if (checked.value === undefined) return checked;
  return { ...checked, remarks: [...checked.remarks, ...placeRemarks(question, checked.value)] };
}

function placeRemarks({ where, name, station }: RecordingQuestion, manifest: Manifest): Remark[] {
  const place = below(where, MANIFEST);
  const remarks = brokenRules(manifest).map((rule) => finding('manifest.rule', place, `manifest: ${rule}`));
  if (manifest.recording !== name) {
    const message = `manifest: the folder is named ${name.slice(0, 64)}, the manifest names recording ${manifest.recording}`;
    remarks.push(
      finding('manifest.other-recording', place, message, { expected: name, found: manifest.recording }),
    );
  }
  if (station !== undefined && manifest.station !== station) {
    const message = `manifest: it lies in the folder of station ${station} and names station ${manifest.station}`;
    remarks.push(
      finding('manifest.other-station', place, message, { expected: station, found: manifest.station }),
    );
  }
  return remarks;
}

function receiptQuestion(
  question: RecordingQuestion,
  names: readonly string[],
  { bytes, value }: CheckedDocument<Manifest>,
): Parameters<typeof checkReceipt>[0] {
  const expected = question.state === 'released';
  const own = bytes && value && receiptableRecording(value, sha256Hex(bytes), question.vault);
  return { ...question, names, expected, own };
}

/** What the receipt of a recording should say. */
function receiptableRecording(
  { recording, station, sealed }: Manifest,
  manifestSha256: string,
  vault: string | undefined,
): Receiptable {
  const held = { sealed_size_bytes: sealed.size_bytes, chunks_sha256: sealed.chunks_sha256 };
  return { kind: 'recording', recording, station, manifest_sha256: manifestSha256, ...held, vault };
}

function revokedManifest(
  { where, keys }: RecordingQuestion,
  { keyId, value }: CheckedDocument<Manifest>,
  receipt: CheckedReceipt,
): Remark[] {
  if (keyId === undefined || value === undefined) return [];
  return revokedRemarks('manifest', below(where, MANIFEST), keys, { station: value.station, keyId, receipt });
}

interface CheckedSealed {
  readonly units: number;
  readonly opened: boolean;
  readonly remarks: readonly Remark[];
}

async function checkSealed(
  question: RecordingQuestion,
  manifest: Manifest | undefined,
): Promise<CheckedSealed> {
  const { where, identities } = question;
  // Without a manifest nothing says what the sealed file should be.
  if (manifest === undefined) return { units: 0, opened: false, remarks: [] };
  const ours = identities.filter(({ recipient }) => manifest.recipients.includes(recipient));
  const texts = ours.map(({ identity }) => identity);
  const place = below(where, MANIFEST);
  const remarks: Remark[] = [];
  if (identities.length > 0 && texts.length === 0) remarks.push(notForIdentity(place, manifest));
  if (texts.length > 0) {
    const source = openSource(place, manifest.source, texts);
    if ('remark' in source) remarks.push(source.remark);
  }
  if (question.state !== 'sealed') return { units: 0, opened: false, remarks };
  const payload = await checkPayload({ ...question, manifest, identities: texts });
  return { ...payload, remarks: [...remarks, ...payload.remarks] };
}

function notForIdentity(place: string, { recipients }: Manifest): Remark {
  const message = `not opened: sealed for ${recipients.join(', ')}, and the identity given is of none of these`;
  return finding('payload.not-for-identity', place, message, { recipients: recipients.length });
}

// What SPEC 4.1 asks of a manifest beyond the shape of its fields. Pure.

/** Every rule that the manifest breaks, in words; empty for a good one. */
function brokenRules(manifest: Manifest): string[] {
  return [
    ...sealedSize(manifest),
    ...rejection(manifest),
    ...capture(manifest),
    ...joins(manifest),
    ...order('supersedes', manifest.supersedes),
    ...(new Set(manifest.recipients).size < manifest.recipients.length ? ['a recipient stands twice'] : []),
  ];
}

/** The length of an age file follows from the length of what is in it. */
function sealedSize({ original, sealed, recipients }: Manifest): string[] {
  const expected = sealedSizeBytes(original.size_bytes, recipients.length);
  if (expected === sealed.size_bytes) return [];
  return [
    `sealed.size_bytes is ${sealed.size_bytes}, an original of ${original.size_bytes} bytes for ${recipients.length} recipients makes ${expected}`,
  ];
}

function rejection({ rejected, original }: Manifest): string[] {
  if (rejected === null) return [];
  const { reason, unreadable } = rejected;
  const problems: string[] = [];
  if ((reason === 'damaged') !== unreadable.length > 0)
    problems.push(`rejected as ${reason} with ${unreadable.length} unreadable ranges`);
  let end = -1;
  for (const { offset_bytes, size_bytes } of unreadable) {
    if (offset_bytes <= end) problems.push(`unreadable ranges touch or are out of order at ${offset_bytes}`);
    end = offset_bytes + size_bytes;
  }
  if (end > original.size_bytes)
    problems.push(`an unreadable range ends at ${end}, after the end of the original`);
  if (reason === 'empty' && original.size_bytes > 0)
    problems.push(`rejected as empty with ${original.size_bytes} bytes`);
  return problems;
}

function capture({ capture }: Manifest): string[] {
  const { earliest_at: earliest, latest_at: latest, basis } = capture;
  if ((earliest === null) !== (latest === null)) return ['capture has only one end'];
  if (earliest === null || latest === null)
    return basis === 'clock-unmeasured' ? [] : [`capture is ${basis} and has no ends`];
  if (earliest > latest) return [`capture ends before it begins: ${earliest}, ${latest}`];
  return basis === 'clock-unmeasured' && earliest !== latest
    ? ['capture by an unmeasured clock has two different ends']
    : [];
}

function joins({ role, sidecars, sidecar_of: sidecarOf }: Manifest): string[] {
  const problems = order('sidecars', sidecars);
  if (role !== 'media' && sidecars.length > 0) problems.push(`role ${role} lists sidecars`);
  if ((role === 'sidecar') !== (sidecarOf !== null))
    problems.push(`role ${role} with sidecar_of ${sidecarOf ?? 'null'}`);
  return problems;
}

function order(field: string, values: readonly string[]): string[] {
  const good = values.every((value, at) => at === 0 || (values[at - 1] ?? '') < value);
  return good ? [] : [`${field} is not in ascending order, each once`];
}

// Looks whether recordings and sidecars of a docking name each other (SPEC 4.1, `sidecars` and `sidecar_of`). Pure; only notes, because
// a sidecar may have come in another docking.

/** What joins the files of one docking. */
export interface Joined {
  readonly where: string;
  /** Station, camera and docking: paths mean something only within one. */
  readonly docking: string;
  readonly pathSha256: string;
  readonly sidecars: readonly string[];
  readonly sidecarOf: string | null;
}

/** Notes about files that name others which are not here, or do not name them back. */
export function checkSidecars(joined: readonly Joined[]): Remark[] {
  const byPlace = new Map(joined.map((one) => [placeOf(one.docking, one.pathSha256), one]));
  return joined.flatMap((one) => [...missingSidecars(one, byPlace), ...recordingOf(one, byPlace)]);
}

function placeOf(docking: string, pathSha256: string): string {
  return `${docking} ${pathSha256}`;
}

function missingSidecars(one: Joined, byPlace: ReadonlyMap<string, Joined>): Remark[] {
  const found = one.sidecars.map((sha256) => byPlace.get(placeOf(one.docking, sha256)));
  const missing = found.filter((sidecar) => sidecar === undefined).length;
  const other = found.filter(
    (sidecar) => sidecar !== undefined && sidecar.sidecarOf !== one.pathSha256,
  ).length;
  const remarks: Remark[] = [];
  if (missing > 0) {
    const message = `names ${one.sidecars.length} sidecars, ${missing} of them are not among the recordings of this docking here`;
    remarks.push(note('sidecar.missing', one.where, message, { sidecars: one.sidecars.length, missing }));
  }
  if (other > 0) {
    const message = `names ${one.sidecars.length} sidecars, ${other} of them do not name it as theirs`;
    remarks.push(note('sidecar.one-sided', one.where, message, { sidecars: one.sidecars.length, other }));
  }
  return remarks;
}

function recordingOf(one: Joined, byPlace: ReadonlyMap<string, Joined>): Remark[] {
  if (one.sidecarOf === null) return [];
  const recording = byPlace.get(placeOf(one.docking, one.sidecarOf));
  if (recording === undefined) {
    const message = 'is a sidecar, and its recording is not among those of this docking here';
    return [note('sidecar.missing', one.where, message)];
  }
  if (recording.sidecars.includes(one.pathSha256)) return [];
  return [note('sidecar.one-sided', one.where, 'names a recording that does not name it as a sidecar')];
}
