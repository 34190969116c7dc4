// Docking records in a vault of files (SPEC 4.4, 4.6): small documents that come whole in one message.
//
// Invariants:
// 1. A record's folder is made aside, durable in all with its receipt, and put in place by one rename onto nothing: nobody
//    ever sees a part of it. A receipt that is in place is not yet a given one.
// 2. One that was just placed goes to the quarantine after a failed sync of its name: it was answered for by nobody. One that lay there may
//    have been, so it stays, and the station asks again.
// 3. What a run left aside was never answered for: it is removed at the next start.
import { join } from 'node:path';
import { encodeUtf8 } from '../../../protocol/format/bytes.ts';
import { ensureFolder, writeAnew } from '../../../protocol/format/durable.ts';
import type { StationId } from '../../../protocol/format/ids.ts';
import { systemCode } from '../../../protocol/format/errors.ts';
import { MANIFEST_BYTES_MAX } from '../../../protocol/format/limits.ts';
import type { Files } from '../../../protocol/format/ports.ts';
import { RECEIPT_BYTES_MAX } from '../../../protocol/documents/receipt.ts';
import type { FolderSyncs } from '../../../protocol/format/folder-syncs.ts';
import { readDocument } from './stored-document.ts';
import * as names from './vault-layout.ts';
import type { VaultQuarantine } from './vault-quarantine.ts';
import type { RecordingName, SignedDocument, StoredDocking } from './vault.ts';

export interface VaultDockingsOptions {
  readonly files: Files;
  readonly layout: names.VaultLayout;
  readonly syncs: FolderSyncs;
  readonly quarantine: VaultQuarantine;
  /** Makes the station's folder and its name durable. */
  readonly ensureStation: (station: StationId) => Promise<void>;
}

/** Finds, places and secures docking records. Errors of all: the system's. */
export class VaultDockings {
  readonly #options: VaultDockingsOptions;

  constructor(options: VaultDockingsOptions) {
    this.#options = options;
  }

  /** See Vault.findDocking. */
  async find(name: RecordingName): Promise<StoredDocking | 'damaged' | undefined> {
    const { files, layout } = this.#options;
    const folder = layout.recording(name);
    const stat = await files.stat(folder);
    if (stat === undefined) return undefined;
    if (stat.kind !== 'folder') return 'damaged';
    const record = await readDocument(files, join(folder, names.DOCKING), MANIFEST_BYTES_MAX);
    const receipt = await readDocument(files, join(folder, names.RECEIPT), RECEIPT_BYTES_MAX);
    return record === undefined ? 'damaged' : { record, receipt };
  }

  /** See Vault.placeDocking. */
  async place(name: RecordingName, record: SignedDocument, receipt: SignedDocument): Promise<boolean> {
    const { files, layout, quarantine, syncs, ensureStation } = this.#options;
    const prepared = join(layout.preparing, `${name.station}-${name.recording}.docking`);
    try {
      await this.#prepare(prepared, record, receipt);
      await ensureStation(name.station);
      await files.rename(prepared, layout.recording(name));
    } catch (error) {
      await files.removeTree(prepared).catch(() => undefined);
      if (['ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '')) return false;
      throw error;
    }
    try {
      await syncs.sync(layout.station(name.station));
    } catch (error) {
      await quarantine.setAside(layout.recording(name), 'a sync of its name failed').catch(() => undefined);
      throw error;
    }
    return true;
  }

  /** See Vault.secureDocking. */
  async secure(name: RecordingName): Promise<void> {
    const { files, layout, syncs, ensureStation } = this.#options;
    const folder = layout.recording(name);
    for (const file of names.DOCKING_NAMES) {
      const open = await files.open(join(folder, file), 'write');
      try {
        await open.sync();
      } finally {
        await open.close();
      }
    }
    await syncs.sync(folder);
    await ensureStation(name.station);
    await syncs.sync(layout.station(name.station));
  }

  async #prepare(folder: string, record: SignedDocument, receipt: SignedDocument): Promise<void> {
    const { files, syncs } = this.#options;
    await files.removeTree(folder);
    await ensureFolder(files, folder);
    const contents: readonly [string, Uint8Array][] = [
      [names.DOCKING, record.bytes],
      [names.DOCKING + names.SIGNATURE_SUFFIX, encodeUtf8(record.signature)],
      [names.RECEIPT, receipt.bytes],
      [names.RECEIPT + names.SIGNATURE_SUFFIX, encodeUtf8(receipt.signature)],
    ];
    for (const [file, bytes] of contents) await writeAnew(files, join(folder, file), bytes);
    await syncs.sync(folder);
  }
}

/** Removes what earlier runs left below `.incoming/.new`. Errors: the system's. */
export async function clearPrepared(files: Files, layout: names.VaultLayout): Promise<void> {
  for (const name of await files.list(layout.preparing)) await files.removeTree(join(layout.preparing, name));
}
