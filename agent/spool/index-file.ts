// The index: facts of every recording whose payload is here in one file, so that a start need not parse ten thousand manifests.
// A cache and nothing more: facts never change, a recording that it does not name is read from its folder, one that is no longer
// there is forgotten, and an index that does not match its own digest is ignored and made again.
//
// Shape: that of agent/cache-file.ts; the header is `{"type":"spool-index","version":3,"spool":<id>}`.
import { isCameraId, isDockingId, isRecordingId, type RecordingId } from '../../protocol/ids.ts';
import type { Files } from '../../protocol/ports.ts';
import { readCache, writeCache, type CacheFile } from '../cache-file.ts';
import type { SpoolLayout } from './layout.ts';
import type { RecordingFacts, RejectedReason } from './spooled-recording.ts';

/** Recordings that an index may name: with more, the rest is read from its folders. */
const ENTRIES_MAX = 1_000_000;

/** One recording of the index, and how far it had got, durably, when the index was written. */
export interface IndexEntry {
  readonly facts: RecordingFacts;
  readonly state: 'spooled' | 'receipted';
}

const ROLES = ['media', 'sidecar', 'other'] as const;
const STATES = ['spooled', 'receipted'] as const;

function lineOf({ facts, state }: IndexEntry): string {
  return JSON.stringify([
    facts.recording,
    STATES.indexOf(state),
    facts.camera,
    facts.docking,
    ROLES.indexOf(facts.role),
    facts.locked ? 1 : 0,
    facts.rejected?.reason ?? null,
    facts.pathSha256,
    facts.originalSizeBytes,
    facts.originalSha256,
    facts.sealedSizeBytes,
    facts.chunksSha256,
    facts.manifestSha256,
    facts.previousManifestSha256,
    facts.recipients,
    facts.sealedAt,
    facts.keyId,
  ]);
}

/** A line that the digest vouches for; checked only as far as a wrong type could do harm. */
function parseLine(line: string): IndexEntry | undefined {
  const fields = JSON.parse(line) as unknown[];
  const [recording, state, camera, docking, role, locked, rejected, path, originalSize, original] = fields;
  const [sealedSize, chunks, manifest, previous, recipients, sealedAt, keyId] = fields.slice(10);
  const texts = [recording, camera, docking, path, original, chunks, manifest, sealedAt].map(String);
  const [id = '', cameraId = '', dockingId = '', pathSha256 = '', originalSha256 = ''] = texts;
  if (!isRecordingId(id) || !isCameraId(cameraId) || !isDockingId(dockingId)) return undefined;
  return {
    state: STATES[Number(state)] ?? 'spooled',
    facts: {
      recording: id,
      camera: cameraId,
      docking: dockingId,
      role: ROLES[Number(role)] ?? 'other',
      locked: locked === 1,
      rejected: typeof rejected === 'string' ? { reason: rejected as RejectedReason } : null,
      pathSha256,
      originalSizeBytes: Number(originalSize),
      originalSha256,
      sealedSizeBytes: Number(sealedSize),
      chunksSha256: String(chunks),
      manifestSha256: String(manifest),
      previousManifestSha256: typeof previous === 'string' ? previous : null,
      recipients: Array.isArray(recipients) ? recipients.map(String) : [],
      sealedAt: String(sealedAt),
      keyId: typeof keyId === 'string' ? keyId : null,
    },
  };
}

function cacheOf(layout: SpoolLayout, spool: string): CacheFile {
  const header = `{"type":"spool-index","version":3,"spool":"${spool}"}`;
  return { path: layout.index, header, entriesMax: ENTRIES_MAX };
}

/** What the index knows, or undefined where there is none that is whole and of this spool. Never rejects. */
export async function readIndex(
  files: Files,
  layout: SpoolLayout,
  spool: string,
): Promise<ReadonlyMap<RecordingId, IndexEntry> | undefined> {
  const entries = await readCache(files, cacheOf(layout, spool), parseLine);
  return entries && new Map(entries.map((entry) => [entry.facts.recording, entry]));
}

/**
 * Writes the index anew beside the old one and puts it in its place. `entries` are walked through as the writing goes on, so what they say may be
 * of different moments. Errors: the system's; the old index stays then.
 */
export function writeIndex(
  files: Files,
  layout: SpoolLayout,
  spool: string,
  entries: Iterable<IndexEntry>,
): Promise<void> {
  return writeCache(files, cacheOf(layout, spool), linesOf(entries));
}

function* linesOf(entries: Iterable<IndexEntry>): Generator<string> {
  for (const entry of entries) yield lineOf(entry);
}
