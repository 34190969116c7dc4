// Which vault lay at a path, kept where no vault lies. A disk that is not mounted leaves an empty folder, as a first start finds one: a new vault there
// would take recordings and give receipts for them, and be hidden once the disk is back.
//
// Shape: a copy of its `vault.json` under a name that is made of the path.
import { dirname, join } from 'node:path';
import { encodeUtf8, sha256Hex } from '../bytes.ts';
import { ensureFolder, readIfThere, replaceDurable } from '../durable.ts';
import { describeError, DockError } from '../errors.ts';
import type { SessionId } from '../ids.ts';
import type { Files, Log } from '../ports.ts';
import { encodeVaultId, parseVaultId, VAULT_ID_BYTES_MAX } from '../vault-document.ts';

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

  /** Before a new vault is made. Errors: "vault.not-there" where one lay here. */
  async refuseNew(): Promise<void> {
    const before = await this.#before();
    if (before === undefined) return;
    throw new DockError(
      'vault.not-there',
      `${this.#root} held vault ${before} and is empty: mount its disk; nothing was changed. For a new vault in its place remove ${this.#file}`,
      { retry: 'later' },
    );
  }

  /** This one lies here. Never rejects: what cannot be kept is tried again with the next start. */
  async remember(vault: SessionId): Promise<void> {
    const before = await this.#before();
    if (before === vault) return;
    if (before !== undefined)
      this.#log.warn('another vault lies here than before', { path: this.#root, vault, before });
    try {
      await ensureFolder(this.#files, dirname(this.#file));
      await replaceDurable(this.#files, this.#file, encodeVaultId(vault));
      await this.#files.syncFolder(dirname(this.#file));
    } catch (error) {
      this.#log.warn('which vault lies here is not kept', { file: this.#file, error: describeError(error) });
    }
  }

  /** What cannot be read says nothing: it must not keep a receiver from its vault. */
  async #before(): Promise<SessionId | undefined> {
    try {
      const bytes = await readIfThere(this.#files, this.#file, VAULT_ID_BYTES_MAX);
      return bytes && parseVaultId(bytes);
    } catch (error) {
      this.#log.warn('which vault lay here is not known', { file: this.#file, error: describeError(error) });
      return undefined;
    }
  }
}
