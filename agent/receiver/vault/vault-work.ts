// One recording being received into a vault of files: its folder below `.incoming`, named by the lease, until it is renamed into place.
//
// Invariants:
// 1. The folder's name is the lease: whoever takes it renames the folder, so a stale holder's rename into place finds nothing.
// 2. chunks.partial is made anew by each holder; it becomes chunks.bin only after its digest was checked. So a stale holder that
//    still writes can reach only units, which are the same bytes for everybody.
// 3. What a holder found that did not let go in order is written once more before it counts (vault-leases.ts): units as they are found by their
//    digests, the digest list before it is checked. A sync that failed made its pages clean, and only a new write brings them to the medium.
// 4. Recovery takes: any mixture of these files, whole or torn. Documents that differ from the offer are replaced, units are found
//    by their digests.
import { join } from 'node:path';
import { equalBytes, encodeUtf8, parseUtf8 } from '../../../protocol/format/bytes.ts';
import { createAnew, readIfThere, writeAnew } from '../../../protocol/format/durable.ts';
import { DockError, systemCode } from '../../../protocol/format/errors.ts';
import { MANIFEST_BYTES_MAX, SIGNATURE_FILE_BYTES_MAX } from '../../../protocol/format/limits.ts';
import type { Files, OpenFile } from '../../../protocol/format/ports.ts';
import type { FolderSyncs } from '../../../protocol/format/folder-syncs.ts';
import type { UnitPlaces } from './unit-store.ts';
import * as names from './vault-layout.ts';
import type { VaultQuarantine } from './vault-quarantine.ts';
import type { Lease, SignedDocument, VaultWork } from './vault.ts';

const PIECE_BYTES = 64 * 1024;
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
  readonly lease: Lease;
  /** This run of the receiver. */
  readonly holder: string;
  /** Makes the station's folder and its name durable. */
  readonly ensureStation: () => Promise<void>;
}

export interface OpenWorkOptions extends WorkOptions {
  readonly offer: SignedDocument;
  readonly sealedSizeBytes: number;
  readonly isGenuine: (document: SignedDocument) => boolean;
}

/** Prepares the folder of a lease for its units. Errors: the system's, "lease.lost", "vault.recording-conflict". */
export function openWork(options: OpenWorkOptions): Promise<FilesWork> {
  return whileHeld(async () => {
    const folder = join(
      options.layout.incomingRecording(options.lease),
      names.encodeWorkName(heldAs(options)),
    );
    const found = new Set(await options.files.list(folder));
    for (const name of found) {
      const path = join(folder, name);
      const odd = !WORK_NAMES.has(name) ? 'unknown name' : await notOfOurs(options.files, path);
      if (odd === undefined) continue;
      await options.quarantine.setAside(path, odd);
      found.delete(name);
    }
    await keepDocuments(options, folder, found.size > 0);
    const payloadBytes = found.has(names.PAYLOAD) ? await usablePayload(options, folder) : 0;
    const payloadPath = join(folder, names.PAYLOAD);
    const payload =
      payloadBytes > 0
        ? await options.files.open(payloadPath, 'write')
        : await createAnew(options.files, payloadPath);
    try {
      const digestsFound = found.has(names.CHUNKS);
      if (digestsFound && !options.lease.clean) await writeAgain(options.files, join(folder, names.CHUNKS));
      const chunks = digestsFound
        ? await options.files.open(join(folder, names.CHUNKS), 'write')
        : await createAnew(options.files, join(folder, names.CHUNKS_PARTIAL));
      return new FilesWork(options, { folder, payload, chunks, payloadBytes, digestsFound });
    } catch (error) {
      await payload.close().catch(() => undefined);
      throw error;
    }
  });
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

function heldAs({ lease, holder }: WorkOptions): names.WorkName {
  return { epoch: lease.epoch, holder };
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
      throw conflict(options.lease);
  }
  await Promise.all([writeAnew(files, path, offer.bytes), writeAnew(files, signaturePath, signature)]);
}

/** The error for two manifests of one id. */
export function conflict(lease: Pick<Lease, 'station' | 'recording'>): DockError {
  return new DockError(
    'vault.recording-conflict',
    `station ${lease.station} offers recording ${lease.recording} with another signed manifest than before: one id must not name two recordings; look at that station`,
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

/** A path that is gone means that another receiver renamed the folder. */
async function whileHeld<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const code = systemCode(error);
    if (code !== 'ENOENT' && code !== 'ENOTEMPTY') throw error;
    throw new DockError('lease.lost', 'another receiver took this recording, or put it in place', {
      cause: error,
      retry: 'later',
    });
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
  readonly mustWriteAgain: boolean;
  readonly #options: WorkOptions;
  readonly #folder: string;
  readonly #payload: OpenFile;
  #chunks: OpenFile;
  #chunksName: string;
  #anchored = false;
  #over = false;
  #clean: boolean;
  /** Syncs that were begun. One that fails is told once, to us, whoever lets go meanwhile. */
  #syncing: Promise<void> = Promise.resolve();

  constructor(options: WorkOptions, state: WorkState) {
    this.#options = options;
    this.#folder = state.folder;
    this.#payload = state.payload;
    this.#chunks = state.chunks;
    this.#chunksName = state.digestsFound ? names.CHUNKS : names.CHUNKS_PARTIAL;
    this.payloadBytes = state.payloadBytes;
    this.digestsFound = state.digestsFound;
    this.mustWriteAgain = !options.lease.clean && state.payloadBytes > 0;
    this.#clean = !this.mustWriteAgain;
  }

  writtenAgain(): void {
    this.#clean = true;
  }

  get places(): UnitPlaces {
    return {
      payloadPath: join(this.#folder, names.PAYLOAD),
      chunksPath: join(this.#folder, this.#chunksName),
    };
  }

  newDigests(): Promise<void> {
    return whileHeld(async () => {
      await this.#chunks.close();
      await this.#options.quarantine.setAside(this.places.chunksPath, 'not the digest list of the manifest');
      this.#chunksName = names.CHUNKS_PARTIAL;
      this.#chunks = await createAnew(this.#options.files, this.places.chunksPath);
    });
  }

  keepDigests(): Promise<void> {
    return whileHeld(async () => {
      if (this.#chunksName === names.CHUNKS) return;
      await this.#options.files.rename(this.places.chunksPath, join(this.#folder, names.CHUNKS));
      this.#chunksName = names.CHUNKS;
    });
  }

  sync(): Promise<void> {
    return this.#watched(async () => {
      await Promise.all([this.#payload.sync(), this.#anchor()]);
    });
  }

  complete(): Promise<void> {
    return this.#watched(async () => {
      const { files, layout, syncs, lease } = this.#options;
      await Promise.all([this.#payload.sync(), this.#chunks.sync(), this.#options.ensureStation()]);
      await this.#close();
      await syncs.sync(this.#folder);
      await files.rename(this.#folder, layout.recording(lease));
      this.#over = true;
      const from = layout.incomingRecording(lease);
      await Promise.all([syncs.sync(layout.station(lease.station)), syncs.sync(from)]);
      await files.removeTree(from).catch(() => undefined); // an empty folder; what stays of it hurts nobody
    });
  }

  async release(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    await this.#syncing;
    await this.#close().catch(() => {
      this.#clean = false;
    });
    await this.#free();
  }

  async abandon(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    await this.#close().catch(() => undefined);
    this.#clean = true;
    const { payloadPath, chunksPath } = this.places;
    for (const path of [payloadPath, chunksPath])
      await this.#options.files.unlink(path).catch(() => {
        this.#clean = false;
      });
    await this.#free();
  }

  #watched(run: () => Promise<void>): Promise<void> {
    const done = whileHeld(run);
    const before = this.#syncing;
    this.#syncing = done.then(
      () => before,
      () => {
        this.#clean = false;
        return before;
      },
    );
    return done;
  }

  /** Once: names and digest list of unfinished work survive a power cut. Small recordings end before they need it. */
  async #anchor(): Promise<void> {
    if (this.#anchored) return;
    const { layout, syncs, lease } = this.#options;
    await Promise.all([
      this.#chunks.sync(),
      syncs.sync(this.#folder),
      syncs.sync(layout.incomingRecording(lease)),
      syncs.sync(layout.incomingStation(lease.station)),
      syncs.sync(layout.incoming),
    ]);
    this.#anchored = true;
  }

  async #close(): Promise<void> {
    const closed = await Promise.allSettled([this.#payload.close(), this.#chunks.close()]);
    for (const result of closed) if (result.status === 'rejected') throw result.reason;
  }

  async #free(): Promise<void> {
    const { files, layout, lease } = this.#options;
    const holder = this.#clean ? names.FREE : names.DIRTY;
    const free = names.encodeWorkName({ epoch: lease.epoch, holder });
    await files.rename(this.#folder, join(layout.incomingRecording(lease), free)).catch(() => undefined);
  }
}
