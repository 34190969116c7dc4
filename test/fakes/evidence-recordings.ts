// Recording folders as the independent checker reads them (SPEC 4.1, 4.4): every byte, digest and signature. Part of the independent
// checker.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openedDigest, openSealedBytes } from './age-judge.ts';
import { sha256, unitDigests } from './evidence-bytes.ts';
import {
  checkReceipt,
  readSigned,
  type EvidenceKeys,
  type SignedSeen,
  type Tell,
} from './evidence-documents.ts';
import type { JudgeKey } from './minisign-judge.ts';
import { requireTool } from './stock-tools.ts';

const SIX_FILES =
  'chunks.bin manifest.json manifest.json.minisig payload.age receipt.json receipt.json.minisig';

/** What the checker looks at of a manifest. */
export interface ManifestSeen {
  readonly recording: string;
  readonly station: string;
  readonly bay: string;
  readonly docking: string;
  readonly camera: { readonly id: string; readonly model: string | null; readonly serial: string | null };
  readonly rejected: { readonly reason: string } | null;
  readonly supersedes: readonly string[];
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
  const names = readdirSync(folder).sort().join(' ');
  if (inVault && names !== SIX_FILES) tell(`holds ${names}`);
  const signed = readManifest(folder, keys, tell);
  const manifest = signed.document;
  if (manifest.recording !== id || manifest.station !== keys.station) tell('manifest of another recording');
  checkUnits(folder, manifest, tell);
  const opened = openedDigest(join(folder, 'payload.age'), secret);
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
  { stationKey }: EvidenceKeys,
  tell: Tell,
): SignedSeen<ManifestSeen> {
  return readSigned(folder, 'manifest.json', { type: 'recording-manifest', key: stationKey, tell });
}

/** Manifests that the spool still holds, by recording: those of its sealed copies, and those that stay when a copy was reclaimed. */
export function readSpooledManifests(spool: string, keys: EvidenceKeys, problems: string[]): ManifestSeen[] {
  return ['ready', 'released'].flatMap((state) => {
    const parent = join(spool, state);
    const ids = existsSync(parent) ? readdirSync(parent) : [];
    return ids.map((id) => {
      const folder = join(parent, id);
      const tell = (what: string): void => void problems.push(`${folder}: ${what}`);
      const signed = readManifest(folder, keys, tell);
      const hasReceipt = checkRecordingReceipt(folder, keys, signed, tell);
      if (state === 'released' && !hasReceipt) tell('reclaimed without a receipt');
      return signed.document;
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

function checkUnits(folder: string, { sealed }: ManifestSeen, tell: Tell): void {
  const chunks = readFileSync(join(folder, 'chunks.bin'));
  const payload = join(folder, 'payload.age');
  if (sha256(chunks) !== sealed.chunks_sha256) tell('chunks.bin is not the one of the manifest');
  if (statSync(payload).size !== sealed.size_bytes) tell(`payload.age has ${statSync(payload).size} bytes`);
  if (!unitDigests(payload).equals(chunks)) tell('payload.age does not have the digests of chunks.bin');
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
