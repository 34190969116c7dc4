// What shows only once everything of a place was read: chains, sidecars, dockings, and what the custody logs say of documents.
import { join } from 'node:path';
import type { DockingRecord } from '../../../protocol/documents/docking-record.ts';
import { keyIdHex } from '../../../protocol/documents/minisign.ts';
import { CaptureCheck } from './capture-check.ts';
import { chainRemark, checkChains } from './chain-check.ts';
import { DOCKING_KIND } from './document-kinds.ts';
import {
  checkEntries,
  type DockingGroup,
  dockingOrderRemarks,
  DockingRecordings,
  groupDockings,
  isSame,
  type ProvenPart,
  unlistedRecordings,
  unnamedRecordings,
} from './docking-groups.ts';
import { dockingLogRemarks, dockingStayRemarks, type StationLog } from './docking-log.ts';
import type { KnownKeys } from './known-keys.ts';
import { accountRemarks, missingDocument, missingDocuments } from './log-account.ts';
import type { PlaceFacts } from './place-facts.ts';
import type { PlaceLogs } from './place-logs.ts';
import { type Extent, extentOf, type Place } from './place.ts';
import type { ReadFiles } from './read-files.ts';
import { checkSidecars } from './recording-check.ts';
import type { Remark } from './remark.ts';
import { readDocument } from './signed-document.ts';
import { revokedName, type TrustedKeys } from './trusted-keys.ts';

/** All that was read. */
export interface BetweenContext {
  readonly files: ReadFiles;
  readonly place: Place;
  readonly keys: TrustedKeys;
  readonly known: Pick<KnownKeys, 'changes'>;
  readonly facts: PlaceFacts;
  readonly logs: PlaceLogs;
  readonly signal: AbortSignal;
}

/** Compares the documents of a place with each other and with its logs. */
export class PlaceBetween {
  readonly #context: BetweenContext;
  readonly #kind: 'vault' | 'spool';
  readonly #extent: Extent;
  readonly #complete: boolean;

  constructor(context: BetweenContext) {
    this.#context = context;
    const { kind } = context.place;
    this.#extent = extentOf(context.place);
    this.#kind = kind === 'spool' ? 'spool' : 'vault';
    this.#complete = kind !== 'collection';
  }

  /** Every remark, in the order in which it is found. Errors: the signal's reason; those of the machine. */
  async *remarks(): AsyncGenerator<Remark, void, undefined> {
    const { facts, logs } = this.#context;
    yield* checkSidecars(facts.joined());
    yield* this.#chains();
    const { groups, remarks } = groupDockings(facts.dockings.values(), {
      complete: this.#complete,
      kind: this.#kind,
      logs: logs.stations,
      dropped: logs.store.dropped,
    });
    yield* remarks;
    yield* dockingOrderRemarks(facts.dockings.values());
    yield* dockingStayRemarks(groups);
    yield* this.#entries(groups);
    for (const log of logs.stations) {
      yield* this.#account(log);
      yield* dockingLogRemarks(log, groups, this.#extent);
    }
  }

  *#chains(): Generator<Remark> {
    const { facts, logs } = this.#context;
    const context = {
      complete: this.#complete,
      kind: this.#kind,
      whereIs: (name: string, chain?: string) => facts.whereIs(name, chain),
      superseded: facts.superseded,
      dropped: logs.store.droppedDigests,
      accounts: logs.stations.map(({ documents }) => documents),
      fromTheStart: logs.stations.every(({ fromTheStart }) => fromTheStart),
    };
    for (const fault of checkChains(facts.links())) yield chainRemark(fault, { ...context, of: 'chain' });
    for (const fault of checkChains(facts.dockingLinks()))
      yield chainRemark(fault, { ...context, of: 'docking-chain' });
  }

  async *#entries(groups: readonly DockingGroup[]): AsyncGenerator<Remark> {
    const { facts, logs, signal } = this.#context;
    const dropped = logs.store.dropped;
    const context = { facts, dropped, complete: this.#complete, kind: this.#kind, logs: logs.stations };
    const recordings = new DockingRecordings(context);
    const captures = new CaptureCheck(groups, this.#newKeys());
    const wrong: Remark[] = [];
    for (const group of groups) {
      signal.throwIfAborted();
      yield* await checkEntries(group, {
        read: (part) => this.#readAgain(part),
        visit: (entry, part) => {
          const held = facts.recordings.get(entry.recording ?? '', part.station);
          wrong.push(...captures.remarks(entry, group, held));
          recordings.take(entry, part);
        },
      });
    }
    yield* wrong;
    yield* recordings.remarks();
    for (const absent of recordings.missing)
      if (!(await this.#cameMeanwhile(absent.recording, absent.part.where)))
        yield recordings.missingRemark(absent);
    yield* unlistedRecordings(groups, context);
    yield* unnamedRecordings(context);
  }

  /** Keys that stations changed to; a spool and loose folders need not show all of them. */
  #newKeys(): ReadonlySet<string> | undefined {
    if (this.#context.place.kind === 'spool' || !this.#complete) return undefined;
    const { known, logs } = this.#context;
    const changed = known.changes.map(({ newKey }) => keyIdHex(newKey.keyId));
    return new Set([...changed, ...logs.stations.flatMap(({ newKeys }) => [...newKeys])]);
  }

  /** The document of a part that was verified before; undefined where it is another one by now. */
  async #readAgain(part: ProvenPart): Promise<DockingRecord | undefined> {
    const { files, place } = this.#context;
    const read = await readDocument(files, join(place.path, part.where), part.where, DOCKING_KIND);
    return read.bytes !== undefined && isSame(read.bytes, part) ? read.value : undefined;
  }

  async *#account({ where, station, documents, fromTheStart, putAside }: StationLog): AsyncGenerator<Remark> {
    const { facts, logs, keys } = this.#context;
    const { superseded } = facts;
    const held = facts.heldOf(station);
    const question = {
      where,
      account: documents,
      held,
      superseded,
      dropped: logs.store.dropped,
      kind: this.#extent,
      fromTheStart,
      putAside,
      isRevoked: (keyId: string) => keys.revoked.has(revokedName(station ?? '', keyId)),
    };
    for (const name of missingDocuments(question))
      if (!(await this.#cameMeanwhile(name, where))) yield missingDocument(where, name, documents);
    yield* accountRemarks(question);
  }

  /** Logs and entries are read after the folders: a living vault or spool may have taken one in between. */
  async #cameMeanwhile(name: string, where: string): Promise<boolean> {
    const { files, place } = this.#context;
    const spool = this.#kind === 'spool';
    const base = spool ? place.path : join(place.path, where, '..');
    const folders = spool ? ['ready', 'released', 'dockings', 'reports', 'texts'] : ['.'];
    for (const folder of folders)
      if ((await files.stat(join(base, folder, name)))?.kind === 'folder') return true;
    return false;
  }
}
