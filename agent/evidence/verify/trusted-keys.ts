// The public keys that a verification trusts: files `station*.pub`, `store*.pub`, `officer*.pub`, `supervisor*.pub` and `evaluator*.pub` of one
// folder. Where the folder comes from is the caller's business; a verification is worth as much as the way by which these keys came.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readPublicKeyFile } from '../../../config/enrolment/keys.ts';
import { keyIdHex, type PublicKey } from '../../../protocol/documents/minisign.ts';
import type { Role } from '../../../protocol/documents/order.ts';
import { equalBytes } from '../../../protocol/format/bytes.ts';
import { DockError, systemCode } from '../../../protocol/format/errors.ts';
import { isReceiverId, isStationId, type StationId } from '../../../protocol/format/ids.ts';
import { NOTE_COSIGNATURE, type NoteKey, parseNoteKey } from '../../../protocol/transparency/signed-note.ts';
import type { CheckedReceipt } from './receipt-check.ts';
import { finding, type Remark } from './remark.ts';

/** Key files of one folder: stations of a town, with some to change over. */
const KEY_FILES_MAX = 10_000;
/** `station.pub` and `station.<any text>.pub`: of any station. */
const ANY_STATION = /^station(?:\.[^/]*)?\.pub$/;

/** A key with the file that it came from. */
export interface NamedKey {
  readonly file: string;
  readonly key: PublicKey;
  /** The station that the file's name pins it to: `station-<id>.pub` or `station-<id>.<any text>.pub`; else null. */
  readonly station: StationId | null;
}

/** A planned change of keys that counts; key ids in hex. */
export interface KeyStep {
  readonly holder: string;
  readonly oldKeyId: string;
  readonly newKeyId: string;
}

/** Whom a verification trusts. */
export interface TrustedKeys {
  /** Where they came from, for the report. */
  readonly folder: string;
  readonly station: readonly NamedKey[];
  readonly store: readonly NamedKey[];
  /** Who may sign orders; empty where nobody gave such keys. */
  readonly officer: readonly NamedKey[];
  readonly supervisor: readonly NamedKey[];
  /** Who may sign evaluations; the same. */
  readonly evaluator: readonly NamedKey[];
  /** Witnesses outside that cosign a store's log, and files with certificates of time-stamp authorities. */
  readonly witnesses: readonly NoteKey[];
  readonly authorities: readonly string[];
  /** Keys that verified changes introduce (SPEC 4.9), by the station or receiver that holds them; see known-keys.ts. */
  readonly introduced: ReadonlyMap<string, readonly PublicKey[]>;
  /** Planned changes that count (SPEC 4.9.1): whose holder put which key aside for which. */
  readonly changes: readonly KeyStep[];
  /** Which keys were revoked, by `revokedName`. */
  readonly revoked: ReadonlyMap<string, RevokedKey>;
}

/** Nobody is trusted. */
export const NO_KEYS: TrustedKeys = {
  folder: '.',
  station: [],
  store: [],
  officer: [],
  supervisor: [],
  evaluator: [],
  witnesses: [],
  authorities: [],
  introduced: new Map(),
  changes: [],
  revoked: new Map(),
};

/** A key that counts no more (SPEC 4.9.3). Shape: RFC 3339; `since` is null where nobody says since when somebody else may have had it. */
export interface RevokedKey {
  readonly at: string;
  readonly since: string | null;
}

/**
 * The keys of a folder.
 * Errors: "key.missing" where the folder or every `station*.pub` is missing; "key.name" where a name leaves open which station's key it is; "key.conflict" where one key id stands for two keys or one
 * key for both roles; "note.key" for a key of a witness; those of readPublicKeyFile.
 */
export async function readTrustedKeys(folder: string): Promise<TrustedKeys> {
  const names = (await listKeys(folder)).sort();
  const station = await readAll(folder, names, /^station[^/]*\.pub$/);
  const store = await readAll(folder, names, /^store[^/]*\.pub$/);
  if (station.length === 0)
    fail('key.missing', `${folder} holds no station*.pub: name the folder with the public keys with --keys`);
  const officer = await readAll(folder, names, /^officer[^/]*\.pub$/);
  const supervisor = await readAll(folder, names, /^supervisor[^/]*\.pub$/);
  const evaluator = await readAll(folder, names, /^evaluator[^/]*\.pub$/);
  refuseConflicts(folder, [station, store, officer, supervisor, evaluator]);
  return {
    ...NO_KEYS,
    folder,
    station,
    store,
    officer,
    supervisor,
    evaluator,
    witnesses: await readWitnesses(folder, names),
    authorities: names.filter((name) => /^timestamp[^/]*\.pem$/.test(name)).map((name) => join(folder, name)),
  };
}

/** Files `witness*.vkey`, one line each as C2SP signed-note writes a key. Errors: "note.key"; the system's. */
async function readWitnesses(folder: string, names: readonly string[]): Promise<NoteKey[]> {
  const files = names.filter((name) => /^witness[^/]*\.vkey$/.test(name));
  return Promise.all(
    files.map(async (name) => {
      const key = parseNoteKey((await readFile(join(folder, name), 'utf8')).trim());
      if (key.type === NOTE_COSIGNATURE) return key;
      return fail('note.key', `${join(folder, name)} is a key of notes, not of cosignatures`);
    }),
  );
}

/**
 * Keys that may sign for a station: those pinned to it by their file's name, else those pinned to none; and those that changes introduce.
 * Without a station all that are given.
 */
export function stationKeys(keys: TrustedKeys, station: string | undefined): readonly PublicKey[] {
  const pinned = keys.station.filter((named) => named.station !== null && named.station === station);
  const free = keys.station.filter((named) => named.station === null || station === undefined);
  const given = (pinned.length > 0 ? pinned : free).map(({ key }) => key);
  return [
    ...given,
    ...introducedTo(keys, (holder) => (station === undefined ? isStationId(holder) : holder === station)),
  ];
}

/** Keys that may sign for the store; and those that changes introduce. */
export function storeKeys(keys: TrustedKeys): readonly PublicKey[] {
  return [...keys.store.map(({ key }) => key), ...introducedTo(keys, isReceiverId)];
}

/** Keys that may sign orders in that role. */
export function roleKeys(keys: TrustedKeys, role: Role): readonly PublicKey[] {
  return keys[role].map(({ key }) => key);
}

/** Up to when a station's key vouches by itself (RFC 3339); undefined where it was not revoked. `keyId` in hex. */
export function trustedUntil(keys: TrustedKeys, station: string, keyId: string): string | undefined {
  const revoked = keys.revoked.get(revokedName(station, keyId));
  return revoked?.since ?? revoked?.at;
}

/** How `revoked` names a key of a station. */
export function revokedName(station: string, keyId: string): string {
  return `${station} ${keyId}`;
}

function introducedTo(keys: TrustedKeys, counts: (holder: string) => boolean): PublicKey[] {
  return [...keys.introduced].filter(([holder]) => counts(holder)).flatMap(([, fresh]) => fresh);
}

async function listKeys(folder: string): Promise<string[]> {
  try {
    const names = (await readdir(folder)).filter((name) => /\.(?:pub|vkey|pem)$/.test(name));
    if (names.length <= KEY_FILES_MAX) return names;
    return fail('key.oversize', `${folder} holds ${names.length} keys, at most ${KEY_FILES_MAX} are read`);
  } catch (error) {
    if (error instanceof DockError) throw error;
    const code = systemCode(error) ?? 'unknown error';
    return fail(
      'key.missing',
      `no public keys at ${folder} (${code}): name the folder that holds station.pub and store.pub with --keys`,
      error,
    );
  }
}

async function readAll(folder: string, names: readonly string[], wanted: RegExp): Promise<NamedKey[]> {
  const keys: NamedKey[] = [];
  for (const file of names.filter((name) => wanted.test(name)))
    keys.push({ file, key: await readPublicKeyFile(join(folder, file)), station: pinnedStation(file) });
  return keys;
}

/** A slip of the pen must not make the key of one station one of all. */
function pinnedStation(file: string): StationId | null {
  const id = /^station-([a-z0-9-]+)(?:\.[^/]*)?\.pub$/.exec(file)?.[1];
  if (id !== undefined && isStationId(id)) return id;
  if (!file.startsWith('station') || ANY_STATION.test(file)) return null;
  const names = 'station.pub or station.<any text>.pub for any station, station-<id>.pub for one';
  return fail('key.name', `${JSON.stringify(file)} does not say whose key it is: call it ${names}`);
}

/** The key is looked up by its id, so an id must mean one key; and who signs in two roles confirms himself. */
function refuseConflicts(folder: string, roles: readonly (readonly NamedKey[])[]): void {
  const known = new Map<string, { readonly named: NamedKey; readonly role: number }>();
  for (const [role, named] of roles.flatMap((keys, at) => keys.map((key) => [at, key] as const))) {
    const id = keyIdHex(named.key.keyId);
    const other = known.get(id);
    known.set(id, { named, role });
    if (other === undefined) continue;
    const same = equalBytes(other.named.key.key, named.key.key);
    if (same && other.role === role) continue;
    const why = same ? 'are one key in two roles' : `are different keys with the one id ${id}`;
    fail(
      'key.conflict',
      `${join(folder, other.named.file)} and ${named.file} ${why}: take the wrong one away`,
    );
  }
}

function fail(code: string, message: string, cause?: unknown): never {
  throw new DockError(code, message, { retry: 'person', cause });
}

// What a revoked key still vouches for (SPEC 4.9.3): what the store had receipted before. One rule for all who read documents. Pure.

/** A document of a station: who signed it, and the receipt beside it. */
interface SignedByStation {
  readonly station: string;
  /** Hex id of the key whose signature holds. */
  readonly keyId: string;
  readonly receipt: Pick<CheckedReceipt, 'confirms' | 'value'>;
}

const WORDS = {
  manifest: 'manifest',
  docking: 'docking record',
  'staff-report': 'staff report',
  'staff-text': 'staff text',
} as const;

/** The finding for a document for which a revoked key alone vouches: no receipt from before confirms it, or one from when somebody else may have had the key. `where` is its path. */
export function revokedRemarks(
  kind: keyof typeof WORDS,
  where: string,
  keys: TrustedKeys,
  { station, keyId, receipt: { confirms, value } }: SignedByStation,
): Remark[] {
  const revoked = keys.revoked.get(revokedName(station, keyId));
  if (revoked === undefined) return [];
  const { at, since } = revoked;
  const receivedAt = confirms ? value?.received_at : undefined;
  if (receivedAt !== undefined && receivedAt < (since ?? at)) return [];
  const signed = `${WORDS[kind]}: signed by key ${keyId}, which was revoked at ${at}`;
  if (receivedAt === undefined || receivedAt >= at || since === null) {
    const message = `${signed}; no receipt from before confirms it`;
    return [finding(`${kind}.revoked-key`, where, message, { key_id: keyId, revoked_at: at })];
  }
  const message = `${signed}, and received at ${receivedAt}, when somebody else may have had the key: since ${since}`;
  return [finding(`${kind}.doubtful-key`, where, message, { key_id: keyId, compromised_since: since })];
}
