// Recording folders as the independent checker reads them (SPEC 4.1, 4.4): every byte, digest and signature. Part of the independent
// checker.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { openedDigest, openSealedBytes } from './age-judge.ts';
import { sha256, unitDigests } from './evidence-bytes.ts';
import {
  checkReceipt,
  readOrTell,
  readSigned,
  type EvidenceKeys,
  type SignedSeen,
  type Tell,
} from './evidence-documents.ts';
import type { Shelf } from './evidence-shelf.ts';
import type { JudgeKey } from './minisign-judge.ts';
import { requireTool } from './stock-tools.ts';

const SIX_FILES =
  'chunks.bin manifest.json manifest.json.minisig payload.age receipt.json receipt.json.minisig';

const MANIFEST_SHAPE = {
  recording: '',
  station: '',
  bay: '',
  docking: '',
  camera: { id: '' },
  supersedes: [],
  source: { path_sha256: '', sealed: '' },
  original: { size_bytes: 0, sha256: '' },
  sealed: { size_bytes: 0, chunks_sha256: '' },
};

/** What the checker looks at of a manifest. */
export interface ManifestSeen {
  readonly recording: string;
  readonly station: string;
  readonly bay: string;
  readonly docking: string;
  readonly camera: { readonly id: string; readonly model: string | null; readonly serial: string | null };
  readonly rejected: { readonly reason: string } | null;
  readonly supersedes: readonly string[];
  readonly previous_manifest_sha256: string | null;
  readonly source: { readonly path_sha256: string; readonly sealed: string };
  readonly original: { readonly size_bytes: number; readonly sha256: string };
  readonly sealed: { readonly size_bytes: number; readonly chunks_sha256: string };
}

/** One folder, opened. */
export interface RecordingSeen {
  readonly id: string;
  readonly folder: string;
  readonly camera: string;
  readonly path: string;
  readonly sha256: string;
  readonly receipted: boolean;
  readonly supersedes: readonly string[];
  readonly manifest: ManifestSeen;
}

/** Reads one folder; `inVault` wants it to be whole. Throws where it cannot be read. */
export function readRecording(
  folder: string,
  id: string,
  { keys, secret, inVault }: { keys: EvidenceKeys; secret: Buffer; inVault: boolean },
  tell: Tell,
): RecordingSeen {
  const names = keys.shelf.names(folder).sort().join(' ');
  if (inVault && names !== SIX_FILES) tell(`holds ${names}`);
  const signed = readManifest(folder, keys, tell);
  const manifest = signed.document;
  if (manifest.recording !== id || manifest.station !== keys.station) tell('manifest of another recording');
  checkUnits(keys.shelf, folder, manifest, tell);
  const opened = openedDigest(keys.shelf, join(folder, 'payload.age'), secret);
  if (opened.sha256 !== manifest.original.sha256 || opened.sizeBytes !== manifest.original.size_bytes)
    tell('opens to other bytes than its manifest says');
  const path = sourcePath(manifest, secret, tell);
  const receipted = checkRecordingReceipt(folder, keys, signed, tell);
  const { supersedes, camera } = manifest;
  return { id, folder, camera: camera.id, path, sha256: opened.sha256, receipted, supersedes, manifest };
}

/** The manifest of a folder, with its signature. */
export function readManifest(
  folder: string,
  { stationKey, shelf }: EvidenceKeys,
  tell: Tell,
): SignedSeen<ManifestSeen> {
  const how = { type: 'recording-manifest', key: stationKey, shape: MANIFEST_SHAPE, tell };
  return readSigned(shelf, folder, 'manifest.json', how);
}

/** Manifests that the spool still holds, by recording: those of its sealed copies, and those that stay when a copy was reclaimed. */
export function readSpooledManifests(spool: string, keys: EvidenceKeys, problems: string[]): ManifestSeen[] {
  return ['ready', 'released'].flatMap((state) => {
    const parent = join(spool, state);
    return keys.shelf.names(parent).flatMap((id) => {
      const folder = join(parent, id);
      return readOrTell(folder, problems, (tell) => {
        const signed = readManifest(folder, keys, tell);
        const hasReceipt = checkRecordingReceipt(folder, keys, signed, tell);
        if (state === 'released' && !hasReceipt) tell('reclaimed without a receipt');
        return signed.document;
      });
    });
  });
}

function checkRecordingReceipt(
  folder: string,
  keys: EvidenceKeys,
  { document: { recording, sealed }, sha256: manifest_sha256 }: SignedSeen<ManifestSeen>,
  tell: Tell,
): boolean {
  const { size_bytes: sealed_size_bytes, chunks_sha256 } = sealed;
  const wanted = { kind: 'recording', recording, manifest_sha256, sealed_size_bytes, chunks_sha256 } as const;
  return checkReceipt(folder, keys, wanted, tell);
}

function checkUnits(shelf: Shelf, folder: string, { sealed }: ManifestSeen, tell: Tell): void {
  const chunks = shelf.read(join(folder, 'chunks.bin'));
  const payload = join(folder, 'payload.age');
  if (sha256(chunks) !== sealed.chunks_sha256) tell('chunks.bin is not the one of the manifest');
  if (shelf.sizeBytes(payload) !== sealed.size_bytes)
    tell(`payload.age has ${shelf.sizeBytes(payload)} bytes`);
  if (!unitDigests(shelf, payload).equals(chunks))
    tell('payload.age does not have the digests of chunks.bin');
}

function sourcePath(manifest: ManifestSeen, secret: Buffer, tell: Tell): string {
  const text = openSealedBytes(Buffer.from(manifest.source.sealed, 'base64'), secret).toString('utf8');
  const path = Buffer.from((JSON.parse(text) as { path: string }).path, 'base64');
  if (sha256(path) !== manifest.source.path_sha256) tell('the sealed path has another digest');
  return path.toString('latin1');
}

/** What stock minisign and age say of a folder: a fault in words, or undefined. */
export function stockFault(
  { folder, sha256: expected }: RecordingSeen,
  { stationKey, storeKey }: EvidenceKeys,
  identityFile: string,
): string | undefined {
  try {
    minisign(folder, 'manifest.json', stationKey);
    minisign(folder, 'receipt.json', storeKey);
    const shell = `${requireTool('age')} -d -i "$1" "$2/payload.age" | sha256sum`;
    const answer = execFileSync('/bin/sh', ['-c', shell, 'sh', identityFile, folder], { encoding: 'utf8' });
    return answer.slice(0, 64) === expected ? undefined : 'age opens to other bytes';
  } catch (error) {
    return `a stock tool refuses it: ${String(error)}`;
  }
}

/** Verifies with stock minisign. Throws where that refuses. */
export function minisign(folder: string, name: string, key: JudgeKey): void {
  execFileSync(requireTool('minisign'), ['-Vqm', join(folder, name), '-p', key.file], { stdio: 'pipe' });
}
