// Reads the documents about keys that lie in a vault (SPEC 4.9): changes that introduce new keys, and revocations. The keys that came by
// hand stay what everything rests on.
import { basename, dirname, join } from 'node:path';
import {
  KEY_CHANGE_TRUSTED_COMMENT,
  type KeyChange,
  type KeyRevocation,
} from '../../../protocol/documents/key-documents.ts';
import { keyIdHex, parsePublicKey, type PublicKey } from '../../../protocol/documents/minisign.ts';
import { equalBytes, sha256Hex } from '../../../protocol/format/bytes.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { KEYS, SIGNATURE_SUFFIX, VAULT_ID } from '../../../protocol/format/file-names.ts';
import { isReceiverId, isStationId } from '../../../protocol/format/ids.ts';
import type { Place } from './place.ts';
import { checkPolicies, type Policies } from './policy-check.ts';
import { listFolder, listSorted, oddName, type ReadFiles } from './read-files.ts';
import { below, finding, note, type Remark } from './remark.ts';
import { checkDocument, checkSignature, readDocument } from './signed-document.ts';
import { keyChangeKind, keyRevocationKind } from './document-kinds.ts';
import { revokedName, stationKeys, storeKeys, type KeyStep, type TrustedKeys } from './trusted-keys.ts';

/** Files of one holder; a key changes every few years. */
const FILES_MAX = 4096;
/** What a signature's name has after that of its document. */
const SIGNED = /(?:\.new)?\.minisig$/;
const NAMES = /^[0-9a-f]{16}\.(?:change\.json(?:\.new)?|revocation\.json)(?:\.minisig)?$/;

/** What the key documents of a place amount to. */
export interface KnownKeys {
  readonly keys: TrustedKeys;
  /** Changes that somebody with the new key signed, whether they count or not, and revocations that hold. */
  readonly changes: readonly FoundChange[];
  readonly revocations: readonly FoundRevocation[];
  /** Of both roles, by digest. */
  readonly policies: Policies['found'];
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
    ({ document: { station: of, key_id: id, revoked_at: at, compromised_since: since = null } }) =>
      [revokedName(of, id), { at, since }] as const,
  );
  const keys = { ...station.keys, revoked: new Map(revoked) };
  const followed = successionRemarks(documents.changes, keys);
  const policies = await checkPolicies(files, place, keys);
  return {
    keys: policies.keys,
    policies: policies.found,
    changes: documents.changes,
    revocations,
    remarks: [...documents.remarks, ...store.remarks, ...station.remarks, ...followed, ...policies.findings],
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

// Where documents about keys lie (SPEC 4.4, 4.13): in the folders of stations and receivers of a vault, and in the folder of keys of a kit.

/** Name of the folder in that of its holder. */

/** One folder of key documents. */
interface KeyFolder {
  readonly holder: string;
  readonly folder: string;
  readonly where: string;
  /** False where it lies outside of what is verified, and only helps: nothing is told of it. */
  readonly inPlace: boolean;
}

/** All folders of key documents that concern a place. A vault around a station or a recording helps too. Errors: only those of the machine. */
async function keyFolders(files: ReadFiles, place: Place): Promise<KeyFolder[]> {
  const { kind, path } = place;
  if (kind === 'collection') return holdersOfKit(files, path, KEYS);
  if (kind === 'spool') return []; // a station keeps none: the far end decides which keys count
  if (kind === 'vault') return holdersBelow(files, path, () => true);
  const station = kind === 'station' ? path : dirname(path);
  const name = basename(station);
  const ofKit = kind === 'recording' ? await holdersOfKit(files, station, below('..', KEYS)) : [];
  const helping = ofKit.map((found) => ({ ...found, inPlace: false }));
  if (!isStationId(name)) return helping;
  const own = { holder: name, folder: join(station, KEYS), inPlace: kind === 'station' };
  const around = (await isVault(files, dirname(station)))
    ? await holdersBelow(files, dirname(station), isReceiverId)
    : [];
  return [{ ...own, where: KEYS }, ...around.map((found) => ({ ...found, inPlace: false })), ...helping];
}

/** A kit has one folder of keys: public keys, and a folder for the documents of each holder. */
async function holdersOfKit(files: ReadFiles, kit: string, where: string): Promise<KeyFolder[]> {
  const root = join(kit, KEYS);
  const names = (await listSorted(files, root).catch(() => undefined)) ?? [];
  const found: KeyFolder[] = [];
  for (const holder of names.filter((name) => isStationId(name) || isReceiverId(name))) {
    const folder = join(root, holder);
    if ((await files.stat(folder))?.kind === 'folder')
      found.push({ holder, folder, where: below(where, holder), inPlace: true });
  }
  return found;
}

async function holdersBelow(
  files: ReadFiles,
  root: string,
  wanted: (name: string) => boolean,
): Promise<KeyFolder[]> {
  const names = (await listSorted(files, root).catch(() => undefined)) ?? []; // told by anybody who walks there
  return names
    .filter((name) => (isStationId(name) || isReceiverId(name)) && wanted(name))
    .map((name) => ({
      holder: name,
      folder: join(root, name, KEYS),
      where: below(name, KEYS),
      inPlace: true,
    }));
}

async function isVault(files: ReadFiles, path: string): Promise<boolean> {
  return (await files.stat(join(path, VAULT_ID)))?.kind === 'file';
}

// Follows changes of keys from the keys that came by hand (SPEC 4.9): a change counts only where one of them signed it, or one that such
// a change introduced.

/** Keys that count after the changes. */
interface Introduced {
  readonly keys: TrustedKeys;
  readonly remarks: readonly Remark[];
}

/** Takes change after change as long as one is signed by a key that counts by then. Errors: only those of the machine. */
async function introduceKeys(
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
  const { reason, revoked_at: at, compromised_since: since = at } = revocation;
  return reason !== 'retired' || document.changed_at > since;
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

// Checks one key change (SPEC 4.9.1): its shape, its place, and both signatures.

/** A key change whose shape, place and new signature hold. */
export interface FoundChange {
  readonly document: KeyChange;
  readonly bytes: Uint8Array;
  readonly sha256: string;
  readonly oldKey: PublicKey;
  readonly newKey: PublicKey;
  readonly folder: string;
  readonly name: string;
  readonly where: string;
  readonly inPlace: boolean;
}

/** Reads a change and verifies that somebody holds the new key. Errors: only those of the machine. */
async function readKeyChange(
  files: ReadFiles,
  { folder, where, holder, inPlace }: KeyFolder,
  name: string,
): Promise<{ readonly change: FoundChange | undefined; readonly remarks: readonly Remark[] }> {
  const read = await readDocument(files, folder, where, keyChangeKind(name));
  const { bytes, value: document } = read;
  if (bytes === undefined || document === undefined) return { change: undefined, remarks: read.remarks };
  const place = below(where, name);
  const sha256 = sha256Hex(bytes);
  const oldKey = publicKey(document.old_key);
  const newKey = publicKey(document.new_key);
  const wrong = placeRemarks(place, name, sha256, document, holder);
  if (oldKey === undefined || newKey === undefined)
    wrong.push(finding('key-change.rule', place, 'key change: one of its keys is none'));
  if (newKey === undefined || oldKey === undefined || wrong.length > 0)
    return { change: undefined, remarks: wrong };
  const signed = await checkSignature(files, folder, where, signature(`${name}.new`, [newKey]), bytes);
  const change = { document, bytes, sha256, oldKey, newKey, folder, name, where: place, inPlace };
  return { change: signed.keyId === undefined ? undefined : change, remarks: signed.remarks };
}

/** Whether one of the keys that count, and the one that the change names as the old one, signed it. */
async function checkOldSignature(
  files: ReadFiles,
  { document, bytes, oldKey, folder, name, where }: FoundChange,
  keys: readonly PublicKey[],
): Promise<{ readonly holds: boolean; readonly remarks: readonly Remark[] }> {
  const old = keys.filter((key) => equalBytes(key.keyId, oldKey.keyId) && equalBytes(key.key, oldKey.key));
  const parent = where.includes('/') ? where.slice(0, where.lastIndexOf('/')) : '.';
  const checked = await checkSignature(files, folder, parent, signature(name, old), bytes);
  return { holds: document.reason === 'planned' && checked.keyId !== undefined, remarks: checked.remarks };
}

function signature(of: string, keys: readonly PublicKey[]): Parameters<typeof checkSignature>[3] {
  const trustedComment = KEY_CHANGE_TRUSTED_COMMENT;
  return { name: 'key-change', signatureFile: `${of}.minisig`, trustedComment, keys };
}

function placeRemarks(
  place: string,
  name: string,
  sha256: string,
  document: KeyChange,
  holder: string,
): Remark[] {
  const remarks: Remark[] = [];
  if (!name.startsWith(`${sha256.slice(0, 16)}.`)) {
    const message = `key change: its SHA-256 is ${sha256}, which is not what its name says`;
    remarks.push(finding('key-change.rule', place, message, { found: sha256 }));
  }
  if (document.holder !== holder) {
    const message = `key change: it lies in the folder of ${holder} and names ${document.holder}`;
    remarks.push(
      finding('key-change.other-holder', place, message, { expected: holder, found: document.holder }),
    );
  }
  return remarks;
}

function publicKey(line: string): PublicKey | undefined {
  try {
    return parsePublicKey(line);
  } catch (error) {
    if (error instanceof DockError) return undefined;
    throw error;
  }
}

// Checks one revocation of a station's key (SPEC 4.9.3).

/** A revocation whose signature and place hold. */
interface FoundRevocation {
  readonly document: KeyRevocation;
  readonly where: string;
}

/** Checks the revocation of that name in a station's folder. Errors: only those of the machine. */
async function checkRevocation(
  files: ReadFiles,
  { folder, where, holder }: KeyFolder,
  name: string,
  keys: TrustedKeys,
): Promise<{ readonly revocation: FoundRevocation | undefined; readonly remarks: readonly Remark[] }> {
  const checked = await checkDocument(files, folder, where, keyRevocationKind(name), keys);
  const place = below(where, name);
  const { value: document, keyId } = checked;
  if (document === undefined || keyId === undefined)
    return { revocation: undefined, remarks: checked.remarks };
  if (document.station !== holder || name !== `${document.key_id}.revocation.json`) {
    const message = `revocation: it names key ${document.key_id} of station ${document.station}`;
    return { revocation: undefined, remarks: [finding('key-revocation.rule', place, message)] };
  }
  const message = `key ${document.key_id} of station ${holder} was revoked at ${document.revoked_at}: ${document.reason}`;
  const told = note('key.revoked', place, message, { key_id: document.key_id, reason: document.reason });
  return { revocation: { document, where: place }, remarks: [told] };
}

// Which keys were put aside, by changes that count (SPEC 4.9.1), and whom that concerns. Pure.

/** Changes that nobody makes who keeps to his keys: back to one that was put aside, and away from one key twice. */
function successionRemarks(found: readonly FoundChange[], { changes }: TrustedKeys): Remark[] {
  return found
    .filter(({ inPlace }) => inPlace)
    .flatMap((change) => {
      const step = keyStep(change);
      const { holder, oldKeyId, newKeyId } = step;
      const facts = { holder, key_id: newKeyId };
      if (goesBack(step, changes)) {
        const message = `key change: ${holder} goes to key ${newKeyId}, from which another change leads away`;
        return [finding('key-change.goes-back', change.where, message, facts)];
      }
      const counts = changes.some((other) => isSame(other, step));
      if (!counts || !changes.some((other) => isOther(other, step))) return [];
      const message = `key change: ${holder} goes from key ${oldKeyId} to ${newKeyId}, and to another key by another change`;
      return [finding('key-change.twice', change.where, message, facts)];
    });
}

/** A key is made again for each change, so nobody comes to one that he, or somebody else, goes away from. */
function goesBack(step: KeyStep, changes: readonly KeyStep[]): boolean {
  const away = changes.filter(({ oldKeyId }) => oldKeyId === step.newKeyId);
  if (away.some(({ holder }) => holder !== step.holder)) return true;
  const own = changes.filter((other) => other.holder === step.holder && !isSame(other, step));
  const reached = [step.newKeyId];
  for (const at of reached)
    for (const { oldKeyId, newKeyId } of own)
      if (oldKeyId === at && !reached.includes(newKeyId)) reached.push(newKeyId);
  return reached.includes(step.oldKeyId);
}

function isSame(one: KeyStep, other: KeyStep): boolean {
  return one.holder === other.holder && one.oldKeyId === other.oldKeyId && one.newKeyId === other.newKeyId;
}

function isOther(one: KeyStep, other: KeyStep): boolean {
  return one.holder === other.holder && one.oldKeyId === other.oldKeyId && one.newKeyId !== other.newKeyId;
}
