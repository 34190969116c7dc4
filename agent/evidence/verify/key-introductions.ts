// Follows changes of keys from the keys that came by hand (SPEC 4.9): a change counts only where one of them signed it, or one that such
// a change introduced.
import { equalBytes } from '../../../protocol/format/bytes.ts';
import { isReceiverId } from '../../../protocol/format/ids.ts';
import { keyIdHex, type PublicKey } from '../../../protocol/documents/minisign.ts';
import { checkOldSignature, type FoundChange } from './key-change-check.ts';
import type { FoundRevocation } from './key-revocation-check.ts';
import type { ReadFiles } from './read-files.ts';
import { note, type Remark } from './remark.ts';
import { stationKeys, storeKeys, type KeyStep, type TrustedKeys } from './trusted-keys.ts';

/** Keys that count behind the changes. */
export interface Introduced {
  readonly keys: TrustedKeys;
  readonly remarks: readonly Remark[];
}

/** Takes change after change as long as one is signed by a key that counts by then. Errors: only those of the machine. */
export async function introduceKeys(
  files: ReadFiles,
  all: readonly FoundChange[],
  trusted: TrustedKeys,
  revocations: readonly FoundRevocation[],
): Promise<Introduced> {
  const introductions = new Introductions(files, trusted, revocations);
  let waiting = [...all];
  for (let before = Infinity; waiting.length > 0 && waiting.length < before;) {
    before = waiting.length;
    waiting = await introductions.take(waiting);
  }
  for (const change of waiting) await introductions.refuse(change);
  return introductions;
}

class Introductions implements Introduced {
  readonly remarks: Remark[] = [];
  readonly #trusted: TrustedKeys;
  readonly #files: ReadFiles;
  readonly #introduced: Map<string, PublicKey[]>;
  readonly #steps: KeyStep[];
  readonly #revocations: readonly FoundRevocation[];

  constructor(files: ReadFiles, trusted: TrustedKeys, revocations: readonly FoundRevocation[]) {
    this.#files = files;
    this.#introduced = new Map([...trusted.introduced].map(([holder, keys]) => [holder, [...keys]]));
    this.#trusted = trusted;
    this.#steps = [...trusted.changes];
    this.#revocations = revocations;
  }

  get keys(): TrustedKeys {
    return { ...this.#trusted, introduced: this.#introduced, changes: this.#steps };
  }

  /** Takes those that count by now; gives the others back. */
  async take(changes: readonly FoundChange[]): Promise<FoundChange[]> {
    const waiting: FoundChange[] = [];
    for (const change of changes) {
      if (change.document.reason === 'lost') this.#note(change, lostNote(change));
      else if ((await checkOldSignature(this.#files, change, this.#holderKeys(change))).holds)
        this.#introduce(change);
      else waiting.push(change);
    }
    return waiting;
  }

  /** Tells why a change does not count. */
  async refuse(change: FoundChange): Promise<void> {
    const { remarks } = await checkOldSignature(this.#files, change, this.#holderKeys(change));
    for (const remark of remarks) this.#note(change, remark);
  }

  #introduce(change: FoundChange): void {
    const { document, newKey } = change;
    const known = this.#holderKeys(change).some(({ keyId }) => equalBytes(keyId, newKey.keyId));
    const revoked = this.#revocations.find((revocation) => revokes(revocation, change));
    if (revoked === undefined) this.#steps.push(keyStep(change));
    if (known) return;
    if (revoked !== undefined) {
      this.#note(change, revokedNote(change, revoked));
      return;
    }
    const { holder } = document;
    this.#introduced.set(holder, [...(this.#introduced.get(holder) ?? []), newKey]);
    this.#note(change, introducedNote(change));
  }

  #holderKeys({ document: { holder } }: FoundChange): readonly PublicKey[] {
    return isReceiverId(holder) ? storeKeys(this.keys) : stationKeys(this.keys, holder);
  }

  #note({ inPlace }: FoundChange, remark: Remark): void {
    if (inPlace) this.remarks.push(remark);
  }
}

/** Whose key becomes which. */
export function keyStep({ document: { holder }, oldKey, newKey }: FoundChange): KeyStep {
  return { holder, oldKeyId: keyIdHex(oldKey.keyId), newKeyId: keyIdHex(newKey.keyId) };
}

/** A thief of the old key can date a change as he likes: only a key that was put aside in order introduces another one. */
function revokes({ document: revocation }: FoundRevocation, { document, oldKey }: FoundChange): boolean {
  if (revocation.station !== document.holder || revocation.key_id !== keyIdHex(oldKey.keyId)) return false;
  return revocation.reason !== 'retired' || document.changed_at > revocation.revoked_at;
}

function introducedNote({ where, document: { holder, changed_at: at }, newKey }: FoundChange): Remark {
  const id = keyIdHex(newKey.keyId);
  const message = `key ${id} of ${holder} counts from ${at}, by a change that its earlier key signed`;
  return note('key.introduced', where, message, { holder, key_id: id });
}

function revokedNote(
  { where, document: { holder }, newKey }: FoundChange,
  { document }: FoundRevocation,
): Remark {
  const id = keyIdHex(newKey.keyId);
  const message = `key ${id} of ${holder} would be introduced by key ${document.key_id}, which was revoked: ${document.reason}`;
  return note('key-change.revoked', where, message, { holder, key_id: id });
}

function lostNote({ where, document: { holder }, newKey }: FoundChange): Remark {
  const id = keyIdHex(newKey.keyId);
  const message = `${holder} lost its key and says that it goes on with key ${id}; no earlier key signed that`;
  return note('key-change.lost', where, message, { holder, key_id: id });
}
