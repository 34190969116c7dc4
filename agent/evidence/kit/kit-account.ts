// Compares what goes into a kit with the logs of its vault, with the same code as `bodydock verify`: what the logs say was there and was
// taken away or exchanged since. Documents by themselves are kit-check.ts.
//
// The logs of the stations and receivers concerned are read whole: a kit is worth no more than the log that vouches for it. Of what they
// and the store's log say of documents only what is about the kit counts; whether the store was allowed to delete is left to `verify`,
// which alone knows all recordings that an order may be about.
import { basename, join } from 'node:path';
import { isReceiverId } from '../../../protocol/format/ids.ts';
import { accountRemarks, missingDocument, missingDocuments } from '../verify/account-check.ts';
import { custodyFolder, stationCustodies, type CustodyFolder } from '../verify/custody-folders.ts';
import { groupDockings } from '../verify/docking-groups.ts';
import { dockingLogRemarks } from '../verify/docking-log.ts';
import { keyLogRemarks } from '../verify/key-logs.ts';
import type { KnownKeys } from '../verify/known-keys.ts';
import { checkOrders } from '../verify/order-check.ts';
import type { Place } from '../verify/place.ts';
import type { PlaceFacts } from '../verify/place-facts.ts';
import { PlaceLogs } from '../verify/place-logs.ts';
import { storeRemarks } from '../verify/place-store.ts';
import { listSorted } from '../verify/read-files.ts';
import { below, type Remark } from '../verify/remark.ts';
import type { StationLog } from '../verify/station-log.ts';
import { noTotals } from '../verify/totals.ts';
import { checkWitnesses, type FoundWitness } from '../verify/witness-check.ts';
import { dayOf } from '../../../protocol/custody/witness.ts';
import { ORDERS, WITNESS } from '../../../protocol/format/file-names.ts';
import type { KitCheck } from './kit-check.ts';
import type { KitParts } from './kit-parts.ts';

/** What is compared. `facts` are those of the kit's own documents, and of no others. */
export interface AccountCheck extends KitCheck {
  readonly place: Place;
  readonly known: KnownKeys;
  readonly facts: PlaceFacts;
  /** Time of the comparison, ms since 1970. */
  readonly nowMs: number;
}

/** Every difference between the logs and what goes into the kit. Errors: the signal's reason; those of the machine. */
export async function checkAccount(parts: KitParts, check: AccountCheck): Promise<Remark[]> {
  return new Account(parts, check).remarks();
}

/** Remarks about which nothing was told before: a segment or witness that lies in the kit goes by another path there. */
export function notTold(remarks: readonly Remark[], told: readonly Remark[]): Remark[] {
  const known = new Set(told.map(nameOf));
  return remarks.filter((remark) => !known.has(nameOf(remark)));
}

function nameOf({ code, where }: Remark): string {
  return `${code} ${basename(where)}`;
}

class Account {
  readonly #parts: KitParts;
  readonly #check: AccountCheck;
  readonly #stations: ReadonlySet<string>;
  readonly #recordings: ReadonlySet<string>;
  readonly #dockings: ReadonlySet<string>;

  constructor(parts: KitParts, check: AccountCheck) {
    this.#parts = parts;
    this.#check = check;
    const { asked, askedDockings, sidecars, dockings } = parts;
    const recordings = [...asked, ...sidecars];
    this.#stations = new Set([...recordings, ...askedDockings].map(({ station }) => station));
    this.#recordings = new Set(recordings.map(({ recording }) => recording));
    this.#dockings = new Set<string>([
      ...askedDockings.map(({ docking }) => docking),
      ...recordings.flatMap(({ manifest }) => manifest?.docking ?? []),
      ...dockings.map(({ document }) => document.docking),
    ]);
  }

  async remarks(): Promise<Remark[]> {
    const { known } = this.#check;
    const witnesses = await this.#witnesses();
    const stations = await stationCustodies(this.#check.files, this.#check.place.path);
    const logs = new PlaceLogs({ ...this.#check, kind: 'vault', witnesses, stations });
    const remarks: Remark[] = [];
    for (const receiver of await this.#receivers())
      remarks.push(...(await logs.readStore(receiver, this.#custody(receiver))));
    for (const station of this.#stations)
      remarks.push(...(await logs.readStation({ ...this.#custody(station), station })));
    remarks.push(...keyLogRemarks(known, logs, 'vault').filter((remark) => this.#isOfKey(remark)));
    for (const log of logs.stations) remarks.push(...(await this.#documents(log, logs)));
    remarks.push(...this.#docked(logs), ...(await this.#store(logs, witnesses)));
    return remarks;
  }

  #custody(keeper: string): CustodyFolder {
    return custodyFolder(this.#check.place.path, keeper);
  }

  async #receivers(): Promise<string[]> {
    const { files, place } = this.#check;
    return ((await listSorted(files, place.path)) ?? []).filter(isReceiverId);
  }

  /** What does not hold of those that lie in the kit is told with its documents. */
  async #witnesses(): Promise<FoundWitness[]> {
    const witnesses: FoundWitness[] = [];
    for (const receiver of await this.#receivers()) {
      const folder = join(this.#check.place.path, receiver, WITNESS);
      const question = { ...this.#check, folder, where: below(receiver, WITNESS), receiver };
      witnesses.push(...(await checkWitnesses(question)).witnesses);
    }
    return witnesses;
  }

  #isOfKey({ where, facts: { key } }: Remark): boolean {
    const [holder = ''] = typeof key === 'string' ? key.split(' ') : where.split('/');
    return this.#stations.has(holder) || isReceiverId(holder);
  }

  /** What the station's log says of recordings, and of all parts of the records of their dockings. */
  async #documents(log: StationLog, { store }: PlaceLogs): Promise<Remark[]> {
    const { where, station, documents: account, fromTheStart, putAside } = log;
    const records = [...this.#dockings].flatMap((docking) => [
      ...(log.dockings.of(docking)?.records.values() ?? []),
    ]);
    const ids = new Set([...this.#recordings, ...records.map(({ record }) => record)]);
    const question = {
      where,
      account,
      held: this.#check.facts.heldOf(station),
      superseded: this.#check.facts.superseded,
      dropped: store.dropped,
      kind: 'vault',
      fromTheStart,
      putAside,
    } as const;
    const remarks: Remark[] = [];
    for (const name of missingDocuments(question))
      if (ids.has(name) && !(await this.#cameMeanwhile(station, name)))
        remarks.push(missingDocument(where, name, account));
    const isOurs = ({ facts: { recording } }: Remark): boolean =>
      typeof recording !== 'string' || ids.has(recording);
    return [...remarks, ...accountRemarks(question).filter(isOurs)];
  }

  /** The log is read behind the folders: a living vault may have taken one in between. */
  async #cameMeanwhile(station: string | undefined, name: string): Promise<boolean> {
    const { files, place } = this.#check;
    return (await files.stat(join(place.path, station ?? '', name)))?.kind === 'folder';
  }

  /** What a log says of dockings; that parts of a record are missing is told without it, too. */
  #docked({ stations, store }: PlaceLogs): Remark[] {
    const context = { complete: true, kind: 'vault', logs: stations, dropped: store.dropped } as const;
    const { groups, remarks } = groupDockings(this.#check.facts.dockings.values(), context);
    const logged = stations.flatMap((log) => dockingLogRemarks(log, groups));
    return [
      ...remarks.filter(({ code }) => code !== 'docking.part-missing'),
      ...logged.filter(({ facts: { docking } }) => this.#dockings.has(String(docking))),
    ];
  }

  async #store(logs: PlaceLogs, witnesses: readonly FoundWitness[]): Promise<Remark[]> {
    const { place } = this.#check;
    const orders = [];
    for (const station of this.#stations) {
      const folder = join(place.path, station, ORDERS);
      const question = { ...this.#check, folder, where: below(station, ORDERS), station };
      orders.push(...(await checkOrders(question)).orders);
    }
    const about = orders.filter(({ order }) => this.#recordings.has(order.recording));
    const ours = new Set(about.map(({ where }) => where));
    const remarks: Remark[] = [];
    const changed = new Set(this.#check.known.changes.map(({ document }) => document.holder));
    const read = { ...this.#check, logs, orders, witnesses, restored: [], changed };
    for await (const remark of storeRemarks(read, noTotals()))
      if (this.#isOfStore(remark, ours)) remarks.push(remark);
    return remarks;
  }

  /** Of all that concerns what the store did only what a few recordings of a vault show, too. */
  #isOfStore({ code, where, facts }: Remark, orders: ReadonlySet<string>): boolean {
    if (code.startsWith('store-log.')) return true;
    if (code === 'witness.missing') return this.#days().has(String(facts['witness']).split(' ')[1] ?? '');
    if (code === 'order.missing' || LOGGED.has(code)) return this.#recordings.has(String(facts['recording']));
    return code.startsWith('order.') && orders.has(where);
  }

  #days(): ReadonlySet<string> {
    const { asked, sidecars, dockings } = this.#parts;
    const receipted = [...asked, ...sidecars, ...dockings];
    return new Set(receipted.flatMap(({ receipt }) => (receipt ? [dayOf(receipt.received_at)] : [])));
  }
}

/** What the store's log says of deletions. */
const LOGGED: ReadonlySet<string> = new Set([
  'deletion.missing',
  'deletion.not-logged',
  'deletion.not-warned',
]);
