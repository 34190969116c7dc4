// The vault as folders and files (SPEC 4.4). What one recording's work is made of is in vault-work.ts; this file finds and keeps.
import { join } from 'node:path';
import { RECEIPT_BYTES_MAX } from '../../../protocol/documents/receipt.ts';
import { ensureFolder, listIfThere } from '../../../protocol/format/durable.ts';
import { FolderSyncs } from '../../../protocol/format/folder-syncs.ts';
import {
  isRecordingId,
  isStationId,
  type RecordingId,
  type ReceiverId,
  type SessionId,
  type StationId,
} from '../../../protocol/format/ids.ts';
import { MANIFEST_BYTES_MAX } from '../../../protocol/format/limits.ts';
import type { Clock, Files, Log, Random } from '../../../protocol/format/ports.ts';
import { UNFINISHED_PER_STATION_MAX } from '../limits.ts';
import { clearPrepared, placeDocument, readDocument, VaultDockings } from './vault-dockings.ts';
import { countVault, type VaultCount } from './vault-count.ts';
import { openVaultId, readVaultId } from './vault-id.ts';
import * as names from './vault-layout.ts';
import { VaultQuarantine } from './vault-quarantine.ts';
import { beginRun, endRun, type RunningProcess, type VaultRun } from './vault-run.ts';
import { openWork, unfinishedBytes } from './vault-work.ts';
import type {
  RecordingName,
  SignedDocument,
  StoredDocking,
  StoredRecording,
  Vault,
  VaultNote,
  VaultWork,
} from './vault.ts';

export interface FilesVaultOptions {
  readonly path: string;
  readonly files: Files;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly receiver: ReceiverId;
  /** It holds the machine's lock of the vault, see vault-lock.ts. */
  readonly process: RunningProcess;
  /** Where the receiver keeps what must not lie in a vault; without it nothing of that is kept. */
  readonly stateFolder?: string | undefined;
}

interface FilesVaultParts extends FilesVaultOptions {
  readonly layout: names.VaultLayout;
  readonly id: SessionId;
  readonly run: VaultRun;
  readonly syncs: FolderSyncs;
  readonly quarantine: VaultQuarantine;
}

/** A Vault over the Files port. One at a time works on one folder. */
export class FilesVault implements Vault {
  readonly id: SessionId;
  readonly epoch: number;
  readonly layout: names.VaultLayout;
  readonly #parts: FilesVaultParts;
  readonly #dockings: VaultDockings;
  readonly #stations = new Map<StationId, Promise<void>>();
  /** What lies under any station, once that was read. */
  readonly #ids = new IdMarks();
  #idsRead: Promise<void> | undefined;
  readonly #custody = new Map<StationId, Promise<string>>();

  private constructor(parts: FilesVaultParts) {
    this.#parts = parts;
    this.id = parts.id;
    this.epoch = parts.run.epoch;
    this.layout = parts.layout;
    this.#dockings = new VaultDockings({
      ...parts,
      ensureStation: (station) => this.#ensureStation(station),
    });
  }

  /** Errors: "vault.not-a-vault", "vault.not-there", "vault.in-use", "document.version", the system's. */
  static async open(options: FilesVaultOptions): Promise<FilesVault> {
    const { files } = options;
    const layout = new names.VaultLayout(options.path);
    const id = await openVaultId(layout, options);
    const syncs = new FolderSyncs(files);
    const quarantine = new VaultQuarantine({ ...options, layout, syncs });
    const run = await beginRun({ ...options, layout, quarantine });
    await ensureFolder(files, layout.incoming);
    await ensureFolder(files, layout.preparing);
    await ensureFolder(files, layout.quarantine);
    await syncs.sync(layout.root);
    await clearPrepared(files, layout);
    return new FilesVault({ ...options, layout, id, run, syncs, quarantine });
  }

  async find(name: RecordingName): Promise<StoredRecording | 'damaged' | undefined> {
    const { files } = this.#parts;
    const folder = this.layout.recording(name);
    const stat = await files.stat(folder);
    if (stat === undefined) return undefined;
    if (stat.kind !== 'folder') return 'damaged';
    const [manifest, receipt, payload] = await Promise.all([
      readDocument(files, join(folder, names.MANIFEST), MANIFEST_BYTES_MAX),
      readDocument(files, join(folder, names.RECEIPT), RECEIPT_BYTES_MAX),
      files.stat(join(folder, names.PAYLOAD)),
    ]);
    // Behind the look at the payload: a deletion record is there before a payload goes, so none that went is taken for a damaged one.
    const deletion = await files.stat(join(folder, names.DELETION));
    if (manifest === undefined) return 'damaged';
    const places = { payloadPath: join(folder, names.PAYLOAD), chunksPath: join(folder, names.CHUNKS) };
    return {
      manifest,
      receipt,
      payloadBytes: payload?.kind === 'file' ? payload.sizeBytes : undefined,
      deleted: deletion?.kind === 'file',
      places,
    };
  }

  async otherHolder({ station, recording }: RecordingName): Promise<StationId | undefined> {
    const { layout } = this;
    const { files } = this.#parts;
    this.#idsRead ??= readIds(files, layout, this.#ids);
    await this.#idsRead.catch((error: unknown) => {
      this.#idsRead = undefined;
      throw error;
    });
    if (!this.#ids.mayHave(recording)) return undefined;
    const isThere = async (path: string): Promise<boolean> => (await files.stat(path)) !== undefined;
    if (await isThere(layout.incomingRecording({ station, recording }))) return undefined;
    const lists = await Promise.all([layout.root, layout.incoming].map((folder) => files.list(folder)));
    const others = new Set(lists.flat().filter(isStationId));
    others.delete(station);
    for (const other of others) {
      const name = { station: other, recording };
      const places = [layout.recording(name), layout.keptDeletion(name), layout.incomingRecording(name)];
      if ((await Promise.all(places.map(isThere))).includes(true)) return other;
    }
    return undefined;
  }

  findDocking(name: RecordingName): Promise<StoredDocking | 'damaged' | undefined> {
    return this.#dockings.find(name);
  }

  placeDocking(
    name: Parameters<Vault['placeDocking']>[0],
    record: SignedDocument,
    receipt: SignedDocument,
  ): Promise<boolean> {
    this.#ids.add(name.recording);
    return this.#dockings.place(name, record, receipt);
  }

  secureDocking(name: RecordingName): Promise<void> {
    return this.#dockings.secure(name);
  }

  async tidy(name: RecordingName): Promise<void> {
    const folder = this.layout.incomingRecording(name);
    if ((await this.#parts.files.stat(folder)) !== undefined) await this.#parts.files.removeTree(folder);
  }

  custodyFolder(station: StationId): Promise<string> {
    return onceMade(this.#custody, station, async () => {
      const { files, syncs } = this.#parts;
      const folder = this.layout.custody(station);
      await this.#ensureStation(station);
      await ensureFolder(files, folder);
      await syncs.sync(this.layout.station(station));
      return folder;
    });
  }

  open(
    name: RecordingName,
    offer: SignedDocument,
    options: { sealedSizeBytes: number; isGenuine: (document: SignedDocument) => boolean },
  ): Promise<VaultWork> {
    this.#ids.add(name.recording);
    const ensureStation = (): Promise<void> => this.#ensureStation(name.station);
    return openWork({ ...this.#parts, ...options, name, offer, ensureStation });
  }

  storeReceipt(name: RecordingName, receipt: SignedDocument): Promise<void> {
    return placeDocument(this.#parts.files, join(this.layout.recording(name), names.RECEIPT), receipt);
  }

  secureReceipt(name: RecordingName): Promise<void> {
    return this.#parts.syncs.sync(this.layout.recording(name));
  }

  async secure(name: RecordingName): Promise<void> {
    const { files, syncs } = this.#parts;
    const folder = this.layout.recording(name);
    for (const file of [
      names.PAYLOAD,
      names.CHUNKS,
      names.MANIFEST,
      names.MANIFEST + names.SIGNATURE_SUFFIX,
    ]) {
      const open = await files.open(join(folder, file), 'write');
      try {
        await open.sync();
      } finally {
        await open.close();
      }
    }
    await syncs.sync(folder);
    await this.#ensureStation(name.station);
    await syncs.sync(this.layout.station(name.station));
  }

  setAside(name: RecordingName, reason: string): Promise<void> {
    return this.#parts.quarantine.setAside(this.layout.recording(name), reason);
  }

  async setAsideWork(name: RecordingName, reason: string): Promise<void> {
    const folder = this.layout.incomingRecording(name);
    if ((await this.#parts.files.stat(folder)) === undefined) return;
    await this.#parts.quarantine.setAside(folder, reason);
  }

  /** Moves a file below the vault to the quarantine. */
  setAsidePath(path: string, reason: string): Promise<void> {
    return this.#parts.quarantine.setAside(path, reason);
  }

  note(note: VaultNote): Promise<void> {
    return this.#parts.quarantine.note(note);
  }

  async isPresent(): Promise<boolean> {
    const found = await readVaultId(this.#parts.files, this.layout).catch(() => undefined);
    return found === this.id;
  }

  freeBytes(): Promise<number> {
    return this.#parts.files.freeBytes(this.layout.root);
  }

  async mayBegin({ station, recording }: RecordingName): Promise<boolean> {
    const entries = await listIfThere(this.#parts.files, this.layout.incomingStation(station));
    return entries.includes(recording) || entries.length < UNFINISHED_PER_STATION_MAX;
  }

  count(signal: AbortSignal): Promise<VaultCount> {
    return countVault(this.#parts.files, this.layout, signal);
  }

  unfinishedBytes(name: RecordingName): Promise<number> {
    return unfinishedBytes(this.#parts.files, this.layout.incomingRecording(name));
  }

  close(): Promise<void> {
    return endRun(this.#parts, this.#parts.run);
  }

  #ensureStation(station: StationId): Promise<void> {
    return onceMade(this.#stations, station, async () => {
      await ensureFolder(this.#parts.files, this.layout.station(station));
      await this.#parts.syncs.sync(this.layout.root);
    });
  }
}

const [A, TWO, LETTERS] = [0x61, 0x32, 26];

/** A bit for each beginning of an id: to look into the folder of each station for an id that none has takes a thousand stations 30 ms of a processor. */
class IdMarks {
  static readonly #CHARACTERS = 5;
  static readonly #RADIX = 32;
  /** 4 MiB: of a million ids 3 in 100 new ones are looked for in vain. */
  readonly #bits = new Uint8Array(IdMarks.#RADIX ** IdMarks.#CHARACTERS / 8);

  add(id: RecordingId): void {
    const place = IdMarks.#place(id);
    this.#bits[place >> 3] = (this.#bits[place >> 3] ?? 0) | (1 << (place & 7));
  }

  /** False: nobody added it. */
  mayHave(id: RecordingId): boolean {
    const place = IdMarks.#place(id);
    return ((this.#bits[place >> 3] ?? 0) & (1 << (place & 7))) !== 0;
  }

  /** Of "a" to "z" and "2" to "7". */
  static #place(id: RecordingId): number {
    let place = 0;
    for (let at = 0; at < IdMarks.#CHARACTERS; at++) {
      const code = id.charCodeAt(at);
      place = place * IdMarks.#RADIX + (code >= A ? code - A : code - TWO + LETTERS);
    }
    return place;
  }
}

/** Marks all ids under any station. Errors: the system's. */
async function readIds(files: Files, layout: names.VaultLayout, marks: IdMarks): Promise<void> {
  const lists = await Promise.all([layout.root, layout.incoming].map((folder) => files.list(folder)));
  for (const station of new Set(lists.flat().filter(isStationId)))
    for (const folder of [
      layout.station(station),
      layout.deletions(station),
      layout.incomingStation(station),
    ])
      for (const id of (await listIfThere(files, folder)).filter(isRecordingId)) marks.add(id);
}

/** Once for each station and run; after a failure it is tried again. */
function onceMade<T>(
  known: Map<StationId, Promise<T>>,
  station: StationId,
  make: () => Promise<T>,
): Promise<T> {
  const made = known.get(station) ?? make();
  known.set(station, made);
  made.catch(() => known.delete(station));
  return made;
}
