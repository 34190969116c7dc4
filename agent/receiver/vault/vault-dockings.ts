// Docking records in a vault of files (SPEC 4.4, 4.6): small documents that come whole in one message.
//
// Invariants:
// 1. A record's folder is made aside, durable in all with its receipt, and put in place by one rename onto nothing: nobody
//    ever sees a part of it. A receipt that is in place is not yet a given one.
// 2. One that was just placed goes to the quarantine after a failed sync of its name: it was answered for by nobody. One that lay there may
//    have been, so it stays, and the station asks again.
// 3. What a run left aside was never answered for: it is removed at the next start.
import { dirname, join } from 'node:path';
import { RECEIPT_BYTES_MAX } from '../../../protocol/documents/receipt.ts';
import { itemDocument, payloadlessKinds, type ItemKind } from '../../../protocol/documents/item-documents.ts';
import { encodeUtf8, parseUtf8 } from '../../../protocol/format/bytes.ts';
import { ensureFolder, readIfThere, writeAnew } from '../../../protocol/format/durable.ts';
import { systemCode } from '../../../protocol/format/errors.ts';
import type { FolderSyncs } from '../../../protocol/format/folder-syncs.ts';
import type { StationId } from '../../../protocol/format/ids.ts';
import { MANIFEST_BYTES_MAX, SIGNATURE_FILE_BYTES_MAX } from '../../../protocol/format/limits.ts';
import type { Files } from '../../../protocol/format/ports.ts';
import * as names from './vault-layout.ts';
import { SIGNATURE_SUFFIX, TEMPORARY } from './vault-layout.ts';
import type { VaultQuarantine } from './vault-quarantine.ts';
import type { RecordingName, SignedDocument, StoredDocking } from './vault.ts';

// Signed documents as files of a vault: the document, and its signature beside it.

/** A document with its signature file beside it; undefined where one of them is not there, is no file, or is too long. Errors: the system's. */
export async function readDocument(
  files: Files,
  path: string,
  bytesMax: number,
): Promise<SignedDocument | undefined> {
  try {
    const [bytes, signature] = await Promise.all([
      readIfThere(files, path, bytesMax),
      readIfThere(files, path + SIGNATURE_SUFFIX, SIGNATURE_FILE_BYTES_MAX),
    ]);
    const text = signature === undefined ? undefined : parseUtf8(signature);
    return bytes === undefined || text === undefined ? undefined : { bytes, signature: text };
  } catch (error) {
    if (['EFBIG', 'EISDIR', 'ELOOP', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** Puts a document and its signature in place, durably, over earlier ones of that name. The document comes last: what has its name has its signature. */
export async function placeDocument(files: Files, path: string, document: SignedDocument): Promise<void> {
  const signaturePath = path + SIGNATURE_SUFFIX;
  await Promise.all([
    writeAnew(files, path + TEMPORARY, document.bytes),
    writeAnew(files, signaturePath + TEMPORARY, encodeUtf8(document.signature)),
  ]);
  await files.rename(signaturePath + TEMPORARY, signaturePath);
  await files.rename(path + TEMPORARY, path);
  await files.syncFolder(dirname(path));
}

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
    const record = await this.#document(folder);
    const receipt = await readDocument(files, join(folder, names.RECEIPT), RECEIPT_BYTES_MAX);
    return record === undefined ? 'damaged' : { record, receipt };
  }

  /** See Vault.placeDocking. */
  async place(
    name: RecordingName & { readonly kind?: ItemKind },
    record: SignedDocument,
    receipt: SignedDocument,
  ): Promise<boolean> {
    const { files, layout, quarantine, syncs, ensureStation } = this.#options;
    const prepared = join(layout.preparing, `${name.station}-${name.recording}.docking`);
    try {
      await this.#prepare(prepared, itemDocument(name.kind ?? 'docking').name, record, receipt);
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
    const own = new Set(
      names.signed(names.RECEIPT, ...payloadlessKinds().map((kind) => itemDocument(kind).name)),
    );
    for (const file of (await files.list(folder)).filter((each) => own.has(each))) {
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

  /** That of whichever kind lies there. */
  async #document(folder: string): Promise<SignedDocument | undefined> {
    for (const kind of payloadlessKinds()) {
      const path = join(folder, itemDocument(kind).name);
      const found = await readDocument(this.#options.files, path, MANIFEST_BYTES_MAX);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async #prepare(
    folder: string,
    document: string,
    record: SignedDocument,
    receipt: SignedDocument,
  ): Promise<void> {
    const { files, syncs } = this.#options;
    await files.removeTree(folder);
    await ensureFolder(files, folder);
    const contents: readonly [string, Uint8Array][] = [
      [document, record.bytes],
      [document + names.SIGNATURE_SUFFIX, encodeUtf8(record.signature)],
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
