// Reads the documents about keys that lie in a vault (SPEC 4.9): changes that introduce new keys, and revocations. The keys that came by
// hand stay what everything rests on.
import { isReceiverId } from '../../../protocol/format/ids.ts';
import { SIGNATURE_SUFFIX } from '../../../protocol/format/file-names.ts';
import { oddName } from './folder-names.ts';
import { readKeyChange, type FoundChange } from './key-change-check.ts';
import { keyFolders, type KeyFolder } from './key-folders.ts';
import { introduceKeys } from './key-introductions.ts';
import { successionRemarks } from './key-succession.ts';
import { checkRevocation, type FoundRevocation } from './key-revocation-check.ts';
import type { Place } from './place.ts';
import { listFolder, type ReadFiles } from './read-files.ts';
import { below, finding, type Remark } from './remark.ts';
import { revokedName, type TrustedKeys } from './trusted-keys.ts';

/** Files of one holder; a key changes every few years. */
const FILES_MAX = 4096;
/** What a signature's name has behind that of its document. */
const SIGNED = /(?:\.new)?\.minisig$/;
const NAMES = /^[0-9a-f]{16}\.(?:change\.json(?:\.new)?|revocation\.json)(?:\.minisig)?$/;

/** What the key documents of a place amount to. */
export interface KnownKeys {
  readonly keys: TrustedKeys;
  /** Changes that somebody with the new key signed, whether they count or not, and revocations that hold. */
  readonly changes: readonly FoundChange[];
  readonly revocations: readonly FoundRevocation[];
  readonly remarks: readonly Remark[];
}

/** The trusted keys with those that the place's own documents introduce or revoke. Errors: only those of the machine. */
export async function knownKeys(files: ReadFiles, place: Place, trusted: TrustedKeys): Promise<KnownKeys> {
  const documents = new KeyDocuments(files);
  for (const folder of await keyFolders(files, place)) await documents.read(folder);
  const changesOf = (receiver: boolean): FoundChange[] =>
    documents.changes.filter(({ document }) => isReceiverId(document.holder) === receiver);
  const store = await introduceKeys(files, changesOf(true), trusted, []);
  const revocations = await documents.revocations(store.keys);
  const station = await introduceKeys(files, changesOf(false), store.keys, revocations);
  const revoked = revocations.map(
    ({ document: { station: of, key_id: id, revoked_at: at } }) => [revokedName(of, id), at] as const,
  );
  const keys = { ...station.keys, revoked: new Map(revoked) };
  const followed = successionRemarks(documents.changes, keys);
  return {
    keys,
    changes: documents.changes,
    revocations,
    remarks: [...documents.remarks, ...store.remarks, ...station.remarks, ...followed],
  };
}

/** Gathers the documents of all holders. */
class KeyDocuments {
  readonly #files: ReadFiles;
  readonly changes: FoundChange[] = [];
  readonly remarks: Remark[] = [];
  readonly #revocations: { readonly folder: KeyFolder; readonly name: string }[] = [];

  constructor(files: ReadFiles) {
    this.#files = files;
  }

  async read(folder: KeyFolder): Promise<void> {
    const names = await listFolder(this.#files, folder.folder, folder.where);
    if (names === undefined) return;
    if (!Array.isArray(names)) return this.#tell(folder, [names]);
    if (names.length > FILES_MAX) {
      const message = `${names.length} files, at most ${FILES_MAX} are read`;
      this.#tell(folder, [finding('key-change.rule', folder.where, message)]);
    }
    const taken = names.slice(0, FILES_MAX);
    for (const name of taken) await this.#take(folder, name);
    this.#tell(folder, aloneIn(folder, new Set(taken)));
  }

  /** Revocations that hold with these keys of the store. */
  async revocations(keys: TrustedKeys): Promise<FoundRevocation[]> {
    const held: FoundRevocation[] = [];
    for (const { folder, name } of this.#revocations) {
      const checked = await checkRevocation(this.#files, folder, name, keys);
      this.#tell(folder, checked.remarks);
      if (checked.revocation !== undefined) held.push(checked.revocation);
    }
    return held;
  }

  async #take(folder: KeyFolder, name: string): Promise<void> {
    if (!NAMES.test(name)) this.#tell(folder, [oddName(folder.where, name, (whole) => NAMES.test(whole))]);
    else if (name.endsWith('.revocation.json')) this.#revocations.push({ folder, name });
    else if (name.endsWith('.change.json')) {
      const { change, remarks } = await readKeyChange(this.#files, folder, name);
      this.#tell(folder, remarks);
      if (change !== undefined) this.changes.push(change);
    }
  }

  #tell({ inPlace }: KeyFolder, remarks: readonly Remark[]): void {
    if (inPlace) this.remarks.push(...remarks);
  }
}

/** Signatures whose document is gone. */
function aloneIn({ where }: KeyFolder, names: ReadonlySet<string>): Remark[] {
  const alone = [...names].filter(
    (name) => NAMES.test(name) && name.endsWith(SIGNATURE_SUFFIX) && !names.has(name.replace(SIGNED, '')),
  );
  return alone.map((name) =>
    finding(
      'keys.signature-alone',
      below(where, name),
      `${name} lies here without the document that it signs`,
    ),
  );
}
