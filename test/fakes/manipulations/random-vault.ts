// Good vaults out of a seed: stations, cameras, dockings, odd entries, restarts, cuts, key changes, orders and deletions as they
// come. Whatever comes out is what stations and a store leave behind when nobody altered anything.
import { revokeKey } from '../vault-builder-keys.ts';
import { VaultBuilder, type BuiltRecording, type RecordingWish } from '../vault-builder.ts';
import { headOf } from '../vault-builder-tree.ts';

const DAY_MS = 86_400_000;

/** Builds one into an empty folder; `rounds` is about the number of dockings. */
export async function buildRandomVault(root: string, seed: number, rounds = 12): Promise<VaultBuilder> {
  const maker = await Maker.begin(root, seed);
  for (let round = 0; round < rounds; round++) await maker.round();
  return maker.end();
}

class Maker {
  readonly #docks: VaultBuilder[];
  readonly #first: VaultBuilder;
  readonly #deleted = new Set<BuiltRecording>();
  /** Where recordings lie on their cameras. */
  readonly #pathOf = new Map<BuiltRecording, string>();
  /** What the docking has an entry of: a listing names a place once. */
  readonly #listed = new Set<BuiltRecording>();
  #paths = 0;

  private constructor(docks: [VaultBuilder, ...VaultBuilder[]]) {
    this.#docks = docks;
    this.#first = docks[0];
  }

  static async begin(root: string, seed: number): Promise<Maker> {
    const first = await VaultBuilder.create(root, { seed, startMs: Date.UTC(2025, 1, 1, 8) });
    await first.publish('station-dock-1.pub', first.stationKey);
    const docks: [VaultBuilder, ...VaultBuilder[]] = [first];
    for (let number = 2; number <= 1 + first.random.below(3); number++)
      docks.push(await first.beside(`dock-${number}`));
    return new Maker(docks);
  }

  /** One docking of some camera, and what may happen beside it. */
  async round(): Promise<void> {
    const dock = this.#pick(this.#docks);
    const camera = `cam-${1 + this.#below(2)}${dock.station.slice(-1)}`;
    await dock.dock({ camera, clockSynchronised: this.#pick([true, true, null]) });
    this.#listed.clear();
    for (let count = this.#below(4); count > 0; count--) await this.#entry(dock, camera);
    const stays = this.#below(3) === 0;
    if (stays) await dock.relist({}, camera);
    if (this.#below(6) === 0) await dock.cut({ stays });
    else await dock.undock({ entriesPerPart: 1 + this.#below(3), complete: this.#below(5) !== 0 });
    if (this.#below(5) === 0) await dock.restart();
    if (this.#below(9) === 0) await this.#changeKey(dock);
    if (this.#below(3) === 0) await this.#storeWork(dock);
    if (this.#below(4) === 0) await this.#nextDay();
  }

  /** Writes what is still in memory. */
  async end(): Promise<VaultBuilder> {
    await this.#nextDay();
    for (const dock of this.#docks) await dock.close();
    return this.#first;
  }

  async #entry(dock: VaultBuilder, camera: string): Promise<void> {
    const path = `DCIM/${++this.#paths}`;
    const erased = [true, false, null][this.#below(3)] ?? null;
    const known = dock.recordings.find(
      (each) => each.manifest.camera.id === camera && each.receipt !== undefined,
    );
    switch (this.#below(8)) {
      case 7:
        if (known === undefined || this.#listed.has(known)) return undefined;
        this.#listed.add(known);
        return dock.entry({
          fate: 'matched',
          path: this.#pathOf.get(known) ?? path,
          recording: known.id,
          sizeBytes: known.manifest.original.size_bytes,
          erased,
        });
      case 0:
        return dock.entry({ fate: 'not-a-file', path });
      case 1:
        return dock.entry({
          fate: 'waiting',
          path,
          reason: this.#pick(['changing', 'unreadable', 'not-reached']),
        });
      case 2:
        return dock.entry({ fate: 'vanished', path });
      case 3:
        await this.#record(dock, { path: `${path}.MP4`, sidecars: [`${path}.GPS`], erased });
        return this.#record(dock, { path: `${path}.GPS`, role: 'sidecar', sidecarOf: `${path}.MP4`, erased });
      case 4:
        return this.#record(dock, { path, original: new Uint8Array(0), rejected: 'empty', erased });
      default:
        return this.#record(dock, {
          path: `${path}.MP4`,
          original: dock.random.bytes(1 + this.#below(4000)),
          ...(this.#below(3) === 0 && { joints: [1] }),
          erased,
          later: this.#below(4) === 0,
        });
    }
  }

  async #record(dock: VaultBuilder, wish: RecordingWish & { readonly path: string }): Promise<void> {
    const recording = await dock.record(wish);
    this.#pathOf.set(recording, wish.path);
    this.#listed.add(recording);
  }

  async #changeKey(dock: VaultBuilder): Promise<void> {
    const old = dock.stationKey;
    if (dock.stationKeys.length === 1) await dock.publish(`station-${dock.station}.pub`, old);
    await dock.changeKey();
    if (this.#below(2) === 0) await revokeKey(dock.receiver, dock.station, old, { reason: 'retired' });
  }

  async #storeWork(dock: VaultBuilder): Promise<void> {
    const there = dock.recordings.filter((each) => each.receipt !== undefined && !this.#deleted.has(each));
    const chosen = there.at(this.#below(Math.max(1, there.length)));
    if (chosen === undefined) return;
    const { orders, receiver } = dock;
    const kind = this.#below(4);
    if (kind === 0) await receiver.disclose(chosen, { pending: this.#below(3) === 0 });
    else if (kind === 1)
      await orders.give(chosen, { verb: 'hold' }).then(() => orders.give(chosen, { verb: 'unhold' }));
    else if (chosen.manifest.role === 'media') {
      const order = kind === 2 ? await orders.give(chosen, { verb: 'delete' }) : undefined;
      if (order === undefined) {
        await this.#nextDay();
        dock.clock.advance(15 * DAY_MS);
      }
      await receiver.delete(chosen, order === undefined ? {} : { order });
      this.#deleted.add(chosen);
      await this.#nextDay();
      if (this.#below(3) === 0) await receiver.dropDocuments(chosen);
    }
  }

  /** The clock goes on to the next day, and the store enters how much it has of the logs. */
  async #nextDay(): Promise<void> {
    const { clock, receiver } = this.#first;
    const day = clock.now().slice(0, 10);
    clock.moveTo(new Date(Date.parse(`${day}T00:00:00.000Z`) + DAY_MS + 3_600_000).toISOString());
    for (const dock of this.#docks)
      await receiver.enter('head', { station: dock.station, ...headOf(await dock.lines(), dock.segments) });
  }

  #below(bound: number): number {
    return this.#first.random.below(bound);
  }

  #pick<Item>(items: readonly Item[]): Item {
    const item = items[this.#below(items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }
}
