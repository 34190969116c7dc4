// A witness outside that cosigns what a store shows it (C2SP tlog-cosignature), with a key of its own.
import { generateKeyPairSync, sign } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  cosignatureLine,
  cosignedBytes,
  formatNoteKey,
  NOTE_COSIGNATURE,
  type NoteKey,
} from '../../../protocol/transparency/signed-note.ts';

export class OutsideWitness {
  readonly #pair = generateKeyPairSync('ed25519');
  readonly #key: NoteKey = {
    name: 'witness.example/w',
    type: NOTE_COSIGNATURE,
    key: this.#pair.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32),
  };

  /** The line by which it says that it saw that checkpoint; `atS`: seconds since 1970. */
  async cosign(text: string, atS: number): Promise<string> {
    return cosignatureLine(this.#key, atS, sign(null, cosignedBytes(text, atS), this.#pair.privateKey));
  }

  /** Puts its public key among those that a reader trusts. */
  async publish(keys: string): Promise<void> {
    await writeFile(join(keys, 'witness.vkey'), `${formatNoteKey(this.#key)}\n`);
  }
}
