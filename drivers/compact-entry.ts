// An entry of a listing with little memory of its own: a camera may list INVENTORY_ENTRIES_MAX of them, and while it is listed once more
// there are twice as many.
import { bufferOf } from '../protocol/format/bytes.ts';
import { instantMs, instantText } from '../protocol/format/instants.ts';
import type { InventoryEntry } from './driver.ts';

/** What the given entry is. Path and time are made when they are asked for: a text and a number take a quarter of their memory. */
export class CompactEntry implements InventoryEntry {
  readonly kind: InventoryEntry['kind'];
  readonly sizeBytes: number;
  readonly modifiedStepMs: number;
  readonly stamp: string;
  readonly locked: boolean;
  readonly vendor: InventoryEntry['vendor'];
  /** Latin-1: a character for each byte. */
  readonly #path: string;
  /** Ms since 1970, or the text where that is another one than such a number gives. */
  readonly #modified: number | string | null;

  constructor(entry: InventoryEntry) {
    this.kind = entry.kind;
    this.sizeBytes = entry.sizeBytes;
    this.modifiedStepMs = entry.modifiedStepMs;
    this.stamp = entry.stamp;
    this.locked = entry.locked;
    this.vendor = entry.vendor;
    this.#path = bufferOf(entry.path).toString('latin1');
    this.#modified = numbered(entry.modifiedAt);
  }

  /** A copy, each time. */
  get path(): Uint8Array {
    return Buffer.from(this.#path, 'latin1');
  }

  get modifiedAt(): string | null {
    return typeof this.#modified === 'number' ? instantText(this.#modified) : this.#modified;
  }
}

function numbered(modifiedAt: string | null): number | string | null {
  const ms = modifiedAt === null ? null : instantMs(modifiedAt);
  return ms !== null && instantText(ms) === modifiedAt ? ms : modifiedAt;
}
