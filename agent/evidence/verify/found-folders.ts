// Walks over a place and gives the folders that are to be verified, with what is expected of each. Names what does not belong there.
import { basename, join } from 'node:path';
import {
  CUSTODY,
  DELETIONS,
  DOCKING,
  EVALUATIONS,
  KEYS,
  LOG,
  MANIFEST,
  ORDERS,
  POLICIES,
  REPORT,
  RESTORED,
  TEXT,
  VAULT_ID,
  WITNESS,
} from '../../../protocol/format/file-names.ts';
import type { StaffKind } from '../../../protocol/documents/staff-report.ts';
import { isReceiverId, isRecordingId, isStationId } from '../../../protocol/format/ids.ts';
import { DISCLOSURES } from './disclosure-check.ts';
import { KIT_FOLDERS, type Place } from './place.ts';
import {
  KIT_FINDINGS,
  listFolder,
  listSorted,
  oddNames,
  type ReadFiles,
  statFile,
  unexpected,
} from './read-files.ts';
import { below, finding, note, quoted, type Remark, type RemarkCode } from './remark.ts';

/** Other entries of a kit that are named; the rest is counted. */
const NAMED_MAX = 16;

/** A recording's folder. */
export interface FoundRecording {
  readonly folder: string;
  readonly where: string;
  readonly name: string;
  readonly state: 'sealed' | 'released';
  /** The station in whose folder it lies. */
  readonly station: string | undefined;
}

/** The folder of one part of a docking record. */
export interface FoundDocking {
  readonly folder: string;
  readonly where: string;
  readonly name: string;
  /** The station in whose folder it lies. */
  readonly station: string | undefined;
}

/** The folder of a report or a text of the staff. */
export interface FoundStaff extends FoundDocking {
  readonly document: StaffKind;
}

/** A folder of custody segments. */
export interface FoundCustody {
  readonly folder: string;
  readonly where: string;
  readonly station: string | undefined;
}

/** A folder of orders. */
export interface FoundOrders {
  readonly folder: string;
  readonly where: string;
  /** Undefined in a kit, which has one folder for those of all stations. */
  readonly station: string | undefined;
}

/** A folder of evaluations. */
export interface FoundEvaluations extends FoundCustody {
  readonly station: string;
}

/** The folder of a deletion record of which the other documents were dropped. */
export interface FoundKept {
  readonly folder: string;
  readonly where: string;
  readonly name: string;
  readonly station: string;
}

/** The folders of a receiver: its own log, what it says of restorations. In a kit they lie apart. */
export interface FoundReceiver {
  readonly receiver: string;
  readonly custody: CustodyFolder;
  readonly restored: CustodyFolder | undefined;
}

/** One thing that a walk came upon. */
export type Found =
  | ({ readonly kind: 'recording' } & FoundRecording)
  | ({ readonly kind: 'docking' } & FoundDocking)
  | ({ readonly kind: 'staff' } & FoundStaff)
  | ({ readonly kind: 'custody' } & FoundCustody)
  | ({ readonly kind: 'orders' } & FoundOrders)
  | ({ readonly kind: 'evaluations' } & FoundEvaluations)
  | ({ readonly kind: 'kept' } & FoundKept)
  | ({ readonly kind: 'receiver' } & FoundReceiver)
  | { readonly kind: 'remark'; readonly remark: Remark };

/** Everything in the place, recordings in the order of their names. Errors: only those of the machine. */
export async function* walkPlace(files: ReadFiles, place: Place): AsyncGenerator<Found, void, undefined> {
  const walk = new Walk(files, place.path);
  switch (place.kind) {
    case 'recording':
      yield await walk.either('.', basename(place.path));
      return;
    case 'collection':
      yield* walk.collection();
      return;
    case 'station':
      yield* walk.station('.', basename(place.path));
      return;
    case 'vault':
      yield* walk.vault();
      return;
    case 'spool':
      yield* walk.spool();
      return;
  }
}

/** Orders and kept deletion records of all stations of a vault. Errors: only those of the machine. */
export async function* keptAndOrders(
  files: ReadFiles,
  vault: string,
): AsyncGenerator<Found, void, undefined> {
  const walk = new Walk(files, vault);
  for (const station of ((await listSorted(files, vault)) ?? []).filter(isStationId))
    yield* walk.keptAndOrders(station);
}

class Walk {
  readonly #files: ReadFiles;
  readonly #root: string;

  constructor(files: ReadFiles, root: string) {
    this.#files = files;
    this.#root = root;
  }

  recording(where: string, name: string, station?: string, state: FoundRecording['state'] = 'sealed'): Found {
    return { kind: 'recording', folder: join(this.#root, where), where, name, state, station };
  }

  docking(where: string, name: string, station?: string): Found {
    return { kind: 'docking', folder: join(this.#root, where), where, name, station };
  }

  staff(document: StaffKind, where: string, name: string, station?: string): Found {
    return { kind: 'staff', document, folder: join(this.#root, where), where, name, station };
  }

  /** Recordings and other documents lie side by side, and only what is in a folder tells one from the other. */
  async either(where: string, name: string, station?: string): Promise<Found> {
    const has = async (file: string): Promise<boolean> =>
      (await statFile(this.#files, join(this.#root, where, file))).kind !== 'missing';
    if (await has(DOCKING)) return this.docking(where, name, station);
    for (const [document, file] of STAFF_FILES)
      if (!(await has(MANIFEST)) && (await has(file))) return this.staff(document, where, name, station);
    return this.recording(where, name, station);
  }

  async *collection(): AsyncGenerator<Found> {
    const names = yield* this.#list('.');
    for (const name of names.filter(isRecordingId)) yield await this.either(name, name);
    if (names.includes(KIT_FINDINGS)) yield { kind: 'remark', remark: kitFindings() };
    if (names.includes(ORDERS)) yield this.#orders(ORDERS, undefined);
    yield* this.#kitLogs();
    const others = names.filter((name) => !isRecordingId(name) && !KIT_FOLDERS.has(name));
    const [named, more] = [others.slice(0, NAMED_MAX).map(quoted), others.length - NAMED_MAX];
    const message = `not looked at: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
    if (others.length > 0) yield remark('folder.not-checked', '.', message, others.length);
  }

  /** A kit has a folder for the logs, and in it one for each keeper (SPEC 4.13.5). */
  async *#kitLogs(): AsyncGenerator<Found> {
    const logs = yield* this.#list(LOG);
    yield* this.#oldWitnesses(WITNESS);
    for (const name of logs)
      if (isStationId(name)) yield this.#custody(below(LOG, name), name);
      else if (!isReceiverId(name)) yield { kind: 'remark', remark: unexpected(LOG, name) };
    for (const receiver of logs.filter(isReceiverId))
      yield {
        kind: 'receiver',
        receiver,
        custody: this.#folder(below(LOG, receiver)),
        restored: undefined,
      };
  }

  /** What versions up to 0.1.0 made of each day (SPEC 4.10). */
  async *#oldWitnesses(where: string): AsyncGenerator<Found> {
    const entries = (yield* this.#list(where)).length;
    if (entries > 0)
      yield remark(
        'witness.not-judged',
        where,
        `${entries} witnesses of days lie here, of an older version`,
        entries,
      );
  }

  async *station(where: string, station: string): AsyncGenerator<Found> {
    const names = yield* this.#list(where);
    for (const name of names) {
      if (isRecordingId(name)) yield await this.either(below(where, name), name, station);
      else if (name === ORDERS) yield this.#orders(below(where, name), station);
      else if (name === EVALUATIONS)
        yield { kind: 'evaluations', ...this.#folder(below(where, name)), station };
      else if (name === DELETIONS) yield* this.#kept(below(where, name), station);
      else if (!STATION_NAMES.has(name)) yield { kind: 'remark', remark: unexpected(where, name) };
    }
    yield this.#custody(below(where, CUSTODY), station);
  }

  async *keptAndOrders(station: string): AsyncGenerator<Found> {
    yield this.#orders(below(station, ORDERS), station);
    yield* this.#kept(below(station, DELETIONS), station);
  }

  async *vault(): AsyncGenerator<Found> {
    for (const name of yield* this.#list('.')) {
      if (name === '.incoming') yield* this.#unfinished(name);
      else if (name === '.quarantine') yield* this.#count(name, 'vault.quarantined', 'entries set aside');
      else if (isStationId(name)) yield* this.station(name, name);
      else if (isReceiverId(name)) yield* this.#receiver(name);
      else if (!VAULT_NAMES.has(name))
        for (const each of oddNames('.', [name], VAULT_NAMES)) yield { kind: 'remark', remark: each };
    }
  }

  async *spool(): AsyncGenerator<Found> {
    // Released ones last: a running agent moves recordings from ready to released, never back.
    for (const [folder, state] of [
      ['ready', 'sealed'],
      ['released', 'released'],
    ] as const)
      for (const name of yield* this.#list(folder)) {
        if (isRecordingId(name)) yield this.recording(below(folder, name), name, undefined, state);
        else yield { kind: 'remark', remark: unexpected(folder, name) };
      }
    for (const name of yield* this.#list('dockings')) {
      if (isRecordingId(name)) yield this.docking(below('dockings', name), name);
      else yield { kind: 'remark', remark: unexpected('dockings', name) };
    }
    for (const [document, file] of STAFF_FILES) {
      const folder = `${file.slice(0, -'.json'.length)}s`;
      for (const name of yield* this.#list(folder)) {
        if (isRecordingId(name)) yield this.staff(document, below(folder, name), name);
        else yield { kind: 'remark', remark: unexpected(folder, name) };
      }
    }
    yield* this.#count('staging', 'spool.unfinished', 'unfinished sealings');
    yield* this.#count('quarantine', 'spool.quarantined', 'entries set aside');
    yield this.#custody(CUSTODY);
  }

  async *#receiver(receiver: string): AsyncGenerator<Found> {
    for (const name of yield* this.#list(receiver))
      if (!RECEIVER_NAMES.has(name)) yield { kind: 'remark', remark: unexpected(receiver, name) };
    yield* this.#oldWitnesses(below(receiver, WITNESS));
    yield {
      kind: 'receiver',
      receiver,
      custody: this.#folder(below(receiver, CUSTODY)),
      restored: this.#folder(below(receiver, RESTORED)),
    };
  }

  async *#kept(where: string, station: string): AsyncGenerator<Found> {
    for (const name of yield* this.#list(where)) {
      const at = below(where, name);
      yield { kind: 'kept', folder: join(this.#root, at), where: at, name, station };
    }
  }

  #orders(where: string, station: string | undefined): Found {
    return { kind: 'orders', ...this.#folder(where), station };
  }

  #custody(where: string, station?: string): Found {
    return { kind: 'custody', ...this.#folder(where), station };
  }

  #folder(where: string): CustodyFolder {
    return { folder: join(this.#root, where), where };
  }

  async *#list(where: string): AsyncGenerator<Found, string[]> {
    const names = await listFolder(this.#files, join(this.#root, where), where);
    if (names === undefined || Array.isArray(names)) return names ?? [];
    yield { kind: 'remark', remark: names };
    return [];
  }

  async *#unfinished(where: string): AsyncGenerator<Found> {
    let count = 0;
    for (const station of yield* this.#list(where))
      count += (yield* this.#list(below(where, station))).filter(isRecordingId).length;
    if (count > 0) yield remark('vault.unfinished', where, `${count} unfinished recordings`, count);
  }

  async *#count(where: string, code: RemarkCode, words: string): AsyncGenerator<Found> {
    const count = (yield* this.#list(where)).length;
    if (count > 0) yield remark(code, where, `${count} ${words}`, count);
  }
}

/** Of each kind, its file; its folder in a spool is the plural. */
const STAFF_FILES = [
  ['staff-report', REPORT],
  ['staff-text', TEXT],
] as const;
const VAULT_NAMES: ReadonlySet<string> = new Set([
  VAULT_ID,
  POLICIES,
  '.incoming',
  '.leases',
  '.quarantine',
  '.dockings',
  DISCLOSURES,
  '.missing',
  'lost+found',
]);
/** Besides recordings and docking records. */
const STATION_NAMES: ReadonlySet<string> = new Set([CUSTODY, DELETIONS, KEYS, ORDERS]);
const RECEIVER_NAMES: ReadonlySet<string> = new Set([CUSTODY, KEYS, LOG, RESTORED, WITNESS]);

function remark(code: RemarkCode, where: string, message: string, count: number): Found {
  return { kind: 'remark', remark: note(code, where, message, { entries: count }) };
}

function kitFindings(): Remark {
  const message = `${KIT_FINDINGS} lies here and names what did not hold when the kit was made`;
  return finding('kit.findings', KIT_FINDINGS, message);
}

// Where the custody logs of a vault lie: one folder for each keeper, a station or a receiver.

/** A folder. `where`: its path below the place. */
export interface CustodyFolder {
  readonly folder: string;
  readonly where: string;
}

/** Where the log of a station or receiver lies, or would. */
export function custodyFolder(vault: string, keeper: string): CustodyFolder {
  return { folder: join(vault, keeper, CUSTODY), where: below(keeper, CUSTODY) };
}

/** Those of all stations of a vault, by name. Errors: the machine's. */
export async function stationCustodies(
  files: ReadFiles,
  vault: string,
): Promise<(CustodyFolder & { readonly station: string })[]> {
  const names = (await listSorted(files, vault)) ?? [];
  return names.filter(isStationId).map((station) => ({ station, ...custodyFolder(vault, station) }));
}
