// Says what a recording's folder is worth after a start: whole, or odd and why. Looks at names, lengths and the manifest with its signature; reads
// no payload. Changes nothing.
import { join } from 'node:path';
import { chunksBytes, MANIFEST_TRUSTED_COMMENT, parseManifest } from '../../protocol/documents/manifest.ts';
import { isMadeByOneOf, type PublicKey, verifyDocument } from '../../protocol/documents/minisign.ts';
import { parseUtf8, sha256Hex } from '../../protocol/format/bytes.ts';
import {
  describeError,
  DockError,
  isDockError,
  isMachineShort,
  systemCode,
} from '../../protocol/format/errors.ts';
import type { RecordingId } from '../../protocol/format/ids.ts';
import { MANIFEST_BYTES_MAX, SIGNATURE_FILE_BYTES_MAX } from '../../protocol/format/limits.ts';
import type { Files } from '../../protocol/format/ports.ts';
import { lookForWhole } from '../platform/look-patiently.ts';
import {
  CHUNKS_NAME,
  type FolderNames,
  MANIFEST_NAME,
  MANIFEST_SIGNATURE_NAME,
  PAYLOAD_NAME,
  SEALED_NAMES,
  sortNames,
} from './layout.ts';
import { factsOf, type RecordingFacts } from './spooled-recording.ts';

/** Facts of a manifest as it was read. */
export interface ReadFacts {
  readonly facts: RecordingFacts;
  /** Its signature verified; false where it, or what was read of it, is not what was signed. */
  readonly isVerified: boolean;
}

/** What a folder in `ready/` is worth. */
export type Judgement =
  | ({ readonly verdict: 'whole'; readonly names: FolderNames } & ReadFacts)
  | { readonly verdict: 'odd'; readonly reason: string };

const odd = (reason: string): Judgement => ({ verdict: 'odd', reason });

/**
 * Judges a folder in `ready/`. `known` are facts from the snapshot; without them the manifest is read and the length of the chunk list
 * is looked at too (whoever reads that list compares its digest anyway; at ten thousand recordings each look counts).
 * Errors: only those that are the machine's ("EMFILE" ...); what the disk refuses to show three times is odd.
 */
export async function judgeReady(
  files: Files,
  folder: string,
  recording: RecordingId,
  known: RecordingFacts | undefined,
  stationKeys: readonly PublicKey[],
): Promise<Judgement> {
  try {
    return await lookForWhole(
      () => lookAtReady(files, folder, recording, known, stationKeys),
      (found) => found.verdict === 'whole' && found.isVerified,
    );
  } catch (error) {
    if (isMachineShort(error)) throw error;
    return odd(
      isDockError(error)
        ? describeError(error).slice(0, 512)
        : `unreadable: ${systemCode(error) ?? 'unknown'}`,
    );
  }
}

/** Errors: of the documents; the system's. */
async function lookAtReady(
  files: Files,
  folder: string,
  recording: RecordingId,
  known: RecordingFacts | undefined,
  stationKeys: readonly PublicKey[],
): Promise<Judgement> {
  const names = sortNames(await files.list(folder), SEALED_NAMES);
  if (names.missing.length > 0) return odd(`missing ${names.missing.join(', ')}`);
  const { facts, isVerified } =
    known === undefined
      ? await readOnce(files, folder, recording, stationKeys)
      : { facts: known, isVerified: true };
  // What did not verify says nothing of lengths.
  if (!isVerified) return { verdict: 'whole', facts, isVerified, names };
  const wrong =
    (await wrongLength(files, join(folder, PAYLOAD_NAME), facts.sealedSizeBytes)) ??
    (known === undefined
      ? await wrongLength(files, join(folder, CHUNKS_NAME), chunksBytes(facts.sealedSizeBytes))
      : undefined);
  return wrong === undefined ? { verdict: 'whole', facts, isVerified, names } : odd(wrong);
}

/**
 * Facts of the manifest in a folder; without a key, nothing is verified and what is read is believed.
 * Errors: those of parseManifest; "spool.misplaced" where it names another recording; the system's.
 */
export function readFacts(
  files: Files,
  folder: string,
  recording: RecordingId,
  stationKeys: readonly PublicKey[],
): Promise<ReadFacts> {
  return lookForWhole(
    () => readOnce(files, folder, recording, stationKeys),
    ({ isVerified }) => isVerified,
  );
}

async function readOnce(
  files: Files,
  folder: string,
  recording: RecordingId,
  stationKeys: readonly PublicKey[],
): Promise<ReadFacts> {
  const bytes = await files.readAll(join(folder, MANIFEST_NAME), MANIFEST_BYTES_MAX);
  const file = await files.readAll(join(folder, MANIFEST_SIGNATURE_NAME), SIGNATURE_FILE_BYTES_MAX);
  const signature = parseUtf8(file) ?? '';
  const facts = factsOf(parseManifest(bytes), sha256Hex(bytes), signature);
  if (facts.recording === recording) {
    if (isSigned(bytes, signature, MANIFEST_TRUSTED_COMMENT, stationKeys)) return { facts, isVerified: true };
    // One of ours made it, and the name of the key was damaged, or read wrong: it says nothing.
    const isOurs = isMadeByOneOf(bytes, signature, stationKeys);
    return { facts: isOurs ? { ...facts, keyId: null } : facts, isVerified: false };
  }
  throw new DockError('spool.misplaced', `the manifest names recording ${facts.recording}`, {
    retry: 'never',
  });
}

/** Whether the document verifies with one of the keys; where there is none, it is believed. */
export function isSigned(
  bytes: Uint8Array,
  signature: string,
  trustedComment: string,
  keys: readonly PublicKey[],
): boolean {
  if (keys.length === 0) return true;
  try {
    verifyDocument(bytes, signature, trustedComment, keys);
    return true;
  } catch {
    return false;
  }
}

async function wrongLength(files: Files, path: string, sizeBytes: number): Promise<string | undefined> {
  const found = await files.stat(path);
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (found?.kind !== 'file') return `${name} is not a file`;
  if (found.sizeBytes !== sizeBytes)
    return `${name} has ${found.sizeBytes} bytes, the manifest says ${sizeBytes}`;
  return undefined;
}
