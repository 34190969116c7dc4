// Buffers of one unit each in memory that the main thread and the worker share: between them a number is passed, and no bytes. How they
// are shared among recordings is below.
import { SLAB_BYTES } from '../limits.ts';

/** Fixed number of buffers. Memory that was never used costs nothing, so the last one given back is the first one taken. */
export class Slabs {
  /** All buffers, one behind the other: what a worker is given at its start. */
  readonly memory: SharedArrayBuffer;
  readonly #views: readonly Buffer[];
  readonly #free: number[];

  constructor(count: number) {
    this.memory = new SharedArrayBuffer(count * SLAB_BYTES);
    this.#views = Array.from({ length: count }, (_, at) => slabView(this.memory, at));
    this.#free = Array.from({ length: count }, (_, at) => count - 1 - at);
  }

  get freeCount(): number {
    return this.#free.length;
  }

  /** A free buffer's number, or undefined. */
  acquire(): number | undefined {
    return this.#free.pop();
  }

  release(slab: number): void {
    this.#free.push(slab);
  }

  view(slab: number): Buffer {
    const view = this.#views[slab];
    if (view === undefined) throw new RangeError(`no slab ${slab}`);
    return view;
  }

  /**
   * Copies the bytes to a place in a slab. By `fill`, whose pattern fits once: V8's `set` copies into shared memory byte by byte where the
   * two sides are not aligned alike, as behind a topic of any length, and takes eight times as long (measured: 2.3 GB/s in place of 20).
   * Errors: a RangeError where they do not fit; nothing is written then.
   */
  put(slab: number, at: number, bytes: Uint8Array): void {
    if (bytes.length > 0) this.view(slab).fill(bytes, at, at + bytes.length);
  }
}

/** The bytes of one buffer. */
export function slabView(memory: SharedArrayBuffer, slab: number): Buffer {
  return Buffer.from(memory, slab * SLAB_BYTES, SLAB_BYTES);
}

// The buffers of one recording's units that are not whole yet.

/** Which unit is being put together in which slab. */
export class Reassembly {
  readonly #slabs: Slabs;
  readonly #slabOf = new Map<number, number>();

  constructor(slabs: Slabs) {
    this.#slabs = slabs;
  }

  /** Copies bytes to their place in the unit's buffer; returns its slab, or undefined where none is free for a new unit. */
  copy(unit: number, at: number, bytes: Uint8Array): number | undefined {
    const slab = this.#slabOf.get(unit) ?? this.#slabs.acquire();
    if (slab === undefined) return undefined;
    this.#slabOf.set(unit, slab);
    this.#slabs.put(slab, at, bytes);
    return slab;
  }

  /** The unit is whole: whoever calls has to give its slab back from now on. */
  handOver(unit: number): void {
    this.#slabOf.delete(unit);
  }

  /** Gives all buffers back but for so many that were taken first; returns the units whose bytes are lost. */
  drop(kept: number): number[] {
    const dropped = [...this.#slabOf].slice(kept);
    for (const [unit, slab] of dropped) {
      this.#slabs.release(slab);
      this.#slabOf.delete(unit);
    }
    return dropped.map(([unit]) => unit);
  }
}

// Shares the buffers among the recordings that are being received: fairly over stations, then over a station's recordings.
// Pure bookkeeping.
//
// Invariants:
// 1. The sum of all grants never exceeds the number of slabs.
// 2. A grant falls only as units land (or are no longer missing), so whatever a station may have sent still finds a buffer.
//    The exceptions are a recording that sent nothing for long while others wait, and one above its share of which nothing landed for long while
//    others are below theirs: bytes that never make a unit whole must not hold what another station is due.
// 3. Each recording that misses units gets at least one slab when there are enough; who comes first has precedence otherwise.

interface Member {
  readonly station: string;
  wanted: number;
  granted: number;
  target: number;
}

/** Equal parts of `total`, none above its want; where there are fewer than takers, the first ones get one each. */
export function fairShares(total: number, wants: readonly number[]): number[] {
  const shares = wants.map(() => 0);
  const takers = wants.map((_, at) => at).filter((at) => (wants[at] ?? 0) > 0);
  if (total < takers.length) {
    for (const at of takers.slice(0, total)) shares[at] = 1;
    return shares;
  }
  takers.sort((a, b) => (wants[a] ?? 0) - (wants[b] ?? 0));
  let left = total;
  for (const [done, at] of takers.entries()) {
    const share = Math.min(wants[at] ?? 0, Math.floor(left / (takers.length - done)));
    shares[at] = share;
    left -= share;
  }
  return shares;
}

/** Grants of slabs by key. */
export class SlabShares<Key> {
  readonly #total: number;
  readonly #members = new Map<Key, Member>();
  #stale = false;

  constructor(total: number) {
    this.#total = total;
  }

  /** Slabs that this recording may fill now. */
  granted(key: Key): number {
    return this.#members.get(key)?.granted ?? 0;
  }

  has(key: Key): boolean {
    return this.#members.has(key);
  }

  /** True while somebody that misses units has no slab at all. */
  get starving(): boolean {
    for (const { wanted, granted } of this.#members.values()) if (wanted > 0 && granted === 0) return true;
    return false;
  }

  /** True while somebody has less than its share, which others still hold. */
  get isOwed(): boolean {
    if (this.#stale) this.#retarget();
    for (const { granted, target } of this.#members.values()) if (granted < target) return true;
    return false;
  }

  /** True for one that has more than its share. */
  isAbove(key: Key): boolean {
    const member = this.#members.get(key);
    return member !== undefined && member.granted > member.target;
  }

  /** A recording begins, or is known anew, to miss so many units. */
  join(key: Key, station: string, wanted: number): void {
    const known = this.#members.get(key);
    if (known === undefined) this.#members.set(key, { station, wanted, granted: 0, target: 0 });
    else known.wanted = wanted;
    this.#stale = true;
  }

  leave(key: Key): void {
    if (this.#members.delete(key)) this.#stale = true;
  }

  /** A unit landed; so many are missing now. What is granted beyond the target is given back unit by unit. */
  landed(key: Key, wanted: number): void {
    const member = this.#members.get(key);
    if (member === undefined) return;
    if (member.granted > member.target) member.granted--;
    member.wanted = wanted;
    if (wanted >= member.granted && wanted >= member.target) return;
    member.granted = Math.min(member.granted, wanted);
    this.#stale = true;
  }

  /** Nothing came for long while others wait: its grant is taken back and it queues up behind them. */
  stalled(key: Key): void {
    const member = this.#members.get(key);
    if (member === undefined) return;
    this.#members.delete(key);
    this.#members.set(key, { ...member, granted: 0 });
    this.#stale = true;
  }

  /** Nothing landed for long while others are owed: what it has above its share is taken back. */
  lowered(key: Key): void {
    const member = this.#members.get(key);
    if (member !== undefined) member.granted = Math.min(member.granted, member.target);
  }

  /** Gives out what is free. Returns the keys whose grants rose. */
  settle(): Key[] {
    if (this.#stale) this.#retarget();
    let free = this.#total;
    for (const member of this.#members.values()) free -= member.granted;
    const risen: Key[] = [];
    for (const [key, member] of this.#members) {
      const rise = Math.min(free, member.target - member.granted);
      if (rise <= 0) continue;
      member.granted += rise;
      free -= rise;
      risen.push(key);
    }
    return risen;
  }

  #retarget(): void {
    this.#stale = false;
    const groups = this.#byStation();
    const sums = groups.map((members) => members.reduce((sum, { wanted }) => sum + wanted, 0));
    for (const [at, share] of fairShares(this.#total, sums).entries()) {
      const members = groups[at] ?? [];
      const wants = members.map(({ wanted }) => wanted);
      for (const [member, target] of fairShares(share, wants).entries()) setTarget(members[member], target);
    }
  }

  #byStation(): Member[][] {
    const groups = new Map<string, Member[]>();
    for (const member of this.#members.values()) {
      const group = groups.get(member.station);
      if (group === undefined) groups.set(member.station, [member]);
      else group.push(member);
    }
    return [...groups.values()];
  }
}

function setTarget(member: Member | undefined, target: number): void {
  if (member !== undefined) member.target = target;
}
