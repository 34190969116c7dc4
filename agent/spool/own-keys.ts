// By whose key something in the spool is signed, as far as the name in its signature tells: a key of this station, or one that it does not have.
import { keyIdHex, type PublicKey } from '../../protocol/documents/minisign.ts';

/** The keys of one station, by their ids. */
export class OwnKeys {
  readonly #ids: ReadonlySet<string>;

  /** Without any nothing is known of keys. */
  constructor(keys: readonly PublicKey[]) {
    this.#ids = new Set(keys.map(({ keyId }) => keyIdHex(keyId)));
  }

  /**
   * True for what stands for no file on a camera: it waits until that key is here, which may be never, and nothing is erased because of it. False
   * where no key is named.
   */
  isOther(keyId: string | null): boolean {
    return this.#ids.size > 0 && keyId !== null && !this.#ids.has(keyId);
  }
}
