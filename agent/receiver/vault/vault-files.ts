// The vault as folders and files (SPEC 4.4). What one recording's work is made of is in vault-work.ts; this file finds, leases and keeps.
import { join } from 'node:path';
import { ensureFolder, listIfThere } from '../../../protocol/format/durable.ts';
import {
  makeSessionId,
  type ReceiverId,
  type SessionId,
  type StationId,
} from '../../../protocol/format/ids.ts';
import { MANIFEST_BYTES_MAX } from '../../../protocol/format/limits.ts';
import type { Clock, Files, Log, Random } from '../../../protocol/format/ports.ts';
import { RECEIPT_BYTES_MAX } from '../../../protocol/documents/receipt.ts';
import { FolderSyncs } from '../../../protocol/format/folder-syncs.ts';
import { placeDocument, readDocument } from './stored-document.ts';
import { UNFINISHED_PER_STATION_MAX } from '../limits.ts';
import { VaultBeats } from './vault-beats.ts';
import { clearPrepared, VaultDockings } from './vault-dockings.ts';
import { openVaultId, readVaultId } from './vault-id.ts';
import * as names from './vault-layout.ts';
import { VaultLeases } from './vault-leases.ts';
import { VaultQuarantine } from './vault-quarantine.ts';
import { openWork } from './vault-work.ts';
import type {
  CustodyLease,
  Lease,
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
  /** Where the receiver keeps what must not lie in a vault; without it nothing of that is kept. */
  readonly stateFolder?: string | undefined;
}

interface FilesVaultParts extends FilesVaultOptions {
  readonly layout: names.VaultLayout;
  readonly id: SessionId;
  readonly instance: SessionId;
  readonly beats: VaultBeats;
  readonly leases: VaultLeases;
  readonly syncs: FolderSyncs;
  readonly quarantine: VaultQuarantine;
}

/** A Vault over the Files port. Several of them, in one or more processes, may work on one folder. */
export class FilesVault implements Vault {
  readonly id: SessionId;
  readonly layout: names.VaultLayout;
  readonly #parts: FilesVaultParts;
  readonly #dockings: VaultDockings;
  readonly #stations = new Map<StationId, Promise<void>>();
  readonly #custody = new Map<StationId, number>();

  private constructor(parts: FilesVaultParts) {
    this.#parts = parts;
    this.id = parts.id;
    this.layout = parts.layout;
    this.#dockings = new VaultDockings({
      ...parts,
      ensureStation: (station) => this.#ensureStation(station),
    });
  }

  /** Errors: "vault.not-a-vault", "vault.not-there", "document.version", the system's. */
  static async open(options: FilesVaultOptions): Promise<FilesVault> {
    const { files, random } = options;
    const layout = new names.VaultLayout(options.path);
    const id = await openVaultId(layout, options);
    const syncs = new FolderSyncs(files);
    await ensureFolder(files, layout.incoming);
    await ensureFolder(files, layout.preparing);
    await ensureFolder(files, layout.quarantine);
    const instance = makeSessionId(random);
    const beats = new VaultBeats({ ...options, layout, instance });
    await beats.start();
    await syncs.sync(layout.root);
    const quarantine = new VaultQuarantine({ ...options, layout, syncs });
    const leases = new VaultLeases({ ...options, layout, beats, quarantine, instance });
    await clearPrepared(files, layout, beats);
    return new FilesVault({ ...options, layout, id, instance, beats, leases, syncs, quarantine });
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

  findDocking(name: RecordingName): Promise<StoredDocking | 'damaged' | undefined> {
    return this.#dockings.find(name);
  }

  placeDocking(name: RecordingName, record: SignedDocument, receipt: SignedDocument): Promise<boolean> {
    return this.#dockings.place(name, record, receipt);
  }

  secureDocking(name: RecordingName): Promise<void> {
    return this.#dockings.secure(name);
  }

  async take(name: RecordingName): Promise<Lease | undefined> {
    const { files, leases } = this.#parts;
    await ensureFolder(files, this.layout.incomingStation(name.station));
    const taken = await leases.take(this.layout.incomingRecording(name));
    return taken && { ...name, ...taken };
  }

  async leave(lease: Lease, what: 'keep' | 'drop'): Promise<void> {
    const folder = this.layout.incomingRecording(lease);
    await this.#parts.leases.giveBack(folder, lease);
    if (what === 'drop') await this.#parts.files.removeTree(folder).catch(() => undefined); // what stays of it can be taken by anybody
  }

  async tidy(name: RecordingName): Promise<void> {
    if ((await this.#parts.files.stat(this.layout.incomingRecording(name))) === undefined) return;
    const lease = await this.take(name);
    if (lease !== undefined) await this.leave(lease, 'drop');
  }

  async takeCustody(station: StationId): Promise<CustodyLease | undefined> {
    const { files, leases, syncs } = this.#parts;
    const lease = this.layout.incomingCustody(station);
    const held = this.#custody.get(station);
    const folder = this.layout.custody(station);
    if (held !== undefined && (await leases.holds(lease, held))) return { folder, epoch: held };
    this.#custody.delete(station);
    await ensureFolder(files, this.layout.incomingStation(station));
    const taken = await leases.take(lease);
    if (taken === undefined) return undefined;
    await this.#ensureStation(station);
    await ensureFolder(files, folder);
    await syncs.sync(this.layout.station(station));
    this.#custody.set(station, taken.epoch);
    return { folder, epoch: taken.epoch };
  }

  async open(
    lease: Lease,
    offer: SignedDocument,
    options: { sealedSizeBytes: number; isGenuine: (document: SignedDocument) => boolean },
  ): Promise<VaultWork> {
    const { instance } = this.#parts;
    try {
      return await openWork({
        ...this.#parts,
        ...options,
        lease,
        offer,
        holder: instance,
        ensureStation: () => this.#ensureStation(lease.station),
      });
    } catch (error) {
      await this.#parts.leases.giveBack(this.layout.incomingRecording(lease), lease);
      throw error;
    }
  }

  storeReceipt(lease: Lease, receipt: SignedDocument): Promise<void> {
    return placeDocument(this.#parts.files, join(this.layout.recording(lease), names.RECEIPT), receipt);
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

  async unfinishedBytes(name: RecordingName): Promise<number> {
    const { files } = this.#parts;
    const folder = this.layout.incomingRecording(name);
    let bytes = 0;
    for (const work of await listIfThere(files, folder))
      bytes += (await files.stat(join(folder, work, names.PAYLOAD)))?.sizeBytes ?? 0;
    return bytes;
  }

  async close(): Promise<void> {
    const { leases, beats } = this.#parts;
    for (const [station, epoch] of this.#custody)
      await leases.giveBack(this.layout.incomingCustody(station), { epoch, clean: true });
    await beats.close();
  }

  /** Once per station and run; after a failure it is tried again. */
  #ensureStation(station: StationId): Promise<void> {
    const known = this.#stations.get(station);
    if (known !== undefined) return known;
    const { files, syncs } = this.#parts;
    const made = ensureFolder(files, this.layout.station(station)).then(() => syncs.sync(this.layout.root));
    this.#stations.set(station, made);
    made.catch(() => this.#stations.delete(station));
    return made;
  }
}
