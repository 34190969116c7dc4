// Lets documents go that nobody needs any more (SPEC 10.3): those of recordings that were deleted long ago, old docking records and reports of the staff, words of the staff sooner, and the part of
// a station's log that is older than all that is left of it. Orders stay for ever.
//
// Invariants:
// 1. Nothing goes that does not hold, that has something foreign beside it, or that something younger rests on: a docking record stays as long
//    as a recording that it names, and a recording that an order is about goes with its sidecars or not at all.
// 2. Each folder is looked at again under the retention lock. A deletion record is durable in `deletions/`, where it stays for ever, and
//    `documents-dropped` is durable, before the folder goes; it goes whole, by one rename.
// 3. A cut leaves an entry about something that is still there: the next round says it again and finishes.
import { dirname, join } from 'node:path';
import type { CustodyEvent } from '../../../protocol/custody/custody-entry.ts';
import { DELETION_BYTES_MAX } from '../../../protocol/documents/deletion-record.ts';
import { orderStanding, type SignedOrder } from '../../../protocol/documents/order-standing.ts';
import { ROLES } from '../../../protocol/documents/order.ts';
import { ensureFolder, listIfThere, readIfThere, writeAnew } from '../../../protocol/format/durable.ts';
import {
  countedDays,
  freeTextDaysAt,
  holdDaysAt,
  segmentsOverMs,
} from '../../../protocol/documents/retention.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { DELETION, SIGNATURE_SUFFIX } from '../../../protocol/format/file-names.ts';
import { DockError, isDockError, isMachineShort, systemCode } from '../../../protocol/format/errors.ts';
import { isRecordingId, isSessionId, type StationId } from '../../../protocol/format/ids.ts';
import { firstEntered } from '../custody/log-read.ts';
import { appendStoreEvents, storeLogFolder } from '../custody/store-log.ts';
import { underLock } from '../vault/vault-lock.ts';
import type { RecordingName } from '../vault/vault.ts';
import { BATCH, type RetentionDeps, ROUND_MAX, SEGMENTS_LATER_MS } from './deps.ts';
import { clockDoubt, type LogMemory } from './log-memory.ts';
import { type AgedDocuments, documentAge, type DocumentAge } from './document-age.ts';
import { readOrderFolder } from './orders-read.ts';
import type { FactsKeys } from './recording-facts.ts';
import { countedUnder } from './policies.ts';
import { dropSegments } from './segments-drop.ts';
import { storeKeys } from './store-keys.ts';
import { keysFor, stationsIn } from './survey.ts';

const DAY_MS = 86_400_000;

/** What one round let go. */
export interface DroppedDocuments {
  readonly folders: number;
  readonly segments: number;
}

/**
 * Drops what is older than `documentsDays`, as long as the store's clock may decide by what the log remembers.
 * Errors: "lock.*"; those of appendStoreEvents; the system's; the signal's reason. What was begun is finished by the next call. A folder that the disk
 * does not show is an error once everything else is done: it must not keep all documents of all stations for ever.
 */
export async function dropDocuments(deps: RetentionDeps, memory: LogMemory): Promise<DroppedDocuments> {
  const store = await storeKeys(deps);
  const sum = { folders: 0, segments: 0 };
  const unread: unknown[] = [];
  for (const station of await stationsIn(deps)) {
    const one = new StationDocuments(deps, station, keysFor(deps, store, station), memory);
    try {
      const dropped = await one.drop();
      sum.folders += dropped.folders;
      sum.segments += dropped.segments;
    } catch (error) {
      if (!isOfDisk(error)) throw error;
      unread.push(error);
    }
    unread.push(...one.unread.slice(0, 1));
  }
  if (unread.length > 0) throw unread[0];
  return sum;
}

/** The documents of one station. */
class StationDocuments {
  readonly #deps: RetentionDeps;
  readonly #station: StationId;
  readonly #keys: FactsKeys;
  readonly #memory: LogMemory;
  readonly #cutoffMs: number;
  /** Why folders could not be looked at: how much of the log they rest on is not known then. */
  readonly unread: unknown[] = [];
  /** Of what does not go now: a recording with its sidecars each. */
  readonly #staying = new Set<string>();
  /** By recording. */
  readonly #families = new Map<string, string>();
  /** The oldest receipt among the folders that are left; -Infinity where one cannot be read. */
  #oldestMs = Number.POSITIVE_INFINITY;

  constructor(deps: RetentionDeps, station: StationId, keys: FactsKeys, memory: LogMemory) {
    this.#deps = deps;
    this.#station = station;
    this.#keys = keys;
    this.#memory = memory;
    this.#cutoffMs = deps.clock.wallMs() - deps.retention.documentsDays * DAY_MS;
  }

  async drop(): Promise<DroppedDocuments> {
    const { recordings, documents } = await this.#walk();
    const going = await this.#without(recordings);
    const folders = (await this.#dropAll(going)) + (await this.#dropAll(documents));
    const segments = this.#mayGo() ? await dropSegments(this.#deps, this.#station, this.#segmentsMs()) : 0;
    return { folders, segments };
  }

  /** Looks at each folder once. */
  async #walk(): Promise<Record<'recordings' | 'documents', AgedDocuments[]>> {
    const { files, layout } = this.#deps;
    const old: Record<'recordings' | 'documents', AgedDocuments[]> = { recordings: [], documents: [] };
    for (const recording of (await listIfThere(files, layout.station(this.#station))).toSorted()) {
      this.#deps.signal.throwIfAborted();
      if (!isRecordingId(recording)) continue;
      const found = await this.#look({ station: this.#station, recording });
      if (found.family !== undefined) this.#families.set(recording, found.family);
      const list = found.age === 'counts' && found.kind !== 'recording' ? old.documents : old.recordings;
      if (found.age === 'counts' && this.#isOld(found) && list.length < ROUND_MAX) list.push(found);
      else this.#stays(found);
    }
    return old;
  }

  #mayGo(): boolean {
    return clockDoubt(this.#deps, this.#memory) === null;
  }

  /** An entry of before this ends segments that may go: nothing is left of its time, and it is old enough, also by the file. */
  #segmentsMs(): number {
    const { retention, clock } = this.#deps;
    const nowMs = clock.wallMs();
    const isSaid = this.#memory.history.policies.at(-1)?.logDays !== undefined;
    const byFileMs = isSaid ? nowMs : nowMs - retention.documentsDays * DAY_MS - SEGMENTS_LATER_MS;
    const byLogMs = segmentsOverMs(this.#memory.history, nowMs);
    return Math.min(byLogMs, byFileMs, this.#oldestMs - SEGMENTS_LATER_MS);
  }

  #cutoffOf(announcedDays: number): number {
    return this.#cutoffMs - Math.max(announcedDays - this.#deps.retention.documentsDays, 0) * DAY_MS;
  }

  /** Words of the staff that came before it go (SPEC 4.16.27). */
  #textCutoffMs(receivedAt: string): number {
    return this.#deps.clock.wallMs() - freeTextDaysAt(this.#memory.history.policies, receivedAt) * DAY_MS;
  }

  /** By the days that are configured, and not sooner than by those that were announced when it came. */
  #isOld({ kind, sinceMs, named, under }: AgedDocuments): boolean {
    if (kind === 'staff-text') return sinceMs <= this.#textCutoffMs(named.received_at);
    const counted = countedUnder(this.#memory.history, under);
    const { documentsDays } = countedDays(this.#memory.history, named.received_at, counted);
    return sinceMs <= this.#cutoffOf(documentsDays);
  }

  async #look(name: RecordingName): Promise<DocumentAge> {
    try {
      return await documentAge(this.#deps, name, this.#keys);
    } catch (error) {
      if (!isOfDisk(error)) throw error;
      this.unread.push(error);
      return { age: 'stays', receivedMs: undefined };
    }
  }

  /** It decides how much of the log must stay. */
  #stays({ receivedMs, family }: DocumentAge): void {
    if (family !== undefined) this.#staying.add(family);
    this.#oldestMs = Math.min(this.#oldestMs, receivedMs ?? Number.NEGATIVE_INFINITY);
  }

  /**
   * But for recordings that an order is about, with their sidecars, of which one stays, or that was held at its deletion by the orders that name
   * itself (SPEC 10.3.14): which of them belong together, and so what an `unhold` lifted, only their manifests say.
   */
  async #without(old: readonly AgedDocuments[]): Promise<readonly AgedDocuments[]> {
    const orders = await this.#orders();
    const deletedAt = new Map<string, string | null>(
      old.map(({ recording, named }) => [recording, named.deleted_at]),
    );
    const ordered = new Set<string>();
    for (const [recording, own] of orders ?? []) {
      const family = this.#families.get(recording) ?? '';
      ordered.add(family);
      const deletedMs = Date.parse(deletedAt.get(recording) ?? '');
      if (orderStanding(own, deletedMs).hold !== undefined) this.#staying.add(family);
    }
    const stays = ({ family = '' }: AgedDocuments): boolean =>
      orders === undefined || (ordered.has(family) && this.#staying.has(family));
    for (const each of old.filter(stays)) this.#stays({ age: 'counts', ...each });
    return old.filter((each) => !stays(each));
  }

  /**
   * By recording, with the signatures that lie there, whoever's keys are in the file now: an order outlives those. Undefined where one cannot
   * be read: it may be about anything. Errors: the system's.
   */
  async #orders(): Promise<Map<string, SignedOrder[]> | undefined> {
    const { files, layout } = this.#deps;
    const folder = layout.orders(this.#station);
    const found = new Map<string, SignedOrder[]>();
    for (const name of await listIfThere(files, folder)) {
      this.#deps.signal.throwIfAborted();
      if (!isSessionId(name)) continue;
      const read = await readOrderFolder(this.#deps, join(folder, name)).catch(undefinedWhereRefused);
      if (read === undefined) return undefined;
      const { order, signatures } = read;
      const [officer = null, supervisor = null] = ROLES.map((role) =>
        signatures[role].kind === 'absent' ? null : role,
      );
      const known = found.get(order.recording) ?? [];
      const holdDays = holdDaysAt(this.#deps.policies, order.ordered_at);
      found.set(order.recording, [...known, { order, officer, supervisor, holdDays }]);
    }
    return found;
  }

  async #dropAll(old: readonly AgedDocuments[]): Promise<number> {
    let dropped = 0;
    for (let from = 0; from < old.length; from += BATCH) {
      const batch = old.slice(from, from + BATCH);
      const gone = this.#mayGo() ? await this.#dropBatch(batch) : new Set<string>();
      for (const each of batch) if (!gone.has(each.recording)) this.#stays({ age: 'counts', ...each });
      dropped += gone.size;
    }
    return dropped;
  }

  /** Whether it may go now. */
  async #mayDrop(
    name: RecordingName,
    enteredMs: ReadonlyMap<string, number>,
  ): Promise<AgedDocuments | undefined> {
    const { files, layout } = this.#deps;
    const found = await documentAge(this.#deps, name, this.#keys);
    if (found.age === 'stays') return undefined;
    const sinceMs = Math.max(found.sinceMs, enteredMs.get(found.named.deletion_sha256 ?? '') ?? 0);
    if (!this.#isOld({ ...found, sinceMs })) return undefined;
    for (const recording of found.recordings)
      if ((await files.stat(join(layout.station(this.#station), recording))) !== undefined) return undefined;
    return found;
  }

  async #dropBatch(old: readonly AgedDocuments[]): Promise<Set<string>> {
    const { files, layout } = this.#deps;
    const enteredMs = await this.#deletionsEntered(old);
    return underLock(this.#deps, layout.retentionLock, async (workFolder) => {
      const going: AgedDocuments[] = [];
      for (const each of old) {
        const found = await this.#mayDrop(each, enteredMs);
        if (found !== undefined && (await this.#keepDeletion(workFolder, found))) going.push(found);
      }
      if (going.length === 0) return new Set<string>();
      await files.syncFolder(layout.station(this.#station));
      await appendStoreEvents(this.#deps, going.map(eventOf));
      const aside = (recording: string): string => join(workFolder, recording);
      await this.#dropEvaluations(workFolder, going);
      for (const each of going) await files.rename(layout.recording(each), aside(each.recording));
      await files.syncFolder(layout.station(this.#station));
      for (const { recording } of going) await files.removeTree(aside(recording));
      return new Set<string>(going.map(({ recording }) => recording));
    });
  }

  /** Those of recordings, before their folders: a cut leaves none that the next round would not find. */
  async #dropEvaluations(workFolder: string, going: readonly AgedDocuments[]): Promise<void> {
    const { files, layout } = this.#deps;
    for (const each of going) {
      const evaluations = layout.evaluations(each);
      if (each.kind !== 'recording' || (await files.stat(evaluations)) === undefined) continue;
      await files.rename(evaluations, join(workFolder, `evaluated-${each.recording}`));
      await files.syncFolder(dirname(evaluations));
      await files.removeTree(join(workFolder, `evaluated-${each.recording}`));
    }
  }

  /** When the log named each deletion record first: after a cut, or on a full disk, days after the record was made. */
  #deletionsEntered(old: readonly AgedDocuments[]): Promise<ReadonlyMap<string, number>> {
    const named = old.flatMap(({ named: { deletion_sha256: sha256, deleted_at: at } }) =>
      sha256 === null || at === null ? [] : [{ sha256, atMs: Date.parse(at) }],
    );
    return firstEntered(
      this.#deps,
      storeLogFolder(this.#deps.vaultPath, this.#deps.receiver),
      new Set(['deleting', 'deleted']),
      named.map(({ sha256 }) => sha256),
      Math.min(...named.map(({ atMs }) => atMs)),
    );
  }

  /** False where another deletion record of that recording is kept already: none is ever replaced. */
  async #keepDeletion(workFolder: string, found: AgedDocuments): Promise<boolean> {
    if (found.kind !== 'recording') return true;
    const { files, layout } = this.#deps;
    const place = layout.keptDeletion(found);
    const known = await readIfThere(files, join(place, DELETION), DELETION_BYTES_MAX);
    if (known !== undefined) return sha256Hex(known) === found.named.deletion_sha256;
    const making = join(workFolder, `kept-${found.recording}`);
    await files.makeFolder(making);
    for (const file of [DELETION, DELETION + SIGNATURE_SUFFIX]) {
      const bytes = await files.readAll(join(layout.recording(found), file), DELETION_BYTES_MAX);
      await writeAnew(files, join(making, file), bytes);
    }
    await files.syncFolder(making);
    await ensureFolder(files, layout.deletions(this.#station));
    await files.rename(making, place);
    await files.syncFolder(layout.deletions(this.#station));
    return true;
  }
}

function undefinedWhereRefused(error: unknown): undefined {
  if (!(error instanceof DockError)) throw error;
}

/** What the disk does not show, or a log that is none of ours, is of one station. */
function isOfDisk(error: unknown): boolean {
  const isOfStation = systemCode(error) !== undefined || isDockError(error, 'store-log.oversize');
  return isOfStation && !isMachineShort(error);
}

function eventOf({ named }: AgedDocuments): CustodyEvent {
  return { event: 'documents-dropped', facts: named };
}
