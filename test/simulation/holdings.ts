// What a durable tree holds of recordings, by SPEC 4.4 alone: no code of the programs says here what is whole.
import { hash } from 'node:crypto';
import { signatureFault, type JudgeKey } from '../fakes/minisign-judge.ts';
import type { DurableFolder, DurableTree } from './durable-tree.ts';
import type { Recording } from './recordings.ts';

const UNIT_BYTES = 524_288;
const LINE_FEED = 0x0a;

/** An array of bytes that it gives out again holds what it held before: what was found of it then is not looked for again. */
export type Tree = Pick<DurableTree, 'folder'>;

/** What was found of an array of bytes, for as long as somebody holds it. */
class Found<T> {
  readonly #known = new WeakMap<Uint8Array, { readonly value: T }>();
  readonly #find: (bytes: Uint8Array) => T;

  constructor(find: (bytes: Uint8Array) => T) {
    this.#find = find;
  }

  of(bytes: Uint8Array): T {
    let known = this.#known.get(bytes);
    if (known === undefined) this.#known.set(bytes, (known = { value: this.#find(bytes) }));
    return known.value;
  }
}

interface ManifestSeen {
  readonly camera: { readonly id: string };
  readonly source: { readonly path_sha256: string };
  readonly original: { readonly sha256: string; readonly size_bytes: number };
  readonly sealed: { readonly size_bytes: number; readonly chunks_sha256: string };
}

/** Why a folder does not count, or undefined where it is whole. `units` also looks at every byte of the payload. */
export function sealedFault(
  folder: DurableFolder,
  key: JudgeKey,
  { units }: { readonly units: boolean },
): string | undefined {
  const manifest = readSigned(folder, 'manifest.json', 'recording-manifest', key);
  if (typeof manifest === 'string') return manifest;
  const { sealed } = manifests.of(manifest) as ManifestSeen;
  const chunks = folder.bytes('chunks.bin');
  const payload = folder.bytes('payload.age');
  if (chunks === undefined || digests.of(chunks) !== sealed.chunks_sha256) return 'chunks.bin is not the one';
  if (payload?.length !== sealed.size_bytes) return `payload.age has ${payload?.length} bytes`;
  return units ? unitFault(payload, chunks) : undefined;
}

function unitFault(payload: Uint8Array, chunks: Uint8Array): string | undefined {
  const digests = unitDigests.of(payload);
  for (let at = 0; at < digests.length; at += 32) {
    if (!digests.subarray(at, at + 32).equals(chunks.subarray(at, at + 32)))
      return `payload.age is altered at ${(at / 32) * UNIT_BYTES}`;
  }
  return undefined;
}

/** Why the receipt of a folder does not count, or undefined. */
export function receiptFault(folder: DurableFolder, recording: string, key: JudgeKey): string | undefined {
  const receipt = readSigned(folder, 'receipt.json', 'receipt', key);
  if (typeof receipt === 'string') return receipt;
  const said = receipts.of(receipt);
  const manifest = folder.bytes('manifest.json') ?? new Uint8Array(0);
  const { sealed } = manifests.of(manifest) as ManifestSeen;
  const wanted = {
    recording,
    manifest_sha256: digests.of(manifest),
    sealed_size_bytes: sealed.size_bytes,
    chunks_sha256: sealed.chunks_sha256,
  };
  const wrong = Object.entries(wanted).find(([name, value]) => said[name] !== value);
  return wrong === undefined ? undefined : `its receipt says another ${wrong[0]}`;
}

/** Whether a log below `path` holds an entry of that event about the recording's path. */
export function isLogged(tree: Tree, path: string, event: string, recording: Recording): boolean {
  const folder = tree.folder(path);
  const about = `"path_sha256":"${pathDigestOf(recording)}"`;
  return (folder?.names ?? []).some((name) =>
    linesWith(folder?.bytes(name), about).some((line) => line.includes(`"event":"${event}"`)),
  );
}

/** Lines of a text that hold this one: a log is long, and few of its lines are about one recording. */
function linesWith(bytes: Uint8Array | undefined, text: string): string[] {
  const log = Buffer.from(bytes?.buffer ?? new ArrayBuffer(0), bytes?.byteOffset, bytes?.length);
  const lines: string[] = [];
  for (let at = log.indexOf(text); at >= 0;) {
    const from = log.lastIndexOf(LINE_FEED, at) + 1;
    const end = log.indexOf(LINE_FEED, at);
    lines.push(log.toString('latin1', from, end < 0 ? log.length : end));
    at = end < 0 ? -1 : log.indexOf(text, end);
  }
  return lines;
}

/** Ids of the folders of one parent by the recording that their manifest names. */
export class FoldersByRecording {
  readonly #ids = new Map<string, string[]>();

  /** As they are at this moment. */
  constructor(parent: DurableFolder | undefined) {
    for (const id of parent?.names ?? []) {
      const bytes = parent?.folder(id)?.bytes('manifest.json');
      if (bytes === undefined || bytes.length === 0) continue;
      const { camera, source, original } = manifests.of(bytes);
      if (camera === undefined || source === undefined || original === undefined) continue;
      const name = nameOf(camera.id, source.path_sha256, original.sha256, original.size_bytes);
      const ids = this.#ids.get(name);
      if (ids === undefined) this.#ids.set(name, [id]);
      else ids.push(id);
    }
  }

  of(recording: Recording): readonly string[] {
    const { camera, sha256, sizeBytes } = recording;
    return this.#ids.get(nameOf(camera, pathDigestOf(recording), sha256, sizeBytes)) ?? [];
  }
}

function nameOf(camera: string, pathSha256: string, sha256: string, sizeBytes: number): string {
  return `${camera} ${pathSha256} ${sha256} ${sizeBytes}`;
}

const pathDigests = new WeakMap<Recording, string>();

function pathDigestOf(recording: Recording): string {
  let digest = pathDigests.get(recording);
  if (digest === undefined) pathDigests.set(recording, (digest = sha256(Buffer.from(recording.path))));
  return digest;
}

/** Digests of these bytes, one of 32 bytes for each unit. */
export function unitDigestsOf(payload: Uint8Array): Buffer {
  return unitDigests.of(payload);
}

/** What a manifest says, nothing where it says nothing: whether it holds, its signature tells. */
const manifests = new Found((bytes): Partial<ManifestSeen> => parsed(bytes));
/** The same of a receipt. */
const receipts = new Found(parsed);
const digests = new Found(sha256);
const unitDigests = new Found((payload): Buffer => {
  const all: Buffer[] = [];
  for (let at = 0; at < payload.length; at += UNIT_BYTES)
    all.push(hash('sha256', payload.subarray(at, at + UNIT_BYTES), 'buffer'));
  return Buffer.concat(all);
});

function parsed(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** What was found of a signed document, for as long as it has the same signature. */
const signed = new WeakMap<
  Uint8Array,
  { readonly by: Uint8Array; readonly key: JudgeKey; readonly fault: string | undefined }
>();

/** The bytes of a document, of one type whenever it is asked for, or why they do not count. */
function readSigned(folder: DurableFolder, name: string, type: string, key: JudgeKey): Uint8Array | string {
  const bytes = folder.bytes(name);
  const signature = folder.bytes(`${name}.minisig`);
  if (bytes === undefined || signature === undefined) return `${name} is not durable`;
  let found = signed.get(bytes);
  if (found?.by !== signature || found.key !== key) {
    const fault = signatureFault(Buffer.from(bytes), Buffer.from(signature).toString(), type, key);
    signed.set(bytes, (found = { by: signature, key, fault }));
  }
  return found.fault === undefined ? bytes : `${name}: ${found.fault}`;
}

function sha256(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}
