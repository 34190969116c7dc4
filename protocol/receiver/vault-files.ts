// The vault as folders and files (SPEC 4.4). What one recording's work is made of is in vault-work.ts; this file finds, leases and keeps.
import { join } from 'node:path';
import { encodeUtf8, parseUtf8 } from '../bytes.ts';
import { systemCode } from '../errors.ts';
import { makeSessionId, type ReceiverId, type SessionId, type StationId } from '../ids.ts';
import { MANIFEST_BYTES_MAX, SIGNATURE_FILE_BYTES_MAX } from '../limits.ts';
import type { Clock, Files, Log, Random } from '../ports.ts';
import { RECEIPT_BYTES_MAX } from '../receipt.ts';
import { ensureFolder, FolderSyncs, readIfThere, TEMPORARY, writeSynced } from './durable.ts';
import { VaultBeats } from './vault-beats.ts';
import { openVaultId } from './vault-id.ts';
import * as names from './vault-layout.ts';
import { VaultQuarantine } from './vault-quarantine.ts';
import { openWork } from './vault-work.ts';
import type { Lease, RecordingName, SignedDocument, StoredRecording, Vault, VaultWork } from './vault.ts';

export interface FilesVaultOptions {
  readonly path: string;
  readonly files: Files;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly receiver: ReceiverId;
}

interface FilesVaultParts extends FilesVaultOptions {
  readonly layout: names.VaultLayout;
  readonly id: SessionId;
  readonly instance: SessionId;
  readonly beats: VaultBeats;
  readonly syncs: FolderSyncs;
  readonly quarantine: VaultQuarantine;
}

/** A Vault over the Files port. Several of them, in one or more processes, may work on one folder. */
export class FilesVault implements Vault {
  readonly id: SessionId;
  readonly layout: names.VaultLayout;
  readonly #parts: FilesVaultParts;
  readonly #stations = new Map<StationId, Promise<void>>();
  readonly #spoiled = new Set<string>();

  private constructor(parts: FilesVaultParts) {
    this.#parts = parts;
    this.id = parts.id;
    this.layout = parts.layout;
  }

  /** Errors: "vault.not-a-vault", "document.version", the system's. */
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
    return new FilesVault({ ...options, layout, id, instance, beats, syncs, quarantine });
  }

  async find(name: RecordingName): Promise<StoredRecording | 'damaged' | undefined> {
    const { files } = this.#parts;
    const folder = this.layout.recording(name);
    const stat = await files.stat(folder);
    if (stat === undefined) return undefined;
    if (stat.kind !== 'folder') return 'damaged';
    const [manifest, receipt, payload, deletion] = await Promise.all([
      this.#document(join(folder, names.MANIFEST), MANIFEST_BYTES_MAX),
      this.#document(join(folder, names.RECEIPT), RECEIPT_BYTES_MAX),
      files.stat(join(folder, names.PAYLOAD)),
      files.stat(join(folder, names.DELETION)),
    ]);
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

  async take(name: RecordingName): Promise<Lease | undefined> {
    const folder = this.layout.incomingRecording(name);
    try {
      return await this.#takeBelow(folder, name);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined; // another receiver was faster
      throw error;
    }
  }

  async open(
    lease: Lease,
    offer: SignedDocument,
    options: { sealedSizeBytes: number; isGenuine: (document: SignedDocument) => boolean },
  ): Promise<VaultWork> {
    const { instance } = this.#parts;
    const key = keyOf(lease);
    try {
      const work = await openWork({
        ...this.#parts,
        ...options,
        lease,
        offer,
        holder: instance,
        spoiled: this.#spoiled.has(key),
        ensureStation: () => this.#ensureStation(lease.station),
        onSpoiled: () => this.#spoiled.add(key),
      });
      this.#spoiled.delete(key);
      return work;
    } catch (error) {
      await this.#giveBack(lease);
      throw error;
    }
  }

  async storeReceipt(name: RecordingName, receipt: SignedDocument): Promise<void> {
    const { files, syncs } = this.#parts;
    const folder = this.layout.recording(name);
    const path = join(folder, names.RECEIPT);
    const signaturePath = path + names.SIGNATURE_SUFFIX;
    await Promise.all([
      writeSynced(files, path + TEMPORARY, receipt.bytes),
      writeSynced(files, signaturePath + TEMPORARY, encodeUtf8(receipt.signature)),
    ]);
    await files.rename(signaturePath + TEMPORARY, signaturePath);
    await files.rename(path + TEMPORARY, path);
    await syncs.sync(folder);
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

  note(facts: Readonly<Record<string, string | number | null>>): Promise<void> {
    return this.#parts.quarantine.note(facts);
  }

  freeBytes(): Promise<number> {
    return this.#parts.files.freeBytes(this.layout.root);
  }

  async unfinished(station: StationId): Promise<number> {
    return (await this.#list(this.layout.incomingStation(station))).length;
  }

  close(): Promise<void> {
    return this.#parts.beats.close();
  }

  async #list(folder: string): Promise<string[]> {
    return this.#parts.files.list(folder).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return [];
      throw error;
    });
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

  /** The work that lies there. Odd names, and work older than the newest, are set aside. */
  async #newestWork(folder: string): Promise<names.WorkName | undefined> {
    const entries = await this.#list(folder);
    const works = entries.map(names.parseWorkName).filter((work) => work !== undefined);
    const newest = works.toSorted((a, b) => b.epoch - a.epoch)[0];
    const kept = newest === undefined ? undefined : names.encodeWorkName(newest);
    for (const entry of entries)
      if (entry !== kept)
        await this.#parts.quarantine.setAside(join(folder, entry), 'no work of this recording');
    return newest;
  }

  async #takeBelow(folder: string, name: RecordingName): Promise<Lease | undefined> {
    const { files, beats, clock, instance } = this.#parts;
    const found = await this.#newestWork(folder);
    if (found !== undefined && !(await beats.mayTake(found.holder))) return undefined;
    // The wall clock lifts the number above all that a vault restored from a backup has forgotten; alone it decides nothing.
    const epoch = Math.max((found?.epoch ?? 0) + 1, Math.floor(clock.wallMs()));
    const held = names.encodeWorkName({ epoch, holder: instance });
    if (found !== undefined)
      await files.rename(join(folder, names.encodeWorkName(found)), join(folder, held));
    else if (!(await this.#makeWork(folder, name, held))) return undefined;
    return { ...name, epoch };
  }

  /** Work that begins is prepared aside and put in place by one rename, which only the first receiver can do. */
  async #makeWork(folder: string, name: RecordingName, held: string): Promise<boolean> {
    const { files, instance } = this.#parts;
    const prepared = join(this.layout.preparing, `${instance}-${name.recording}`);
    await ensureFolder(files, this.layout.incomingStation(name.station));
    await ensureFolder(files, prepared);
    await ensureFolder(files, join(prepared, held));
    try {
      await files.rename(prepared, folder);
      return true;
    } catch (error) {
      await files.removeTree(prepared);
      if (['ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '')) return false;
      throw error;
    }
  }

  async #document(path: string, bytesMax: number): Promise<SignedDocument | undefined> {
    const { files } = this.#parts;
    try {
      const [bytes, signature] = await Promise.all([
        readIfThere(files, path, bytesMax),
        readIfThere(files, path + names.SIGNATURE_SUFFIX, SIGNATURE_FILE_BYTES_MAX),
      ]);
      const text = signature === undefined ? undefined : parseUtf8(signature);
      return bytes === undefined || text === undefined ? undefined : { bytes, signature: text };
    } catch (error) {
      if (['EFBIG', 'EISDIR', 'ELOOP', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
      throw error;
    }
  }

  async #giveBack(lease: Lease): Promise<void> {
    const folder = this.layout.incomingRecording(lease);
    const held = { epoch: lease.epoch, holder: this.#parts.instance };
    await this.#parts.files
      .rename(
        join(folder, names.encodeWorkName(held)),
        join(folder, names.encodeWorkName({ ...held, holder: names.FREE })),
      )
      .catch(() => undefined);
  }
}

function keyOf({ station, recording }: RecordingName): string {
  return `${station}/${recording}`;
}
