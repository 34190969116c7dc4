// Hash tiles of C2SP tlog-tiles: a tree is kept as files of up to 256 hashes of one height, and each node of the tree is found in one of them.
// A tile at level L has the roots of subtrees of 256^L leaves. No I/O.
import { DockError } from '../format/errors.ts';
import { nodeHash, type ReadNode } from './merkle.ts';

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

/** Root over hashes, whose number is a power of two. */
export function rootOfHashes(hashes: Uint8Array): Uint8Array {
  if (hashes.length === HASH_BYTES) return hashes;
  const middle = hashes.length / 2;
  return nodeHash(rootOfHashes(hashes.subarray(0, middle)), rootOfHashes(hashes.subarray(middle)));
}
