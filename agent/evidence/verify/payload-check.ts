// Checks `payload.age` against `chunks.bin` and both against the manifest, in one pass over both; with identities the same pass opens
// the payload.
import { join } from 'node:path';
import { headerBytes } from '../../../protocol/age/age-header.ts';
import { UNIT_BYTES } from '../../../protocol/format/limits.ts';
import { chunksBytes, unitBytes, type Manifest } from '../../../protocol/documents/manifest.ts';
import type { OpenFile } from '../../../protocol/format/ports.ts';
import { CHUNKS, PAYLOAD } from '../../../protocol/format/file-names.ts';
import { DigestList } from './digest-list.ts';
import { openOriginal } from './payload-open.ts';
import { diskError, statFile, type ReadFiles } from './read-files.ts';
import { below, finding, type Remark } from './remark.ts';
import { UnitReader } from './unit-reader.ts';

/** A recording's folder with its manifest. `where` is the folder's name in remarks. */
export interface PayloadQuestion {
  readonly files: ReadFiles;
  readonly folder: string;
  readonly where: string;
  readonly manifest: Manifest;
  /** age identities to open it with; empty: it is not opened. */
  readonly identities: readonly string[];
  readonly signal: AbortSignal;
}

/** What was checked. */
export interface PayloadAnswer {
  readonly remarks: readonly Remark[];
  /** Units that fit their digests. */
  readonly units: number;
  /** The whole original was opened and is what the manifest says. */
  readonly opened: boolean;
}

/** A file of the folder, open where there is one, with what is wrong with its length. */
interface Part {
  readonly file: OpenFile | undefined;
  readonly sizeBytes: number;
  readonly remarks: readonly Remark[];
}

/** Errors: the signal's reason; those of the machine. */
export async function checkPayload(question: PayloadQuestion): Promise<PayloadAnswer> {
  const { size_bytes: sealedBytes } = question.manifest.sealed;
  const parts: Part[] = [];
  try {
    const payload = await openPart(question, PAYLOAD, 'payload', sealedBytes);
    parts.push(payload);
    const chunks = await openPart(question, CHUNKS, 'chunks', chunksBytes(sealedBytes));
    parts.push(chunks);
    return withRemarks(parts, await readBoth(question, payload, chunks));
  } catch (error) {
    if (question.signal.aborted) throw error;
    const why = `reading ${PAYLOAD} and ${CHUNKS} ended with ${diskError(error)}`;
    const remark = finding('payload.unreadable', question.where, why);
    return withRemarks(parts, { remarks: [remark], units: 0, opened: false });
  } finally {
    for (const { file } of parts) await file?.close().catch(() => undefined); // nothing was written
  }
}

function withRemarks(parts: readonly Part[], answer: PayloadAnswer): PayloadAnswer {
  return { ...answer, remarks: [...parts.flatMap(({ remarks }) => remarks), ...answer.remarks] };
}

async function openPart(
  { files, folder, where }: PayloadQuestion,
  name: string,
  code: 'payload' | 'chunks',
  expectedBytes: number,
): Promise<Part> {
  const place = below(where, name);
  const path = join(folder, name);
  const none = (kind: 'missing' | 'unreadable', why: string): Part => ({
    file: undefined,
    sizeBytes: 0,
    remarks: [finding(`${code}.${kind}`, place, `${name}: ${why}`)],
  });
  const found = await statFile(files, path);
  if (found.kind === 'missing') return none('missing', 'it is not there');
  if (found.kind === 'unreadable') return none('unreadable', found.why);
  try {
    const remarks = compareSize(place, `${code}.size`, name, expectedBytes, found.sizeBytes);
    return { file: await files.open(path, 'read'), sizeBytes: found.sizeBytes, remarks };
  } catch (error) {
    return none('unreadable', `it cannot be opened (${diskError(error)})`);
  }
}

function compareSize(
  place: string,
  code: 'payload.size' | 'chunks.size',
  name: string,
  expected: number,
  found: number,
): Remark[] {
  if (found === expected) return [];
  const facts = { expected_bytes: expected, found_bytes: found };
  return [finding(code, place, `${name}: expected ${expected} bytes, found ${found}`, facts)];
}

async function readBoth(question: PayloadQuestion, payload: Part, chunks: Part): Promise<PayloadAnswer> {
  const { where, manifest, signal } = question;
  const expectedBytes = manifest.sealed.size_bytes;
  const digests = chunks.file && new DigestList(chunks.file, chunksBytes(expectedBytes));
  if (payload.file === undefined)
    return { remarks: await compareList(question, digests, chunks), units: 0, opened: false };
  const header = await checkHeader(question, payload.file);
  const { sizeBytes, file } = payload;
  const units = new UnitReader({ file, digests, sizeBytes, expectedBytes, signal });
  const original = await openWhole(question, units);
  await units.readRest();
  const list = await compareList(question, digests, chunks);
  const cut = compareSize(
    below(where, PAYLOAD),
    'payload.size',
    PAYLOAD,
    sizeBytes,
    units.cutAt ?? sizeBytes,
  );
  // One header is told once, however it was looked at.
  const opening = original.remarks.filter(({ code }) => code !== 'payload.header' || header.length === 0);
  const remarks = [...list, ...header, ...cut, ...alteredUnits(question, units), ...opening];
  return { remarks, units: units.goodCount, opened: original.opened };
}

async function openWhole(
  { where, manifest, identities }: PayloadQuestion,
  units: UnitReader,
): Promise<{ readonly remarks: readonly Remark[]; readonly opened: boolean }> {
  if (identities.length === 0) return { remarks: [], opened: false };
  return openOriginal(below(where, PAYLOAD), units.read(), identities, manifest.original);
}

async function compareList(
  { where, manifest }: PayloadQuestion,
  digests: DigestList | undefined,
  chunks: Part,
): Promise<Remark[]> {
  if (digests === undefined || chunks.remarks.length > 0) return [];
  const found = await digests.finish();
  const expected = manifest.sealed.chunks_sha256;
  if (found === expected) return [];
  const message = `${CHUNKS}: expected SHA-256 ${expected}, found ${found}`;
  return [finding('chunks.digest', below(where, CHUNKS), message, { expected, found })];
}

/** One X25519 stanza per recipient and nothing else (SPEC 3.1). Which recipient each is for, only an identity could tell. */
async function checkHeader({ where, manifest }: PayloadQuestion, file: OpenFile): Promise<Remark[]> {
  const count = manifest.recipients.length;
  const head = new Uint8Array(headerBytes(count));
  const text = Buffer.from(head.subarray(0, await file.read(head, 0))).toString('latin1');
  const stanzas = text.match(/^-> /gm)?.length ?? 0;
  if (HEADER.test(text) && stanzas === count) return [];
  const message = `${PAYLOAD}: expected an age header for ${count} recipients in the first ${head.length} bytes, found ${stanzas} or another form`;
  return [finding('payload.header', below(where, PAYLOAD), message, { expected: count, found: stanzas })];
}

const HEADER =
  /^age-encryption\.org\/v1\n(?:-> X25519 [A-Za-z0-9+/]{43}\n[A-Za-z0-9+/]{43}\n)+--- [A-Za-z0-9+/]{43}\n$/;

function alteredUnits({ where, manifest }: PayloadQuestion, units: UnitReader): Remark[] {
  const place = below(where, PAYLOAD);
  const told = units.altered.map(({ first, count, expected, found }) => {
    const offset = first * UNIT_BYTES;
    const last = first + count - 1;
    const end = last * UNIT_BYTES + unitBytes(manifest.sealed.size_bytes, last);
    const which = count === 1 ? `unit ${first}` : `units ${first} to ${last}`;
    return finding(
      'payload.unit-altered',
      place,
      `${PAYLOAD}: ${which} (bytes ${offset} to ${end - 1}): expected SHA-256 ${expected}, found ${found}`,
      { unit: first, units: count, offset_bytes: offset, size_bytes: end - offset, expected, found },
    );
  });
  const more = units.alteredCount - units.altered.reduce((sum, { count }) => sum + count, 0);
  if (more === 0) return told;
  const message = `${PAYLOAD}: ${more} more units differ`;
  return [...told, finding('payload.unit-altered', place, message, { units: more })];
}
