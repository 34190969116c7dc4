// Reads the small files of a recording's or a docking record's folder, checked against what is known of it. Writes nothing.
import { join } from 'node:path';
import { itemDocument, type ItemDocument, type ItemKind } from '../../protocol/documents/item-documents.ts';
import { chunksBytes } from '../../protocol/documents/manifest.ts';
import {
  isMadeByOneOf,
  type PublicKey,
  signatureKeyId,
  verifyDocument,
} from '../../protocol/documents/minisign.ts';
import {
  parseReceipt,
  type Receipt,
  RECEIPT_BYTES_MAX,
  RECEIPT_TRUSTED_COMMENT,
} from '../../protocol/documents/receipt.ts';
import { parseUtf8, sha256Hex } from '../../protocol/format/bytes.ts';
import { describeError, DockError, isDockError, isMachineShort } from '../../protocol/format/errors.ts';
import { SIGNATURE_SUFFIX } from '../../protocol/format/file-names.ts';
import { DIGEST_BYTES, MANIFEST_BYTES_MAX, SIGNATURE_FILE_BYTES_MAX } from '../../protocol/format/limits.ts';
import type { Conditions, Files } from '../../protocol/format/ports.ts';
import { lookPatiently } from '../platform/look-patiently.ts';
import { CHUNKS_NAME, RECEIPT_NAME, RECEIPT_SIGNATURE_NAME } from './layout.ts';
import type { SpooledRecording } from './spooled-recording.ts';

/** A document and the text of its minisign file. */
export interface SignedBytes {
  readonly bytes: Uint8Array;
  readonly signature: string;
}

/** What is known of a folder that holds a signed document, and once receipted its receipt. */
export type DocumentFolder = Pick<
  SpooledRecording,
  'recording' | 'folder' | 'manifestSha256' | 'sealedSizeBytes' | 'chunksSha256'
>;

/** What the disk shows of a recording is not what was made durable. Never hides a machine that is short of something. */
export function damaged(recording: string, why: string, cause?: unknown): never {
  if (isMachineShort(cause)) throw cause;
  throw new DockError('spool.damaged', `recording ${recording} in the spool is damaged: ${why}`, {
    retry: 'never',
    facts: { recording },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** What documents are read with. */
export interface DocumentsDeps {
  readonly files: Files;
  readonly conditions: Conditions;
}

/** Documents of one kind in one spool. */
export class Documents {
  readonly #files: Files;
  readonly #conditions: Conditions;
  readonly #kind: ItemDocument;

  constructor({ files, conditions }: DocumentsDeps, kind: ItemKind) {
    this.#files = files;
    this.#conditions = conditions;
    this.#kind = itemDocument(kind);
  }

  /** `chunks.bin`, its length and digest those of the manifest. Errors: "spool.damaged". */
  async chunks(entry: DocumentFolder): Promise<Uint8Array> {
    const sizeBytes = chunksBytes(entry.sealedSizeBytes);
    const bytes = await this.#read(entry, CHUNKS_NAME, Math.max(sizeBytes, DIGEST_BYTES));
    if (bytes.length !== sizeBytes)
      damaged(entry.recording, `${CHUNKS_NAME} has ${bytes.length} bytes, expected ${sizeBytes}`);
    if (sha256Hex(bytes) !== entry.chunksSha256)
      damaged(entry.recording, `${CHUNKS_NAME} is not what the manifest names`);
    return bytes;
  }

  /**
   * The document with its signature: its digest is the one that was committed, and it verifies with one of the station's keys.
   * Errors: "spool.damaged"; "spool.other-key" where another key signed it, which raises the condition of that name: it is as whole as it was.
   */
  async manifest(entry: DocumentFolder, stationKeys: readonly PublicKey[]): Promise<SignedBytes> {
    const { name } = this.#kind;
    const bytes = await this.#read(entry, name, MANIFEST_BYTES_MAX);
    if (sha256Hex(bytes) !== entry.manifestSha256)
      damaged(entry.recording, `${name} was altered since it was made durable`);
    return this.#verified(entry, bytes, stationKeys);
  }

  async #verified(
    entry: DocumentFolder,
    bytes: Uint8Array,
    stationKeys: readonly PublicKey[],
  ): Promise<SignedBytes> {
    const { name, trustedComment } = this.#kind;
    const signature = await this.#text(entry, name + SIGNATURE_SUFFIX);
    try {
      verifyDocument(bytes, signature, trustedComment, stationKeys);
    } catch (error) {
      if (isDockError(error, 'signature.unknown-key') && !isMadeByOneOf(bytes, signature, stationKeys))
        this.#ofOtherKey(entry.recording, signature);
      damaged(entry.recording, `the signature of ${name} does not verify`, error);
    }
    return { bytes, signature };
  }

  /** A key that was put back from a backup, or made anew, makes nothing damaged that the one before it signed. */
  #ofOtherKey(recording: string, signature: string): never {
    const key = signatureKeyId(signature) ?? 'unknown';
    this.#conditions.raise('spool.other-key', null, { key });
    throw new DockError(
      'spool.other-key',
      `recording ${recording} in the spool is signed by key ${key}, which this station does not have, nor had before: put that key back`,
      { retry: 'person', facts: { recording, key } },
    );
  }

  /** The receipt with its signature, unverified. Errors: "spool.damaged" where it cannot be read. */
  async receipt(entry: DocumentFolder): Promise<SignedBytes> {
    const bytes = await this.#read(entry, RECEIPT_NAME, RECEIPT_BYTES_MAX);
    return { bytes, signature: await this.#text(entry, RECEIPT_SIGNATURE_NAME) };
  }

  /**
   * Why the stored receipt does not stand for this document, or undefined where it does: it parses, names recording, manifest,
   * size and chunk list, and verifies with a store key where any are given. Errors: only the machine's.
   */
  async receiptProblem(entry: DocumentFolder, storeKeys: readonly PublicKey[]): Promise<string | undefined> {
    try {
      const { bytes, signature } = await this.receipt(entry);
      if (storeKeys.length > 0) verifyDocument(bytes, signature, RECEIPT_TRUSTED_COMMENT, storeKeys);
      const receipt = parseReceipt(bytes);
      const same =
        receipt.recording === entry.recording &&
        receipt.manifest_sha256 === entry.manifestSha256 &&
        receipt.sealed_size_bytes === entry.sealedSizeBytes &&
        receipt.chunks_sha256 === entry.chunksSha256;
      return same ? undefined : 'it is about another recording or content';
    } catch (error) {
      if (isMachineShort(error)) throw error;
      return describeError(error);
    }
  }

  /** Looks again before it is called damaged: nobody can make a docking record again. */
  async #read(entry: DocumentFolder, name: string, bytesMax: number): Promise<Uint8Array> {
    const path = join(entry.folder, name);
    try {
      return await lookPatiently(() => this.#files.readAll(path, bytesMax));
    } catch (error) {
      return damaged(entry.recording, `${name} cannot be read`, error);
    }
  }

  async #text(entry: DocumentFolder, name: string): Promise<string> {
    const text = parseUtf8(await this.#read(entry, name, SIGNATURE_FILE_BYTES_MAX));
    return text ?? damaged(entry.recording, `${name} is not UTF-8`);
  }
}

// Whether a receipt is about a document of ours: compared field by field with what it must say. Pure; signatures are verified elsewhere.

/** Whose receipts count (SPEC 8.2). */
export interface CountedStore {
  /** Those that the technician's file lists. */
  readonly receivers: readonly string[];
  /** The one that is pinned; undefined until a first receipt counts. */
  readonly vault: string | undefined;
}

/** Why a verified receipt is not of the store that counts, in words, or undefined where it is. */
export function otherStore(
  { receiver, vault }: Pick<Receipt, 'receiver' | 'vault'>,
  store: CountedStore,
): string | undefined {
  if (!store.receivers.includes(receiver)) return `receiver ${receiver} is not listed under store.receivers`;
  if (store.vault === undefined || store.vault === vault) return undefined;
  return `vault ${vault} of receiver ${receiver} is not ${store.vault}, of which the receipts before were`;
}

/** What a receipt must say (SPEC 4.2). */
export type ReceiptMeant = Readonly<
  Pick<Receipt, 'kind' | 'manifest_sha256' | 'sealed_size_bytes' | 'chunks_sha256'> & {
    recording: string;
    station: string;
  }
>;

/** What the receipt for a document of that kind must say, from its bytes. Errors: those of parsing it. */
export function receiptMeant(kind: ItemKind, bytes: Uint8Array): ReceiptMeant {
  const { recording, station, sealedSizeBytes, chunksSha256 } = itemDocument(kind).content(bytes);
  return {
    kind,
    recording,
    station,
    manifest_sha256: sha256Hex(bytes),
    sealed_size_bytes: sealedSizeBytes,
    chunks_sha256: chunksSha256,
  };
}

/** The first field in which a verified receipt is not about that document of this station, in words, or undefined. */
export function receiptMismatch(receipt: Receipt, meant: ReceiptMeant, station: string): string | undefined {
  const pairs: readonly [string, string | number, string | number][] = [
    ['kind', receipt.kind, meant.kind],
    ['station', receipt.station, station],
    ['station of the document', meant.station, station],
    ['recording', receipt.recording, meant.recording],
    ['manifest_sha256', receipt.manifest_sha256, meant.manifest_sha256],
    ['sealed_size_bytes', receipt.sealed_size_bytes, meant.sealed_size_bytes],
    ['chunks_sha256', receipt.chunks_sha256, meant.chunks_sha256],
  ];
  const wrong = pairs.find(([, theirs, own]) => theirs !== own);
  return wrong === undefined ? undefined : `${wrong[0]}: the receipt says ${wrong[1]}, ours is ${wrong[2]}`;
}
