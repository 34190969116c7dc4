// Says what a recording's folder is worth after a start: whole, or odd and why. Looks at names, lengths and the manifest; reads no
// payload and verifies no signature (that is done before anything is offered). Changes nothing.
import { join } from 'node:path';
import { parseUtf8, sha256Hex } from '../../protocol/bytes.ts';
import { UNFINISHED_SUFFIX } from '../../protocol/durable.ts';
import { describeError, DockError, isDockError, isMachineShort, systemCode } from '../../protocol/errors.ts';
import type { RecordingId } from '../../protocol/ids.ts';
import { MANIFEST_BYTES_MAX, SIGNATURE_FILE_BYTES_MAX } from '../../protocol/limits.ts';
import { chunksBytes, parseManifest } from '../../protocol/manifest.ts';
import type { Files } from '../../protocol/ports.ts';
import { lookPatiently } from '../look-patiently.ts';
import {
  CHUNKS_NAME,
  MANIFEST_NAME,
  MANIFEST_SIGNATURE_NAME,
  PAYLOAD_NAME,
  RECEIPT_NAMES,
  SEALED_NAMES,
} from './layout.ts';
import { factsOf, type RecordingFacts } from './spooled-recording.ts';

/** Names in a recording's folder, sorted out. */
export interface FolderNames {
  readonly missing: readonly string[];
  /** Both receipt files are there. */
  readonly receipted: boolean;
  /** Ours and never claimed: unfinished writes, half of a receipt. May be removed. */
  readonly leftovers: readonly string[];
  /** Not ours. */
  readonly unknown: readonly string[];
}

/** Sorts out the names of a folder that must hold `wanted`, and may hold a receipt and what is `allowed`. */
export function sortNames(
  names: readonly string[],
  wanted: readonly string[],
  allowed: readonly string[] = [],
): FolderNames {
  const there = new Set(names);
  const receipted = RECEIPT_NAMES.every((name) => there.has(name));
  const known = new Set([...wanted, ...allowed, ...(receipted ? RECEIPT_NAMES : [])]);
  const ours = new Set([...SEALED_NAMES, ...RECEIPT_NAMES].map((name) => name + UNFINISHED_SUFFIX));
  if (!receipted) for (const name of RECEIPT_NAMES) ours.add(name);
  const others = names.filter((name) => !known.has(name));
  return {
    missing: wanted.filter((name) => !there.has(name)),
    receipted,
    leftovers: others.filter((name) => ours.has(name)),
    unknown: others.filter((name) => !ours.has(name)),
  };
}

/** What a folder in `ready/` is worth. */
export type Judgement =
  | { readonly verdict: 'whole'; readonly facts: RecordingFacts; readonly names: FolderNames }
  | { readonly verdict: 'odd'; readonly reason: string };

const odd = (reason: string): Judgement => ({ verdict: 'odd', reason });

/**
 * Judges a folder in `ready/`. `known` are facts from the index; without them the manifest is read and the length of the chunk list
 * is looked at too (whoever reads that list compares its digest anyway; at ten thousand recordings each look counts).
 * Errors: only those that are the machine's ("EMFILE" ...); what the disk refuses to show three times is odd.
 */
export async function judgeReady(
  files: Files,
  folder: string,
  recording: RecordingId,
  known: RecordingFacts | undefined,
): Promise<Judgement> {
  try {
    return await lookPatiently(() => lookAtReady(files, folder, recording, known));
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
): Promise<Judgement> {
  const names = sortNames(await files.list(folder), SEALED_NAMES);
  if (names.missing.length > 0) return odd(`missing ${names.missing.join(', ')}`);
  const facts = known ?? (await readFacts(files, folder, recording));
  const wrong =
    (await wrongLength(files, join(folder, PAYLOAD_NAME), facts.sealedSizeBytes)) ??
    (known === undefined
      ? await wrongLength(files, join(folder, CHUNKS_NAME), chunksBytes(facts.sealedSizeBytes))
      : undefined);
  return wrong === undefined ? { verdict: 'whole', facts, names } : odd(wrong);
}

/** Facts of the manifest in a folder, and of its signature, which is not verified. Errors: those of parseManifest; "spool.misplaced" where it names another recording; the system's. */
export async function readFacts(
  files: Files,
  folder: string,
  recording: RecordingId,
): Promise<RecordingFacts> {
  const bytes = await files.readAll(join(folder, MANIFEST_NAME), MANIFEST_BYTES_MAX);
  const signature = await files.readAll(join(folder, MANIFEST_SIGNATURE_NAME), SIGNATURE_FILE_BYTES_MAX);
  const facts = factsOf(parseManifest(bytes), sha256Hex(bytes), parseUtf8(signature) ?? '');
  if (facts.recording === recording) return facts;
  throw new DockError('spool.misplaced', `the manifest names recording ${facts.recording}`, {
    retry: 'never',
  });
}

async function wrongLength(files: Files, path: string, sizeBytes: number): Promise<string | undefined> {
  const found = await files.stat(path);
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (found?.kind !== 'file') return `${name} is not a file`;
  if (found.sizeBytes !== sizeBytes)
    return `${name} has ${found.sizeBytes} bytes, the manifest says ${sizeBytes}`;
  return undefined;
}
