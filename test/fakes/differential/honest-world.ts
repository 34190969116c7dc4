// Good vaults out of a seed, small and with much about keys: two receivers that began with one key, stations that change theirs, revocations,
// orders, deletions and dropped documents. Whatever comes out is what stations and a store leave behind when nobody altered anything.
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { makeSecretKey, type SecretKey } from '../../../protocol/documents/minisign.ts';
import type { Manifest } from '../../../protocol/documents/manifest.ts';
import type { Policy } from '../../../protocol/documents/policy.ts';
import { parseReceipt } from '../../../protocol/documents/receipt.ts';
import { headOf, TreeBuilder } from '../vault-builder-tree.ts';
import { TwoReceivers } from '../two-receivers.ts';
import { appendUnsigned } from '../unsigned-lines.ts';
import { OutsideWitness } from './outside-witness.ts';
import { revokeKey } from '../vault-builder-keys.ts';
import { placePolicy } from '../vault-builder-policy.ts';
import type { BuiltStaffDocument } from '../vault-builder-staff.ts';
import type { StoreBuilder } from '../vault-builder-store.ts';
import type { BuiltRecording, VaultBuilder } from '../vault-builder.ts';

const DAY_MS = 86_400_000;
const NO_POLICY: Floors = { days: 14, documentsDays: 90 };

/** A vault, and every key that was ever used in it: anybody who alters it may have any of them. */
export interface HonestWorld {
  readonly two: TwoReceivers;
  readonly docks: readonly VaultBuilder[];
  readonly stores: readonly StoreBuilder[];
  readonly recordings: readonly BuiltRecording[];
  /** All that the receivers had, the oldest first. */
  readonly storeKeys: readonly SecretKey[];
  /** What was done, in words, for anybody who reads a failure. */
  readonly story: readonly string[];
  /** Numbers and digests of policies in force, the oldest first. */
  readonly policies: readonly PlacedPolicy[];
  /** Whether the reader has the keys of the roles: without them no order and no policy is judged. */
  readonly rolesGiven: boolean;
  /** Who cosigns from outside what a store shows. */
  readonly witness: OutsideWitness;
  /** The fewest days of a recording, by the policies that counted when it was received (SPEC 4.16.7, 4.16.20); a receiver may have announced more. */
  readonly fewest: (recording: string, of?: { readonly isDropped?: boolean }) => Floors;
}

/** Fewest days of recordings, and of documents after that. */
export interface Floors {
  readonly days: number;
  readonly documentsDays: number;
}

/** A policy of both roles; `at`: when it came in force. */
export interface PlacedPolicy extends Floors {
  readonly number: number;
  readonly sha256: string;
  readonly at: string;
}

/** Builds one into a folder that is made. */
export async function buildHonestWorld(root: string, seed: number, steps = 7): Promise<HonestWorld> {
  const maker = new Maker(await TwoReceivers.create(root, seed, Date.UTC(2025, 1, 1, 8)));
  await maker.begin();
  for (let step = 0; step < steps; step++) await maker.step();
  return maker.end();
}

class Maker {
  readonly #two: TwoReceivers;
  readonly #docks: VaultBuilder[];
  readonly #started = new Set<StoreBuilder>();
  readonly #recordings: BuiltRecording[] = [];
  readonly #deleted: BuiltRecording[] = [];
  readonly #receipted = new Set<string>();
  /** Whose receipt a station had last. */
  #running: string | undefined;
  readonly #held = new Set<BuiltRecording>();
  /** Each with the days that it stays at least. */
  readonly #staffDocuments: (readonly [BuiltStaffDocument, number])[] = [];
  readonly #storeKeys: SecretKey[];
  readonly #story: string[] = [];
  readonly #policies: PlacedPolicy[] = [];
  /** What each station holds, the newest that came to it. */
  readonly #policyOf = new Map<VaultBuilder, PlacedPolicy>();
  #announced: Floors = { days: 0, documentsDays: 0 };
  /** Of each recording what it needs. */
  readonly #fewest = new Map<string, { readonly here: Floors; readonly dropped: Floors }>();
  #published = 1;
  readonly #trees = new Map<StoreBuilder, TreeBuilder>();
  readonly #witnessKey = new OutsideWitness();
  #oldSegment: string | undefined;

  constructor(two: TwoReceivers) {
    this.#two = two;
    this.#docks = [two.builder];
    this.#storeKeys = [two.other.key];
  }

  get #stores(): readonly StoreBuilder[] {
    return [this.#two.builder.receiver, this.#two.other];
  }

  async begin(): Promise<void> {
    const { builder } = this.#two;
    await builder.publish('station-dock-1.pub', builder.stationKey);
    for (const store of this.#stores) if (this.#below(4) !== 0) await this.#beginTree(store);
    if (this.#below(4) === 0) await this.#beginLongAgo();
    if (this.#below(2) === 0) this.#docks.push(await builder.beside('dock-2'));
    await this.#record();
  }

  async step(): Promise<void> {
    const steps = [
      () => this.#record(),
      () => this.#record(),
      () => this.#restart(),
      () => this.#changeStationKey(),
      () => this.#changeStoreKey(),
      () => this.#changeStoreKey(),
      () => this.#delete(),
      () => this.#expire(),
      () => this.#policy(),
      () => this.#dropDocuments(),
      () => this.#order(),
      () => this.#nextDay(),
      () => this.#staff(),
      () => this.#dropStaff(),
    ];
    await this.#pick(steps)();
  }

  /** Writes the logs; what a store lets go of a station's log goes from the disk then. */
  async end(): Promise<HonestWorld> {
    if (this.#oldSegment !== undefined) await this.#run(this.#two.builder.receiver);
    for (const dock of this.#docks) await dock.close();
    await this.#two.close();
    if (this.#oldSegment !== undefined) await this.#dropSegment(this.#oldSegment);
    if (this.#below(6) === 0) await this.#cutAppend();
    for (const [store, tree] of this.#trees) {
      await store.write();
      // A cut may have kept the newest one out, or it is of the time before the store wrote any.
      if (this.#below(5) !== 0) await tree.put('checkpoint', tree.note());
    }
    const rolesGiven = this.#below(6) !== 0;
    const { keys } = this.#two.builder;
    if (!rolesGiven)
      for (const name of await readdir(keys))
        if (/^(officer|supervisor)/.test(name)) await rm(join(keys, name));
    return {
      two: this.#two,
      docks: this.#docks,
      stores: this.#stores,
      recordings: this.#recordings,
      storeKeys: this.#storeKeys,
      story: this.#story,
      policies: this.#policies,
      rolesGiven,
      witness: this.#witnessKey,
      fewest: (recording, { isDropped = false } = {}) =>
        this.#fewest.get(recording)?.[isDropped ? 'dropped' : 'here'] ?? NO_POLICY,
    };
  }

  async #record(): Promise<void> {
    const receiver = this.#pick(['r-store', 'r-other'] as const);
    const dock = this.#pick(this.#docks);
    this.#recordings.push(await this.#recordBy(receiver, dock));
    this.#tell(`${dock.station} recorded to ${receiver}`);
  }

  async #recordBy(receiver: 'r-store' | 'r-other', dock: VaultBuilder): Promise<BuiltRecording> {
    const policy = this.#policyOf.get(dock);
    const change = (manifest: Manifest): Manifest =>
      policy === undefined ? manifest : { ...manifest, version: 3, policy_sha256: policy.sha256 };
    const made = await this.#two.recordBy(receiver, dock, { change });
    const force = this.#policies.at(-1) ?? NO_POLICY;
    const named: Floors = {
      days: Math.max(force.days, policy?.days ?? 0),
      documentsDays: Math.max(force.documentsDays, policy?.documentsDays ?? 0),
    };
    this.#receipted.add(receiver);
    this.#running = receiver;
    const store = this.#stores.find((each) => each.receiver === receiver);
    const tree = store && this.#trees.get(store);
    // Once its documents are gone, the entry of its receipt alone says what they named (SPEC 4.16.29).
    this.#fewest.set(made.id, { here: named, dropped: tree === undefined ? force : named });
    if (store === undefined || tree === undefined) return made;
    await this.#start(store);
    const parts = dock.dockings.at(-1)?.parts ?? [];
    for (const folder of [made.folder, ...parts.map((part) => part.folder)]) {
      const named = folder === made.folder ? policy?.sha256 : undefined;
      await tree.receipt(parseReceipt(await readFile(join(folder, 'receipt.json'))), named);
    }
    if (this.#below(2) === 0)
      await store.enter('head', { station: dock.station, ...headOf(await dock.lines(), dock.segments) });
    if (this.#below(2) === 0) dock.log('store-log', { checkpoint: tree.note() });
    if (this.#below(4) === 0) await this.#cosign(tree);
    return made;
  }

  /** From here on the log of a receiver is a tree; else it is one of a store that does not know trees. */
  async #beginTree(store: StoreBuilder): Promise<void> {
    const tree = await TreeBuilder.begin(store);
    this.#trees.set(store, tree);
    store.log.opening = () => ({ log_origin: tree.origin, log_size: tree.lines.length });
    await this.#start(store);
    await this.#announce(store, NO_POLICY);
    this.#tell(`${store.receiver} began a tree`);
  }

  async #cosign(tree: TreeBuilder): Promise<void> {
    const text = tree.text();
    const atS = Math.floor(Date.parse(this.#two.builder.clock.now()) / 1000);
    await tree.put('cosigned', tree.note(text, [await this.#witnessKey.cosign(text, atS)]));
    await this.#witnessKey.publish(this.#two.builder.keys);
    this.#tell(`a witness saw ${tree.lines.length} lines`);
  }

  async #restart(): Promise<void> {
    const dock = this.#pick(this.#docks);
    await dock.restart();
    this.#tell(`${dock.station} started again`);
  }

  async #changeStationKey(): Promise<void> {
    const dock = this.#pick(this.#docks);
    const { stationKey: old } = dock;
    const lost = this.#below(5) === 0;
    const publish = lost || this.#below(2) === 0;
    await dock.changeKey({ publish, reason: lost ? 'lost' : 'planned' });
    this.#tell(
      `${dock.station} changed its key${lost ? ', which was lost' : ''}${publish ? ', by hand too' : ''}`,
    );
    if ((this.#below(3) !== 0 && !lost) || !this.#receipted.has('r-store')) return;
    const reason = lost ? this.#pick(['lost', 'stolen'] as const) : 'retired';
    await this.#start(this.#two.builder.receiver);
    await revokeKey(dock.receiver, dock.station, old, { reason });
    this.#tell(`its old key was revoked as ${reason}`);
  }

  async #changeStoreKey(): Promise<void> {
    const store = this.#pick(this.#stores);
    await this.#start(store);
    const fresh = makeSecretKey(this.#two.builder.random);
    await this.#two.changeKey(store, fresh);
    this.#storeKeys.push(fresh);
    const publish = this.#below(2) === 0;
    if (publish) await this.#two.builder.publish(`store.${++this.#published}.pub`, fresh);
    this.#tell(`${store.receiver} changed its key${publish ? ', by hand too' : ''}`);
  }

  /** One runs at a time: a station hears of this one, before it does anything else (SPEC 10.3.38). */
  async #run(store: StoreBuilder): Promise<void> {
    await this.#start(store);
    if (this.#running === store.receiver) return;
    const receiver = store === this.#two.other ? 'r-other' : 'r-store';
    this.#recordings.push(await this.#recordBy(receiver, this.#pick(this.#docks)));
  }

  async #start(store: StoreBuilder): Promise<void> {
    if (this.#started.has(store)) return;
    this.#started.add(store);
    await store.start();
  }

  async #delete(): Promise<void> {
    const chosen = this.#deletable();
    if (chosen === undefined) return;
    const { orders, receiver } = this.#two.builder;
    await this.#run(receiver);
    await receiver.delete(chosen, { order: await orders.give(chosen, { verb: 'delete' }) });
    this.#deleted.push(chosen);
    this.#tell('a recording was deleted by order');
  }

  /** Deletes what is over by what counted. */
  async #expire(): Promise<void> {
    const chosen = this.#deletable();
    if (chosen === undefined) return;
    const { clock, receiver } = this.#two.builder;
    await this.#run(receiver);
    const days = this.#enoughFor(chosen).days + this.#pick([0, 0, 3]);
    clock.advance((days + 1) * DAY_MS);
    await receiver.delete(chosen, { days });
    this.#deleted.push(chosen);
    this.#tell(`a recording was deleted after ${days} days`);
  }

  /** With what any receiver announced, whichever deletes or drops. */
  #enoughFor({ id }: BuiltRecording): Floors {
    const { days, documentsDays } = this.#fewest.get(id)?.here ?? NO_POLICY;
    return {
      days: Math.max(days, this.#announced.days),
      documentsDays: Math.max(documentsDays, this.#announced.documentsDays),
    };
  }

  #deletable(): BuiltRecording | undefined {
    const there = this.#recordings.filter((each) => !this.#deleted.includes(each) && !this.#held.has(each));
    return there.length === 0 || !this.#receipted.has('r-store') ? undefined : this.#pick(there);
  }

  /** A policy of both roles comes in force; stations hear of it now, later or never. */
  async #policy(): Promise<void> {
    const { builder } = this.#two;
    await this.#run(builder.receiver);
    const number = (this.#policies.at(-1)?.number ?? 0) + this.#pick([1, 2]);
    const floors = { days: this.#pick([5, 14, 30]), documentsDays: this.#pick([30, 90, 200]) };
    const more = {
      ...(this.#below(2) === 0 && { hold_days: this.#pick([2, 3, 7, 20]) }),
      ...(this.#below(2) === 0 && { log_days: this.#pick([20, 100, 300]) }),
      ...(this.#below(3) === 0 && { free_text_days: 20, station_bytes: 2 ** 40 }),
    };
    const change: Partial<Policy> = {
      ...(this.#below(2) === 0 && { version: 2, ...more }),
      days_min: floors.days,
      days_max: 400,
      documents_days: floors.documentsDays,
    };
    const sha256 = await placePolicy(builder, { number, change });
    const placed = { number, sha256, at: builder.clock.now(), ...floors };
    this.#policies.push(placed);
    for (const dock of this.#docks) if (this.#below(3) !== 0) this.#policyOf.set(dock, placed);
    this.#tell(`policy ${number} of ${floors.days} and ${floors.documentsDays} days`);
    if (this.#trees.has(builder.receiver) && this.#below(2) === 0)
      await this.#announce(builder.receiver, floors);
  }

  /** What the receiver's own file says from here on; of what r-store deletes and anybody drops the most that was ever said is enough. */
  async #announce(store: StoreBuilder, floors: Floors): Promise<void> {
    await store.announce(floors.days, floors.documentsDays);
    this.#announced = {
      days: Math.max(this.#announced.days, floors.days),
      documentsDays: Math.max(this.#announced.documentsDays, floors.documentsDays),
    };
  }

  /** Those that gave a receipt: no other one lets anything go (SPEC 10.3.39). */
  #known(): StoreBuilder[] {
    return this.#stores.filter(({ receiver }) => this.#receipted.has(receiver));
  }

  async #dropDocuments(): Promise<void> {
    const chosen = this.#deleted.find((each) => this.#recordings.includes(each));
    if (chosen === undefined) return;
    const store = this.#pick(this.#known());
    await this.#run(store);
    this.#two.builder.clock.advance(this.#enoughFor(chosen).documentsDays * DAY_MS);
    await store.dropDocuments(chosen);
    this.#recordings.splice(this.#recordings.indexOf(chosen), 1);
    this.#tell(`${store.receiver} let its documents go`);
  }

  async #order(): Promise<void> {
    const there = this.#recordings.filter((each) => !this.#deleted.includes(each));
    if (there.length === 0 || !this.#receipted.has('r-store')) return;
    await this.#start(this.#two.builder.receiver);
    const verb = this.#pick(['hold', 'unhold'] as const);
    await this.#two.builder.orders.give(this.#pick(there), { verb });
    this.#tell(`somebody ordered to ${verb}`);
    // What is held is not deleted.
    if (verb === 'hold') for (const each of there) this.#held.add(each);
  }

  /** Somebody said something at a dock on the day before. */
  async #staff(): Promise<void> {
    const receiver = this.#pick(['r-store', 'r-other'] as const);
    const kind = this.#pick(['staff-report', 'staff-report', 'staff-text'] as const);
    const made = await this.#two.staffBy(receiver, this.#pick(this.#docks), kind);
    this.#receipted.add(receiver);
    this.#running = receiver;
    this.#staffDocuments.push([made, (this.#policies.at(-1) ?? NO_POLICY).documentsDays]);
    const store = this.#stores.find((each) => each.receiver === receiver);
    const tree = store && this.#trees.get(store);
    if (store !== undefined && tree !== undefined) {
      await this.#start(store);
      await tree.receipt(made.receipt);
    }
    this.#tell(`a ${kind} came to ${receiver}`);
  }

  /** One of them goes: a text when the store likes, a report as a docking record does. */
  async #dropStaff(): Promise<void> {
    const [chosen] = this.#staffDocuments.splice(0, 1);
    if (chosen === undefined) return;
    const [{ folder, bytes, receipt, kind }, documentsDays] = chosen;
    const store = this.#pick(this.#known());
    await this.#run(store);
    const days = kind === 'staff-text' ? 1 : Math.max(documentsDays, this.#announced.documentsDays);
    const record = { station: receipt.station, record: receipt.recording };
    await store.dropDocking([{ folder, bytes, record }], { afterMs: days * DAY_MS });
    this.#tell(`${store.receiver} let a ${kind} go`);
  }

  /** The clock goes on to the next day, and a store enters how much it has of the logs of stations. */
  async #nextDay(): Promise<void> {
    const { clock } = this.#two.builder;
    clock.moveTo(
      new Date(Date.parse(`${clock.now().slice(0, 10)}T00:00:00.000Z`) + DAY_MS + 3_600_000).toISOString(),
    );
    const store = this.#pick(this.#stores);
    await this.#start(store);
    for (const dock of this.#docks)
      await store.enter('head', { station: dock.station, ...headOf(await dock.lines(), dock.segments) });
    this.#tell(`${store.receiver} entered the heads of the stations`);
  }

  /** The first days of a station, of which all went in order since: a recording, its docking record, and after `end` their segment. */
  async #beginLongAgo(): Promise<void> {
    const { builder } = this.#two;
    const { receiver: store, clock } = builder;
    const made = await this.#recordBy('r-store', builder);
    const day = clock.now().slice(0, 10);
    await builder.restart();
    clock.moveTo(new Date(Date.parse(`${day}T00:00:00.000Z`) + DAY_MS + 3_600_000).toISOString());
    await this.#run(store);
    await store.enter('head', {
      station: builder.station,
      ...headOf(await builder.lines(), builder.segments),
    });
    await store.dropDocuments(made);
    await store.dropDocking(builder.dockings.flatMap(({ parts }) => parts));
    clock.advance(30 * DAY_MS);
    this.#oldSegment = builder.segments[0];
    this.#recordings.push(await this.#recordBy('r-store', builder));
    this.#tell('r-store dropped a recording of long ago and its docking record');
  }

  async #dropSegment(oldest: string): Promise<void> {
    const { builder } = this.#two;
    const path = join(builder.custody, `${oldest}.jsonl`);
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    const last_sha256 = sha256Hex(Buffer.from(lines.at(-1) ?? ''));
    const facts = { segment: oldest, last_sequence: lines.length, last_sha256 };
    await builder.receiver.enter('segment-dropped', facts);
    await builder.receiver.write();
    await rm(path);
    this.#tell('it dropped their segment');
  }

  async #cutAppend(): Promise<void> {
    const dock = this.#pick(this.#docks);
    const path = join(dock.custody, `${dock.segments.at(-1)}.jsonl`);
    await appendUnsigned(path, 'camera-refused', { bay: 'bay-1', reason: 'unknown' });
    this.#tell(`an append to the log of ${dock.station} was cut off`);
  }

  #tell(what: string): void {
    this.#story.push(what);
  }

  #below(bound: number): number {
    return this.#two.builder.random.below(bound);
  }

  #pick<Item>(items: readonly Item[]): Item {
    return this.#two.builder.random.pick(items);
  }
}
