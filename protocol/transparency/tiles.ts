// Hash tiles of C2SP tlog-tiles: a tree is kept as files of up to 256 hashes of one height, and each node of the tree is found in one of them.
// A tile at level L has the roots of subtrees of 256^L leaves. No I/O.
import { DockError } from '../format/errors.ts';
import { CompactRange, nodeHash, type ReadNode, readPeaks } from './merkle.ts';

/** Heights of the tree that one tile covers. */
export const TILE_HEIGHT = 8;
/** Hashes of a full tile. */
export const TILE_WIDTH = 256;
/** Bytes of one hash. */
export const HASH_BYTES = 32;

export interface Tile {
  /** 0 for leaf hashes. */
  readonly level: number;
  /** Tiles of that level before it. */
  readonly index: number;
  /** Hashes in it: 256, or 1 to 255 where it is partial. */
  readonly width: number;
}

/** Path of a tile below the folder of a log: `tile/<L>/<N>` or `tile/<L>/<N>.p/<W>`. */
export function tilePath({ level, index, width }: Tile): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) ?? [];
  const path = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/');
  return `tile/${level}/${path}${width < TILE_WIDTH ? `.p/${width}` : ''}`;
}

/** Hashes that level `level` has in a tree of `size` leaves. */
export function hashesAt(level: number, size: number): number {
  return Math.floor(size / TILE_WIDTH ** level);
}

/** Tile `index` of a level as a tree of `size` leaves has it, full or partial; undefined where it has none of its hashes. */
export function tileAt(level: number, index: number, size: number): Tile | undefined {
  const width = Math.min(TILE_WIDTH, hashesAt(level, size) - index * TILE_WIDTH);
  return width > 0 ? { level, index, width } : undefined;
}

/**
 * Tiles that a tree of `to` leaves has and one of `from` leaves has not, level by level: what is to be written where it grew. The full ones on
 * the way are among them, and of partial ones those of `to` alone.
 */
export function* tilesBetween(from: number, to: number): Generator<Tile> {
  for (let level = 0; hashesAt(level, to) > 0; level++) {
    const [before, after] = [hashesAt(level, from), hashesAt(level, to)];
    if (before === after) continue;
    for (let index = Math.floor(before / TILE_WIDTH); index * TILE_WIDTH < after; index++) {
      const tile = tileAt(level, index, to);
      if (tile !== undefined) yield tile;
    }
  }
}

/**
 * Nodes of a tree of `size` leaves from its tiles. `readTile` gives the bytes of a tile, which are checked for their length alone: a proof made
 * of wrong ones does not hold.
 * Errors: RangeError for a node that the tree does not have as a whole; "log.tile" for a tile of another length; those of `readTile`.
 */
export function nodesOfTiles(size: number, readTile: (tile: Tile) => Promise<Uint8Array>): ReadNode {
  return async (height, index) => {
    const level = Math.floor(height / TILE_HEIGHT);
    const count = 2 ** (height % TILE_HEIGHT);
    const first = index * count;
    const tile = tileAt(level, Math.floor(first / TILE_WIDTH), size);
    const at = first % TILE_WIDTH;
    if (tile === undefined || at + count > tile.width)
      throw new RangeError(`a tree of ${size} leaves has no node ${index} at height ${height}`);
    const bytes = await readTile(tile);
    if (bytes.length !== tile.width * HASH_BYTES)
      throw new DockError(
        'log.tile',
        `${tilePath(tile)} has ${bytes.length} bytes, not ${tile.width * HASH_BYTES}`,
        {
          retry: 'person',
        },
      );
    return rootOfHashes(bytes.subarray(at * HASH_BYTES, (at + count) * HASH_BYTES));
  };
}

/** A tree that grows, with the tiles that are to be written for it: memory is one tile a level, and those that were not taken yet. */
export class GrowingTiles {
  readonly #range: CompactRange;
  /** By level: hashes of the last tile, fewer than it is wide. */
  readonly #edges: Uint8Array[][];
  readonly #grown = new Map<string, { readonly tile: Tile; readonly bytes: Uint8Array }>();

  private constructor(range: CompactRange, edges: Uint8Array[][]) {
    this.#range = range;
    this.#edges = edges;
  }

  /** A tree without leaves. */
  static empty(): GrowingTiles {
    return new GrowingTiles(new CompactRange(), []);
  }

  /** The tree of `size` leaves, from its last tiles. Errors: as nodesOfTiles. */
  static async at(size: number, readTile: (tile: Tile) => Promise<Uint8Array>): Promise<GrowingTiles> {
    const tiles = new Map<string, Promise<Uint8Array>>();
    const read = nodesOfTiles(size, (tile) => {
      const path = tilePath(tile);
      const bytes = tiles.get(path) ?? readTile(tile); // of one many hashes are asked for
      tiles.set(path, bytes);
      return bytes;
    });
    const edges: Uint8Array[][] = [];
    for (let level = 0; hashesAt(level, size) > 0; level++) {
      const [all, edge]: [number, Uint8Array[]] = [hashesAt(level, size), []];
      for (let at = all - (all % TILE_WIDTH); at < all; at++) edge.push(await read(level * TILE_HEIGHT, at));
      edges.push(edge);
    }
    return new GrowingTiles(new CompactRange(size, await readPeaks(size, read)), edges);
  }

  /** Leaves so far. */
  get size(): number {
    return this.#range.size;
  }

  /** Root over all leaves so far. */
  root(): Uint8Array {
    return this.#range.root();
  }

  /** Takes the hash of the next leaf. */
  append(leaf: Uint8Array): void {
    this.#range.append(leaf);
    let hash = leaf;
    for (let level = 0; ; level++) {
      const edge = (this.#edges[level] ??= []);
      edge.push(hash);
      if (edge.length < TILE_WIDTH) return;
      const bytes = Buffer.concat(edge);
      const tile = { level, index: hashesAt(level + 1, this.size) - 1, width: TILE_WIDTH };
      this.#grown.set(tilePath(tile), { tile, bytes });
      edge.length = 0;
      hash = rootOfHashes(bytes);
    }
  }

  /** Tiles that filled up since the last call, and the partial ones that a tree of `since` leaves does not have. */
  take(since: number): { readonly tile: Tile; readonly bytes: Uint8Array }[] {
    const full = [...this.#grown.values()];
    this.#grown.clear();
    const partial = [...tilesBetween(since, this.size)].filter(({ width }) => width < TILE_WIDTH);
    return [
      ...full,
      ...partial.map((tile) => ({ tile, bytes: Buffer.concat(this.#edges[tile.level] ?? []) })),
    ];
  }
}

/** Root over hashes, whose number is a power of two. */
export function rootOfHashes(hashes: Uint8Array): Uint8Array {
  if (hashes.length === HASH_BYTES) return hashes;
  const middle = hashes.length / 2;
  return nodeHash(rootOfHashes(hashes.subarray(0, middle)), rootOfHashes(hashes.subarray(middle)));
}
