// The file that says that a folder is a vault, and which one: written once into an empty folder, looked at again later, so that an
// unmounted disk or another one in its place is recognised and nothing is written below the mount point.
import { dirname, join } from 'node:path';
import { notMakable } from '../../../config/disk-place.ts';
import {
  encodeVaultId,
  parseVaultId,
  VAULT_ID_BYTES_MAX,
} from '../../../protocol/documents/vault-document.ts';
import { encodeUtf8, sha256Hex } from '../../../protocol/format/bytes.ts';
import { ensureFolder, readIfThere, replaceDurable, writeAnew } from '../../../protocol/format/durable.ts';
import { describeError, DockError, isDockError, systemCode } from '../../../protocol/format/errors.ts';
import { makeSessionId, type SessionId } from '../../../protocol/format/ids.ts';
import type { Files, Log, Random } from '../../../protocol/format/ports.ts';
import { TEMPORARY, type VaultLayout } from './vault-layout.ts';

// Which vault lay at a path, kept where no vault lies. A disk that is not mounted leaves an empty folder, as a first start finds one: a new vault there
// would take recordings and give receipts for them, and be hidden once the disk is back. A disk that is mounted further up takes the folder of the
// receiver's state along: systemd waits for that one (RequiresMountsFor in the unit).
//
// Shape: a copy of its `vault.json` under a name that is made of the path.

/** In the folder of the receiver's state. */
export const KNOWN_VAULTS = 'known-vaults';
const NAME_CHARACTERS = 16;

/** What is known of one path. */
class KnownVault {
  readonly #files: Files;
  readonly #log: Log;
  readonly #root: string;
  readonly #file: string;

  private constructor(root: string, file: string, { files, log }: { files: Files; log: Log }) {
    this.#root = root;
    this.#file = file;
    this.#files = files;
    this.#log = log;
  }

  /** Undefined without a folder for the receiver's state, and where that lies in the vault itself: it would go and come with its disk. */
  static of(
    root: string,
    stateFolder: string | undefined,
    deps: { readonly files: Files; readonly log: Log },
  ): KnownVault | undefined {
    if (stateFolder === undefined || `${stateFolder}/`.startsWith(`${root}/`)) return undefined;
    const name = `${sha256Hex(encodeUtf8(root)).slice(0, NAME_CHARACTERS)}.json`;
    return new KnownVault(root, join(stateFolder, KNOWN_VAULTS, name), deps);
  }

  /** Before a new vault is made. Errors: "vault.not-there" where one lay here, or may have. */
  async refuseNew(): Promise<void> {
    const otherwise = 'For a new vault in its place';
    const before = await this.#read().catch((error: unknown) => {
      const why = `which vault lay there cannot be read (${describeError(error)})`;
      throw this.#notThere(`is empty, and ${why}`, otherwise);
    });
    if (before !== undefined) throw this.#notThere(`held vault ${before} and is empty`, otherwise);
  }

  /**
   * This one lies here. What cannot be read or kept keeps no receiver from its vault, and is tried again with the next start.
   * Errors: "vault.not-there" where another one lay here: it may be one that was made while the disk was away.
   */
  async expect(vault: SessionId): Promise<void> {
    const before = await this.#read().catch((error: unknown) => {
      this.#log.warn('previous vault at this path unknown', {
        file: this.#file,
        error: describeError(error),
      });
      return undefined;
    });
    if (before !== undefined && before !== vault)
      throw this.#notThere(`held vault ${before} and holds vault ${vault}`, 'If this one is meant');
    if (before === undefined) await this.#keep(vault);
  }

  async #keep(vault: SessionId): Promise<void> {
    const folder = dirname(this.#file);
    try {
      await ensureFolder(this.#files, folder);
      await replaceDurable(this.#files, this.#file, encodeVaultId(vault));
      for (const path of [folder, dirname(folder)]) await this.#files.syncFolder(path);
    } catch (error) {
      this.#log.warn('vault identity not stored', { file: this.#file, error: describeError(error) });
    }
  }

  #notThere(found: string, otherwise: string): DockError {
    return new DockError(
      'vault.not-there',
      `${this.#root} ${found}: mount its disk; nothing was changed. ${otherwise} remove ${this.#file}`,
      { retry: 'later' },
    );
  }

  /** Undefined where none is known. Errors: the system's; those of a vault's document. */
  async #read(): Promise<SessionId | undefined> {
    const bytes = await readIfThere(this.#files, this.#file, VAULT_ID_BYTES_MAX);
    return bytes && parseVaultId(bytes);
  }
}

/** What a fresh file system has in it. */
const HARMLESS_NAMES: ReadonlySet<string> = new Set(['lost+found']);

/** The vault's id, or undefined where there is no id file. Errors: the system's; "document.version", "document.refused". */
export async function readVaultId(files: Files, layout: VaultLayout): Promise<SessionId | undefined> {
  const bytes = await readIfThere(files, layout.vaultId, VAULT_ID_BYTES_MAX);
  return bytes === undefined ? undefined : parseVaultId(bytes);
}

/**
 * Looks whether the vault that was opened is still the one that lies there, before somebody deletes or writes in it by its path.
 * Errors: "vault.gone".
 */
export async function checkVaultThere(files: Files, layout: VaultLayout, vault: SessionId): Promise<void> {
  const found = await readVaultId(files, layout).catch(() => undefined);
  if (found === vault) return;
  const message = `${layout.root} does not hold vault ${vault} any more: mount its disk again; nothing is deleted or written there until then`;
  throw new DockError('vault.gone', message, { retry: 'person' });
}

/**
 * The id of the vault in that folder; an empty or missing folder becomes a new vault, unless one is known to have lain there.
 * Errors: "vault.not-there"; "vault.not-a-vault" for a folder with other things in it, or whose id file is damaged; "document.version" for the vault of a newer program;
 * "vault.unusable" where the folder cannot be made; the system's.
 */
export async function openVaultId(
  layout: VaultLayout,
  {
    files,
    random,
    log,
    stateFolder,
  }: { files: Files; random: Random; log: Log; stateFolder?: string | undefined },
): Promise<SessionId> {
  const known = KnownVault.of(layout.root, stateFolder, { files, log });
  await ensureFolder(files, layout.root).catch((error: unknown) => {
    throw notMakable('vault.unusable', 'vault.path', layout.root, error);
  });
  const found = await readVaultId(files, layout).catch((error: unknown) => notReadable(layout, error));
  if (found !== undefined) {
    await known?.expect(found);
    return found;
  }
  const names = await files.list(layout.root);
  const odd = names.find((name) => !HARMLESS_NAMES.has(name) && !name.endsWith(TEMPORARY));
  if (odd !== undefined) throw notAVault(layout.root, odd);
  await known?.refuseNew();
  const vault = makeSessionId(random);
  const temporary = layout.vaultId + TEMPORARY;
  await writeAnew(files, temporary, encodeVaultId(vault));
  await files.rename(temporary, layout.vaultId);
  await files.syncFolder(layout.root);
  await files.syncFolder(dirname(layout.root));
  log.info('vault created', { path: layout.root, vault });
  await known?.expect(vault);
  return vault;
}

/** A new id would make every receipt that was given one of another vault: only a person can say that it is this one. */
function notReadable(layout: VaultLayout, error: unknown): never {
  if (isDockError(error, 'document.version')) throw error;
  const why = systemCode(error) ?? describeError(error);
  throw new DockError(
    'vault.not-a-vault',
    `${layout.vaultId} does not say which vault this is (${why}): put it back from a copy; each receipt in the vault names the id; nothing was changed`,
    { retry: 'person', cause: error },
  );
}

function notAVault(path: string, odd: string): DockError {
  return new DockError(
    'vault.not-a-vault',
    `${path} holds ${JSON.stringify(odd.slice(0, 64))} and no vault.json: give an empty folder for a new vault, or mount the disk with the old one`,
    { retry: 'person' },
  );
}
