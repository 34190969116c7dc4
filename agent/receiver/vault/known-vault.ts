// Which vault lay at a path, kept where no vault lies. A disk that is not mounted leaves an empty folder, as a first start finds one: a new vault there
// would take recordings and give receipts for them, and be hidden once the disk is back. A disk that is mounted further up takes the folder of the
// receiver's state along: systemd waits for that one (RequiresMountsFor in the unit).
//
// Shape: a copy of its `vault.json` under a name that is made of the path.
import { dirname, join } from 'node:path';
import { encodeUtf8, sha256Hex } from '../../../protocol/format/bytes.ts';
import { ensureFolder, readIfThere, replaceDurable } from '../../../protocol/format/durable.ts';
import { describeError, DockError } from '../../../protocol/format/errors.ts';
import type { SessionId } from '../../../protocol/format/ids.ts';
import type { Files, Log } from '../../../protocol/format/ports.ts';
import {
  encodeVaultId,
  parseVaultId,
  VAULT_ID_BYTES_MAX,
} from '../../../protocol/documents/vault-document.ts';

/** In the folder of the receiver's state. */
export const KNOWN_VAULTS = 'known-vaults';
const NAME_CHARACTERS = 16;

/** What is known of one path. */
export class KnownVault {
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
