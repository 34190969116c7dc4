// One recording being received into a vault of files: its folder `.incoming/<station>/<recording>`, until it is renamed into place.
//
// Invariants:
// 1. chunks.partial is made anew by each attempt; it becomes chunks.bin only after its digest was checked.
// 2. What an earlier attempt left is written once more before it counts: units as they are found by their digests, the digest list before it
//    is checked. A sync that failed made its pages clean, was reported once, maybe to a process that is gone, and only a new write brings
//    them to the medium.
// 3. Recovery takes: any mixture of these files, whole or torn. Documents that differ from the offer are replaced, units are found
//    by their digests. Receivers of 0.1.0 left the same files in a folder `<epoch>.<holder>` of this one.
import { join } from 'node:path';
import { equalBytes, encodeUtf8, parseUtf8 } from '../../../protocol/format/bytes.ts';
import {
  createAnew,
  ensureFolder,
  listIfThere,
  readIfThere,
  writeAnew,
} from '../../../protocol/format/durable.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { MANIFEST_BYTES_MAX, SIGNATURE_FILE_BYTES_MAX } from '../../../protocol/format/limits.ts';
import type { Files, OpenFile } from '../../../protocol/format/ports.ts';
import type { FolderSyncs } from '../../../protocol/format/folder-syncs.ts';
import type { UnitPlaces } from './unit-store.ts';
import * as names from './vault-layout.ts';
import type { VaultQuarantine } from './vault-quarantine.ts';
import type { RecordingName, SignedDocument, VaultWork } from './vault.ts';

const PIECE_BYTES = 64 * 1024;
/** What a receiver of 0.1.0 called a folder of unfinished work: `<epoch>.<holder>`. */
const LEASED_WORK = /^[0-9]{1,16}\.[a-z2-7]+$/;
const WORK_NAMES: ReadonlySet<string> = new Set([
  names.MANIFEST,
  names.MANIFEST + names.SIGNATURE_SUFFIX,
  names.PAYLOAD,
  names.CHUNKS,
  names.CHUNKS_PARTIAL,
]);

/** What the work on one recording needs of its vault. */
export interface WorkOptions {
  readonly files: Files;
  readonly layout: names.VaultLayout;
  readonly syncs: FolderSyncs;
  readonly quarantine: VaultQuarantine;
  readonly name: RecordingName;
  /** Makes the station's folder and its name durable. */
  readonly ensureStation: () => Promise<void>;
}

export interface OpenWorkOptions extends WorkOptions {
  readonly offer: SignedDocument;
  readonly sealedSizeBytes: number;
  readonly isGenuine: (document: SignedDocument) => boolean;
}

/** Prepares the folder of a recording for its units. Errors: the system's, "vault.recording-conflict". */
export async function openWork(options: OpenWorkOptions): Promise<FilesWork> {
  const { files, layout, name } = options;
  const folder = layout.incomingRecording(name);
  await ensureFolder(files, layout.incomingStation(name.station));
  await ensureFolder(files, folder);
  const found = await usableFiles(options, folder);
  await keepDocuments(options, folder, found.size > 0);
  const payloadBytes = found.has(names.PAYLOAD) ? await usablePayload(options, folder) : 0;
  const payloadPath = join(folder, names.PAYLOAD);
  const payload =
    payloadBytes > 0 ? await files.open(payloadPath, 'write') : await createAnew(files, payloadPath);
  try {
    const digestsFound = found.has(names.CHUNKS);
    if (digestsFound) await writeAgain(files, join(folder, names.CHUNKS));
    const chunks = digestsFound
      ? await files.open(join(folder, names.CHUNKS), 'write')
      : await createAnew(files, join(folder, names.CHUNKS_PARTIAL));
    return new FilesWork(options, { folder, payload, chunks, payloadBytes, digestsFound });
  } catch (error) {
    await payload.close().catch(() => undefined);
    throw error;
  }
}

/** Names of what an earlier attempt left; anything else there is set aside. */
async function usableFiles(options: OpenWorkOptions, folder: string): Promise<Set<string>> {
  const { files, quarantine } = options;
  const leased = await takeOverLeased(files, folder);
  const found = new Set(await files.list(folder));
  for (const name of found) {
    const path = join(folder, name);
    const odd = !WORK_NAMES.has(name) ? 'unknown name' : await notOfOurs(files, path);
    if (odd === undefined) continue;
    if (name === leased) await files.removeTree(path);
    else await quarantine.setAside(path, odd);
    found.delete(name);
  }
  return found;
}

/** Name of the folder in which a receiver of 0.1.0 left its work on a recording; undefined where there is none. Errors: the system's. */
async function newestLeased(files: Files, folder: string): Promise<string | undefined> {
  const leased = (await listIfThere(files, folder)).filter((name) => LEASED_WORK.test(name));
  return leased.toSorted((a, b) => Number.parseInt(b, 10) - Number.parseInt(a, 10))[0];
}

/** Bytes of a payload that lies in the folder of a recording that is not whole. Errors: the system's. */
export async function unfinishedBytes(files: Files, folder: string): Promise<number> {
  if ((await files.stat(folder))?.kind !== 'folder') return 0;
  let bytes = 0;
  for (const inner of new Set(['', (await newestLeased(files, folder)) ?? '']))
    bytes += (await files.stat(join(folder, inner, names.PAYLOAD)))?.sizeBytes ?? 0;
  return bytes;
}

/** Moves the files of the folder that a receiver of 0.1.0 left to where they are looked for; gives the name of that folder. */
async function takeOverLeased(files: Files, folder: string): Promise<string | undefined> {
  const newest = await newestLeased(files, folder);
  if (newest === undefined || (await files.stat(join(folder, newest)))?.kind !== 'folder') return undefined;
  for (const name of await files.list(join(folder, newest)))
    if (WORK_NAMES.has(name)) await files.rename(join(folder, newest, name), join(folder, name));
  return newest;
}

/** Why something in the place of one of our files is none; undefined for a file. */
async function notOfOurs(files: Files, path: string): Promise<string | undefined> {
  const found = await files.stat(path);
  if (found?.kind !== 'file') return 'not a file';
  const isDocument = path.includes(`/${names.MANIFEST}`);
  return isDocument &&
    found.sizeBytes > (path.endsWith(names.SIGNATURE_SUFFIX) ? SIGNATURE_FILE_BYTES_MAX : MANIFEST_BYTES_MAX)
    ? 'longer than any document'
    : undefined;
}

/** Manifest and signature of the offer are durable in the folder; others that lay there are replaced, or are a conflict. */
async function keepDocuments(options: OpenWorkOptions, folder: string, look: boolean): Promise<void> {
  const { files, offer } = options;
  const path = join(folder, names.MANIFEST);
  const signaturePath = path + names.SIGNATURE_SUFFIX;
  const signature = encodeUtf8(offer.signature);
  if (look) {
    const [old, oldSignature] = await Promise.all([
      readIfThere(files, path, MANIFEST_BYTES_MAX),
      readIfThere(files, signaturePath, SIGNATURE_FILE_BYTES_MAX),
    ]);
    const other = old !== undefined && !equalBytes(old, offer.bytes);
    if (other && options.isGenuine({ bytes: old, signature: parseUtf8(oldSignature ?? signature) ?? '' }))
      throw conflict(options.name);
  }
  await Promise.all([writeAnew(files, path, offer.bytes), writeAnew(files, signaturePath, signature)]);
}

/** The error for two manifests of one id. */
export function conflict({ station, recording }: RecordingName): DockError {
  return new DockError(
    'vault.recording-conflict',
    `station ${station} offers recording ${recording} with another signed manifest than before: one id must not name two recordings; look at that station`,
    { retry: 'person' },
  );
}

/** Length of the payload of an earlier attempt; one that cannot be of this recording is set aside. */
async function usablePayload(options: OpenWorkOptions, folder: string): Promise<number> {
  const path = join(folder, names.PAYLOAD);
  const stat = await options.files.stat(path);
  if (stat?.kind === 'file' && stat.sizeBytes <= options.sealedSizeBytes) return stat.sizeBytes;
  await options.quarantine.setAside(path, 'longer than the recording, or no file');
  return 0;
}

/** The same bytes once more, whatever they are: they are checked behind this. */
async function writeAgain(files: Files, path: string): Promise<void> {
  const file = await files.open(path, 'write');
  try {
    const piece = new Uint8Array(PIECE_BYTES);
    for (let at = 0; ;) {
      const read = await file.read(piece, at);
      if (read === 0) return;
      await file.write(piece.subarray(0, read), at);
      at += read;
    }
  } finally {
    await file.close();
  }
}

interface WorkState {
  readonly folder: string;
  readonly payload: OpenFile;
  readonly chunks: OpenFile;
  readonly payloadBytes: number;
  readonly digestsFound: boolean;
}

/** The work under one lease. */
export class FilesWork implements VaultWork {
  readonly digestsFound: boolean;
  readonly payloadBytes: number;
  readonly #options: WorkOptions;
  readonly #folder: string;
  readonly #payload: OpenFile;
  #chunks: OpenFile;
  #chunksName: string;
  #anchored = false;
  #over = false;

  constructor(options: WorkOptions, state: WorkState) {
    this.#options = options;
    this.#folder = state.folder;
    this.#payload = state.payload;
    this.#chunks = state.chunks;
    this.#chunksName = state.digestsFound ? names.CHUNKS : names.CHUNKS_PARTIAL;
    this.payloadBytes = state.payloadBytes;
    this.digestsFound = state.digestsFound;
  }

  get places(): UnitPlaces {
    return {
      payloadPath: join(this.#folder, names.PAYLOAD),
      chunksPath: join(this.#folder, this.#chunksName),
    };
  }

  async newDigests(): Promise<void> {
    await this.#chunks.close();
    await this.#options.quarantine.setAside(this.places.chunksPath, 'not the digest list of the manifest');
    this.#chunksName = names.CHUNKS_PARTIAL;
    this.#chunks = await createAnew(this.#options.files, this.places.chunksPath);
  }

  async keepDigests(): Promise<void> {
    if (this.#chunksName === names.CHUNKS) return;
    await this.#options.files.rename(this.places.chunksPath, join(this.#folder, names.CHUNKS));
    this.#chunksName = names.CHUNKS;
  }

  async sync(): Promise<void> {
    await Promise.all([this.#payload.sync(), this.#anchor()]);
  }

  async complete(): Promise<void> {
    const { files, layout, syncs, name } = this.#options;
    await Promise.all([this.#payload.sync(), this.#chunks.sync(), this.#options.ensureStation()]);
    await this.#close();
    await syncs.sync(this.#folder);
    await files.rename(this.#folder, layout.recording(name));
    this.#over = true;
    const from = layout.incomingStation(name.station);
    await Promise.all([syncs.sync(layout.station(name.station)), syncs.sync(from)]);
  }

  async release(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    await this.#close().catch(() => undefined);
  }

  async abandon(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    await this.#close().catch(() => undefined);
    const { payloadPath, chunksPath } = this.places;
    for (const path of [payloadPath, chunksPath])
      await this.#options.files.unlink(path).catch(() => undefined);
  }

  /** Once: names and digest list of unfinished work survive a power cut. Small recordings end before they need it. */
  async #anchor(): Promise<void> {
    if (this.#anchored) return;
    const { layout, syncs, name } = this.#options;
    await Promise.all([
      this.#chunks.sync(),
      syncs.sync(this.#folder),
      syncs.sync(layout.incomingStation(name.station)),
      syncs.sync(layout.incoming),
    ]);
    this.#anchored = true;
  }

  async #close(): Promise<void> {
    const closed = await Promise.allSettled([this.#payload.close(), this.#chunks.close()]);
    for (const result of closed) if (result.status === 'rejected') throw result.reason;
  }
}
