// Checks `payload.age` against `chunks.bin` and both against the manifest, in one pass over both; with identities the same pass opens
// the payload.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { headerBytes } from '../../../protocol/age/age-header.ts';
import { openSealed } from '../../../protocol/age/sealed-file-open.ts';
import { chunksBytes, type Manifest, unitBytes, unitCount } from '../../../protocol/documents/manifest.ts';
import { equalBytes, sha256 } from '../../../protocol/format/bytes.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { CHUNKS, PAYLOAD } from '../../../protocol/format/file-names.ts';
import { DIGEST_BYTES, UNIT_BYTES } from '../../../protocol/format/limits.ts';
import type { OpenFile } from '../../../protocol/format/ports.ts';
import { diskError, type ReadFiles, statFile } from './read-files.ts';
import { below, finding, type Remark } from './remark.ts';

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
  // One header is reported once, however it was looked at.
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

// Opens a sealed recording while it is read and compares the original with the manifest. Plaintext is hashed and forgotten.

/** What opening gave. */
interface OpenedOriginal {
  readonly remarks: readonly Remark[];
  /** The whole original was opened and is what the manifest says. */
  readonly opened: boolean;
}

/**
 * Opens the bytes of a payload. `place` names the payload in remarks. Errors: those of the source.
 */
async function openOriginal(
  place: string,
  sealed: AsyncIterable<Uint8Array>,
  identities: readonly string[],
  original: Manifest['original'],
): Promise<OpenedOriginal> {
  const digest = createHash('sha256');
  let sizeBytes = 0;
  try {
    for await (const piece of openSealed(sealed, identities)) {
      digest.update(piece);
      sizeBytes += piece.length;
    }
  } catch (error) {
    const code = error instanceof DockError ? OPENING_CODES[error.code] : undefined;
    if (code === undefined || !(error instanceof DockError)) throw error;
    const message = `${error.message}, after ${sizeBytes} good bytes of ${original.size_bytes}`;
    return { remarks: [finding(code, place, message, { opened_bytes: sizeBytes })], opened: false };
  }
  const remarks = compareOriginal(place, original, sizeBytes, digest.digest('hex'));
  return { remarks, opened: remarks.length === 0 };
}

const OPENING_CODES: Readonly<
  Record<string, 'payload.header' | 'payload.no-recipient' | 'payload.damaged' | 'payload.truncated'>
> = {
  'sealed.header': 'payload.header',
  'sealed.no-identity': 'payload.no-recipient',
  'sealed.damaged': 'payload.damaged',
  'sealed.truncated': 'payload.truncated',
};

function compareOriginal(
  place: string,
  original: Manifest['original'],
  sizeBytes: number,
  sha256: string,
): Remark[] {
  const remarks: Remark[] = [];
  if (sizeBytes !== original.size_bytes) {
    const message = `opened original: expected ${original.size_bytes} bytes, found ${sizeBytes}`;
    const facts = { expected_bytes: original.size_bytes, found_bytes: sizeBytes };
    remarks.push(finding('payload.original-size', place, message, facts));
  }
  if (sha256 !== original.sha256) {
    const message = `opened original: expected SHA-256 ${original.sha256}, found ${sha256}`;
    const facts = { expected: original.sha256, found: sha256 };
    remarks.push(finding('payload.original-digest', place, message, facts));
  }
  return remarks;
}

// Reads a sealed file once, unit by unit, compares each with its digest and hands the bytes on. Memory is one unit.

/** Units in a row that differ from their digests. */
interface AlteredUnits {
  readonly first: number;
  count: number;
  /** Of the first one, in hex. */
  readonly expected: string;
  readonly found: string;
}

/** Separate places of one recording that are told; a file with more is altered everywhere. */
const ALTERED_PLACES_MAX = 16;

/** One pass over a sealed file, which may be left and taken up again. */
class UnitReader {
  /** Places where units differ, the first ALTERED_PLACES_MAX of them. */
  readonly altered: AlteredUnits[] = [];
  /** All units that differ. */
  alteredCount = 0;
  /** Units that were compared and fit. */
  goodCount = 0;
  /** Where the file ended although it was longer when it was looked at. */
  cutAt: number | undefined;
  readonly #file: OpenFile;
  readonly #digests: DigestList | undefined;
  readonly #sizeBytes: number;
  readonly #expectedBytes: number;
  readonly #signal: AbortSignal;
  readonly #unit: Uint8Array;
  #next = 0;

  /** Reads `sizeBytes` of the file, whose length should be `expectedBytes`; without digests it only hands on. */
  constructor(question: {
    readonly file: OpenFile;
    readonly digests: DigestList | undefined;
    readonly sizeBytes: number;
    readonly expectedBytes: number;
    readonly signal: AbortSignal;
  }) {
    this.#file = question.file;
    this.#digests = question.digests;
    this.#sizeBytes = Math.min(question.sizeBytes, question.expectedBytes);
    this.#expectedBytes = question.expectedBytes;
    this.#signal = question.signal;
    this.#unit = new Uint8Array(Math.min(UNIT_BYTES, this.#sizeBytes));
  }

  /** The units from where the last reading stopped; each is valid until the next one. Errors: the system's; the signal's reason. */
  async *read(): AsyncGenerator<Uint8Array, void, undefined> {
    while (this.#next < unitCount(this.#sizeBytes)) {
      this.#signal.throwIfAborted();
      const number = this.#next;
      const wanted = this.#unit.subarray(0, unitBytes(this.#sizeBytes, number));
      const unit = wanted.subarray(0, await this.#file.read(wanted, number * UNIT_BYTES));
      this.#next = number + 1;
      if (unit.length < wanted.length) {
        this.cutAt = number * UNIT_BYTES + unit.length;
        this.#next = Infinity;
      }
      await this.#compare(number, unit);
      if (unit.length > 0) yield unit;
    }
  }

  /** Reads and compares what is left. Errors: as read. */
  async readRest(): Promise<void> {
    for await (const unit of this.read()) void unit;
  }

  async #compare(number: number, unit: Uint8Array): Promise<void> {
    const expected = await this.#digests?.next();
    // A unit that was cut is no altered one: the length of the file says so already.
    if (expected === undefined || unit.length !== unitBytes(this.#expectedBytes, number)) return;
    const found = sha256(unit);
    if (equalBytes(found, expected)) this.goodCount++;
    else this.#note(number, hex(expected), hex(found));
  }

  #note(number: number, expected: string, found: string): void {
    this.alteredCount++;
    const last = this.altered.at(-1);
    if (last !== undefined && last.first + last.count === number) last.count++;
    else if (this.altered.length < ALTERED_PLACES_MAX)
      this.altered.push({ first: number, count: 1, expected, found });
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

// Reads `chunks.bin` once, in step with the payload: gives one digest after the other and hashes the whole. Memory is one buffer.

const BUFFER_BYTES = 2048 * DIGEST_BYTES;

/** The digests of a list whose length was compared with the manifest. */
class DigestList {
  readonly #file: OpenFile;
  readonly #sizeBytes: number;
  readonly #whole = createHash('sha256');
  readonly #buffer: Uint8Array<ArrayBuffer>;
  #held = new Uint8Array(0);
  #position = 0;

  /** `sizeBytes` is how much of the file is read. */
  constructor(file: OpenFile, sizeBytes: number) {
    this.#file = file;
    this.#sizeBytes = sizeBytes;
    this.#buffer = new Uint8Array(Math.min(BUFFER_BYTES, sizeBytes));
  }

  /** The next digest (32 bytes, valid until the next call), or undefined after the last whole one. Errors: the system's. */
  async next(): Promise<Uint8Array | undefined> {
    if (this.#held.length === 0) await this.#fill();
    if (this.#held.length < DIGEST_BYTES) return undefined;
    const digest = this.#held.subarray(0, DIGEST_BYTES);
    this.#held = this.#held.subarray(DIGEST_BYTES);
    return digest;
  }

  /** SHA-256 of the whole list in hex; reads what was not asked for yet. Errors: the system's. */
  async finish(): Promise<string> {
    while (this.#position < this.#sizeBytes) if ((await this.#fill()) === 0) break;
    return this.#whole.digest('hex');
  }

  async #fill(): Promise<number> {
    const wanted = Math.min(BUFFER_BYTES, this.#sizeBytes - this.#position);
    const read = wanted === 0 ? 0 : await this.#file.read(this.#buffer.subarray(0, wanted), this.#position);
    this.#held = this.#buffer.subarray(0, read);
    this.#whole.update(this.#held);
    this.#position += read;
    return read;
  }
}
