// Verifies what a kit is made from, with the same code as `bodydock verify`, which verifies what was written.
import { basename, join } from 'node:path';
import { ORDERS, RESTORED } from '../../../protocol/format/file-names.ts';
import { isReceiverId } from '../../../protocol/format/ids.ts';
import { checkDocking } from '../verify/docking-check.ts';
import { groupDockings } from '../verify/docking-groups.ts';
import { dockingLogRemarks, type StationLog } from '../verify/docking-log.ts';
import { custodyFolder, type CustodyFolder, stationCustodies } from '../verify/found-folders.ts';
import { keyLogRemarks } from '../verify/key-logs.ts';
import { LogPasts, type MadeProof } from '../verify/log-past.ts';
import type { KnownKeys } from '../verify/known-keys.ts';
import { missingDocument, missingDocuments } from '../verify/log-account.ts';
import { checkOrders } from '../verify/order-check.ts';
import { PlaceBetween } from '../verify/place-between.ts';
import type { PlaceFacts } from '../verify/place-facts.ts';
import { PlaceLogs } from '../verify/place-logs.ts';
import { storeFindings } from '../verify/place-store.ts';
import { kitPlace, type Place } from '../verify/place.ts';
import { listSorted, type ReadFiles } from '../verify/read-files.ts';
import { receiptNow, receivedFindings } from '../verify/received-check.ts';
import { checkRecording } from '../verify/recording-check.ts';
import { below, finding, type Finding } from '../verify/remark.ts';
import type { TrustedKeys } from '../verify/trusted-keys.ts';
import { noTotals } from '../verify/verify-place.ts';
import { isHere, type KitDocking, type KitParts, namedSidecars } from './kit-plan.ts';
import { headFile, segmentFile } from './kit-writer.ts';

/** What verifying needs. `vault` is the vault's id, where it has one. */
export interface KitCheck {
  readonly files: ReadFiles;
  readonly keys: TrustedKeys;
  readonly vault: string | undefined;
  readonly signal: AbortSignal;
}

/** Recordings and docking records of a vault; `facts` takes what they say. Errors: the signal's reason; those of the machine. */
export async function checkParts(
  parts: KitParts,
  vault: string,
  check: KitCheck,
  facts: PlaceFacts,
): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const { station, recording: name } of [...parts.asked, ...parts.sidecars]) {
    const where = below(station, name);
    const question = {
      ...check,
      folder: join(vault, where),
      where,
      name,
      station,
      state: 'sealed',
      identities: [],
    } as const;
    const checked = await checkRecording(question);
    if (checked !== undefined) facts.takeRecording(checked, station);
    found.push(...(checked?.remarks ?? [gone(where)]));
  }
  for (const { record: name, document } of parts.dockings) {
    const where = below(document.station, name);
    const place = { folder: join(vault, where), where, name, station: document.station };
    const question = { ...check, ...place } as const;
    const checked = await checkDocking(question);
    if (checked !== undefined) facts.takeDocking(checked, document.station);
    found.push(...(checked?.remarks ?? [gone(where)]));
  }
  return found;
}

/**
 * What belongs to the recordings and is not in the vault: parts of docking records, sidecars that these name, and heads of segments. Not what the store's log
 * says that it dropped: the kit has that entry. Pure.
 */
export function checkWhole({ asked, sidecars, dockings, segments, entries }: KitParts): Finding[] {
  const findings = segments
    .filter(({ head }) => head === undefined)
    .map((segment) => {
      const where = segmentFile(segment);
      const message = `${where}: no signed head can be read, so ${headFile(segment)} is not here`;
      return finding('custody.checkpoint-refused', where, message);
    });
  const dropped = droppedIn(entries);
  const receipted = new Set<unknown>(
    entries.flatMap(({ entry: { event, facts } }) => (event === 'receipted' ? [facts['recording']] : [])),
  );
  const parts = new Map<string, KitDocking[]>();
  for (const part of dockings)
    parts.set(part.document.docking, [...(parts.get(part.document.docking) ?? []), part]);
  for (const [docking, here] of parts) {
    const numbers = new Set(here.map(({ document }) => document.part));
    const { record = '', document } = here[0] ?? {};
    const known = new Set([...numbers, ...droppedParts(docking, entries, dropped)]);
    if (known.size >= (document?.parts ?? 0)) continue;
    const message = `docking record: ${numbers.size} of ${document?.parts} parts of docking ${docking} are here`;
    findings.push(finding('docking.part-missing', record, message));
  }
  for (const named of namedSidecars(asked, dockings))
    if (!dropped.has(named.recording) && !isHere(named, [...asked, ...sidecars])) {
      const message = `docking record: names recording ${named.recording}, a sidecar of ${named.of}, which is not here`;
      // Both are findings in a kit; that it was lost or taken away is said only of what the store had.
      const code = receipted.has(named.recording) ? 'docking.recording-missing' : 'docking.recording-waiting';
      findings.push(finding(code, named.record, message));
    }
  return findings;
}

/** Recordings and parts of docking records that the store dropped. */
function droppedIn(entries: KitParts['entries']): ReadonlySet<unknown> {
  return new Set(
    entries.flatMap(({ keeper, entry: { event, facts } }) =>
      event === 'documents-dropped' && isReceiverId(keeper) ? [facts['recording']] : [],
    ),
  );
}

/** Numbers of the parts of a docking's record that the store dropped. */
function droppedParts(
  docking: string,
  entries: KitParts['entries'],
  dropped: ReadonlySet<unknown>,
): number[] {
  return entries.flatMap(({ entry: { event, facts } }) => {
    const { part } = facts;
    const isOf = event === 'docking-recorded' && facts['docking'] === docking;
    return isOf && dropped.has(facts['record']) && typeof part === 'number' ? [part] : [];
  });
}

function gone(where: string): Finding {
  return finding('folder.unreadable', where, 'the folder is gone');
}

/** Remarks about one of these places or something below it. */
function isOf(places: ReadonlySet<string>): (remark: Finding) => boolean {
  return ({ where }) =>
    [...places].some(
      (place) => where === place || where === `${place}.minisig` || where.startsWith(`${place}/`),
    );
}

// Compares what goes into a kit with the logs of its vault, with the same code as `bodydock verify`: what the logs say was there and was
// taken away or exchanged since. Documents by themselves are kit-check.ts.
//
// The logs of the stations and receivers concerned are read whole: a kit is worth no more than the log that vouches for it. Of what they
// and the store's log say of documents only what is about the kit counts; whether the store was allowed to delete is left to `verify`,
// which alone knows all recordings that an order may be about.

/** What is compared. `facts` are those of the kit's own documents, and of no others. */
interface AccountCheck extends KitCheck {
  readonly place: Place;
  readonly known: KnownKeys;
  readonly facts: PlaceFacts;
  /** Time of the comparison, ms since 1970. */
  readonly nowMs: number;
}

/** A proof that a receipt in the kit is in the store's log. */
export type KitProof = MadeProof & { readonly recording: string };

/** Every difference between the logs and what goes into the kit, and the proofs that its receipts are in them. Errors: the signal's reason; those of the machine. */
export async function checkAccount(
  parts: KitParts,
  check: AccountCheck,
): Promise<{ readonly findings: Finding[]; readonly proofs: readonly KitProof[] }> {
  const account = new Account(parts, check);
  return { findings: await account.remarks(), proofs: account.proofs };
}

/** Remarks about which nothing was told before: a segment that lies in the kit goes by another path there. */
export function notTold(all: readonly Finding[], told: readonly Finding[]): Finding[] {
  const known = new Set(told.map(nameOf));
  return all.filter((each) => !known.has(nameOf(each)));
}

function nameOf({ code, where }: Finding): string {
  return `${code} ${basename(where)}`;
}

class Account {
  readonly #parts: KitParts;
  readonly #check: AccountCheck;
  readonly #stations: ReadonlySet<string>;
  readonly #recordings: ReadonlySet<string>;
  readonly #dockings: ReadonlySet<string>;
  readonly proofs: KitProof[] = [];

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

  async remarks(): Promise<Finding[]> {
    const { known } = this.#check;
    const found: Finding[] = [];
    const stations = await stationCustodies(this.#check.files, this.#check.place.path);
    const { files, keys, vault } = this.#check;
    const held = [...this.#check.facts.heldOf(undefined).values()];
    const receipts = new Set(held.flatMap(({ receiptSha256 }) => receiptSha256 ?? []));
    const pasts = new LogPasts(files, keys, vault, receipts);
    const { policies } = known;
    const restored = await this.#restored();
    const beside = { stations, pasts, restored, policies };
    const logs = new PlaceLogs({ ...this.#check, kind: 'vault', ...beside });
    for (const receiver of await this.#receivers())
      found.push(...(await logs.readStore(receiver, this.#custody(receiver))));
    for (const station of this.#stations)
      found.push(...(await logs.readStation({ ...this.#custody(station), station })));
    found.push(...(await logs.judgeLonger()), ...pasts.findings());
    for (const { name, receiptSha256 = '' } of held)
      for (const proof of await pasts.proofsOf(receiptSha256))
        this.proofs.push({ ...proof, recording: name });
    found.push(
      ...keyLogRemarks(known, logs, 'vault', this.#stations).filter((remark) => this.#isOfKey(remark)),
    );
    const { path } = this.#check.place;
    const between = new PlaceBetween({ ...this.#check, place: kitPlace(path), logs });
    for await (const remark of between.remarks()) found.push(remark);
    for (const log of logs.stations) found.push(...(await this.#missing(log, logs)));
    found.push(...this.#docked(logs), ...(await this.#store(logs)));
    const now = (station: string, recording: string): Promise<string | undefined> =>
      receiptNow(files, path, station, recording);
    for await (const each of receivedFindings(this.#check.facts, logs.store, [], now, false))
      found.push(each);
    return found;
  }

  #custody(keeper: string): CustodyFolder {
    return custodyFolder(this.#check.place.path, keeper);
  }

  /** Statements that the vault was restored, by what the origin of a later tree ends with. */
  async #restored(): Promise<ReadonlySet<string>> {
    const { files, place } = this.#check;
    const names: string[] = [];
    for (const receiver of await this.#receivers())
      names.push(...((await listSorted(files, join(place.path, receiver, RESTORED))) ?? []));
    return new Set(names.map((name) => name.split('.')[0] ?? ''));
  }

  async #receivers(): Promise<string[]> {
    const { files, place } = this.#check;
    return ((await listSorted(files, place.path)) ?? []).filter(isReceiverId);
  }

  #isOfKey({ where, facts: { key } }: Finding): boolean {
    const [holder = ''] = typeof key === 'string' ? key.split(' ') : where.split('/');
    return this.#stations.has(holder) || isReceiverId(holder);
  }

  /** What the station's log names of recordings, and of all parts of the records of their dockings, and is not here. */
  async #missing(log: StationLog, { store }: PlaceLogs): Promise<Finding[]> {
    const { where, station, documents: account, fromTheStart } = log;
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
    } as const;
    const findings: Finding[] = [];
    for (const name of missingDocuments(question))
      if (ids.has(name) && !(await this.#cameMeanwhile(station, name)))
        findings.push(missingDocument(where, name, account));
    return findings;
  }

  /** The log is read after the folders: a living vault may have taken one in between. */
  async #cameMeanwhile(station: string | undefined, name: string): Promise<boolean> {
    const { files, place } = this.#check;
    return (await files.stat(join(place.path, station ?? '', name)))?.kind === 'folder';
  }

  /** What a log says of dockings; that parts of a record are missing is told without it, too. */
  #docked({ stations, store }: PlaceLogs): Finding[] {
    const context = { complete: true, kind: 'vault', logs: stations, dropped: store.dropped } as const;
    const { groups, remarks } = groupDockings(this.#check.facts.dockings.values(), context);
    const logged = stations.flatMap((log) => dockingLogRemarks(log, groups));
    return [
      ...remarks.filter(({ code }) => code !== 'docking.part-missing'),
      ...logged.filter(({ facts: { docking } }) => this.#dockings.has(String(docking))),
    ];
  }

  async #store(logs: PlaceLogs): Promise<Finding[]> {
    const { place } = this.#check;
    const orders = [];
    const found: Finding[] = [];
    const chosen = new Set(
      this.#parts.orders.map(({ order: { station, order } }) => `${station}/${ORDERS}/${order}`),
    );
    for (const station of this.#stations) {
      const folder = join(place.path, station, ORDERS);
      const question = { ...this.#check, folder, where: below(station, ORDERS), station };
      const checked = await checkOrders(question);
      orders.push(...checked.orders);
      found.push(...checked.remarks.filter(isOf(chosen)));
    }
    const about = orders.filter(({ order }) => this.#recordings.has(order.recording));
    const ours = new Set(about.map(({ where }) => where));
    const { changes, policies } = this.#check.known;
    const changed = new Set(changes.map(({ document }) => document.holder));
    const read = { ...this.#check, logs, orders, kept: [], restored: [], policies, changed };
    for await (const remark of storeFindings(read, noTotals()))
      if (this.#isOfStore(remark, ours)) found.push(remark);
    return found;
  }

  /** Of all that concerns what the store did only what a few recordings of a vault show, too. */
  #isOfStore({ code, where, facts }: Finding, orders: ReadonlySet<string>): boolean {
    if (code.startsWith('store-log.')) return true;
    const isOurs = [facts['recording'], ...where.split('/')].some((id) => this.#recordings.has(String(id)));
    if (code === 'order.missing' || LOGGED.has(code)) return isOurs;
    return code.startsWith('order.') && orders.has(where);
  }
}

/** What the store's log, holds and policies say of deletions; what an order allowed only the whole vault shows. */
const LOGGED: ReadonlySet<string> = new Set([
  'deletion.missing',
  'deletion.not-logged',
  'deletion.not-warned',
  'deletion.held',
  'deletion.too-few-days',
]);
