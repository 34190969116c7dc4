// The files of a docking that is open: what must outlive a cut so that the docking gets its record. Two files below `docked/`:
// `<docking>.opening` (who, when, clock, condition) and `<docking>.inventory` (the first listing, before anything was touched).
//
// Invariants:
// 1. A file is written whole under another name, synced and renamed, and never changed: an unfinished write is no journal, so there is no
//    torn tail, and a file of a journal's name that is not whole was damaged behind our back.
// 2. What became of the entries is not in it: that is proven by the manifests in the spool and by the custody log.
// 3. An opening has some hundred bytes; an inventory at most INVENTORY_ENTRIES_MAX lines of some 100.
//
// Shape: that of agent/platform/cache-file.ts. The line of an opening is JSON in ASCII behind "opening "; the first line of an inventory is JSON
// behind "inventory ", and each further one that of SPEC 4.3, without its LF.
import { join } from 'node:path';
import * as z from 'zod';
import { dockingRecordFields, inventoryLine } from '../../protocol/documents/docking-record.ts';
import type { DockingId } from '../../protocol/format/ids.ts';
import { INVENTORY_ENTRIES_MAX } from '../../protocol/format/limits.ts';
import type { Files } from '../../protocol/format/ports.ts';
import { readDigested, writeCache, type CacheFile } from '../platform/cache-file.ts';
import type { DockingInventory, DockingMeasured, DockingOpening, InventoryRow } from './ended-docking.ts';

export const OPENING_SUFFIX = '.opening';
export const INVENTORY_SUFFIX = '.inventory';

/** What an opening file holds. */
export type JournalOpening = DockingOpening & DockingMeasured;

/** What an inventory file holds. */
export interface JournalInventory {
  readonly inventory: DockingInventory;
  /** In the order of the listing; walked through at each attempt to write them. */
  readonly rows: Iterable<InventoryRow>;
}

/** The same as it is read. */
export interface StoredInventory extends JournalInventory {
  readonly rows: readonly InventoryRow[];
}

const { shape } = dockingRecordFields;
const openingSchema = z.strictObject({
  docking: shape.docking,
  station: shape.station,
  bay: shape.bay,
  camera: shape.camera,
  docked_at: shape.docked_at,
  clock_synchronised: shape.clock_synchronised,
  camera_clock: shape.camera_clock,
  condition: shape.condition,
  // An opening of 0.1.0 does not have these: its docking is a stay of its own.
  stay: shape.stay.optional(),
  stay_docked_at: shape.stay_docked_at.optional(),
  plug: shape.plug.optional(),
});
const inventorySchema = shape.inventory.unwrap();
const ROW = /^([0-9a-f]{64}) (\d{1,16}) (-|[0-9TZ:.-]{24})$/;

/** Writes an opening in place of an older one. Its name is durable after the folder's sync. Errors: the system's. */
export async function writeOpening(files: Files, folder: string, opening: JournalOpening): Promise<void> {
  const file = fileOf(folder, opening.docking, OPENING_SUFFIX);
  await writeCache(files, file, [`opening ${asciiJson(opening)}`]);
}

/** Writes the first listing. Its name is durable after the folder's sync. Errors: the system's. */
export async function writeInventory(
  files: Files,
  folder: string,
  docking: DockingId,
  journal: JournalInventory,
): Promise<void> {
  await writeCache(files, fileOf(folder, docking, INVENTORY_SUFFIX), linesOf(journal));
}

/** The opening, or undefined where the file is damaged. Errors: the system's. */
export async function readOpening(
  files: Files,
  folder: string,
  docking: DockingId,
): Promise<JournalOpening | undefined> {
  const parse = (line: string): JournalOpening =>
    openingOf(openingSchema.parse(jsonBehind('opening ', line)));
  const lines = await readWhole(files, fileOf(folder, docking, OPENING_SUFFIX), parse);
  const [opening] = lines ?? [];
  return opening?.docking === docking && lines?.length === 1 ? opening : undefined;
}

/** The first listing, or undefined where the file is damaged. Errors: the system's. */
export async function readInventory(
  files: Files,
  folder: string,
  docking: DockingId,
): Promise<StoredInventory | undefined> {
  let inventory: DockingInventory | undefined;
  const parse = (line: string): InventoryRow | null => {
    if (inventory !== undefined) return rowOf(line);
    inventory = inventorySchema.parse(jsonBehind('inventory ', line));
    return null;
  };
  const lines = await readWhole(files, fileOf(folder, docking, INVENTORY_SUFFIX), parse);
  const rows = lines?.filter((row) => row !== null);
  return inventory !== undefined && rows?.length === inventory.entries ? { inventory, rows } : undefined;
}

function openingOf({
  stay,
  stay_docked_at: since,
  plug = null,
  ...opening
}: z.infer<typeof openingSchema>): JournalOpening {
  const own = { stay: opening.docking, stay_docked_at: opening.docked_at };
  return {
    ...opening,
    ...(stay === undefined ? own : { stay, stay_docked_at: since ?? null }),
    plug,
  };
}

function fileOf(folder: string, docking: DockingId, suffix: string): CacheFile {
  const header = JSON.stringify({ type: `docking${suffix.replace('.', '-')}`, version: 1, docking });
  return { path: join(folder, docking + suffix), header, entriesMax: INVENTORY_ENTRIES_MAX + 1 };
}

function* linesOf({ inventory, rows }: JournalInventory): Generator<string> {
  yield `inventory ${asciiJson(inventory)}`;
  for (const { path_sha256, size_bytes, modified_at } of rows)
    yield inventoryLine(path_sha256, size_bytes, modified_at).trimEnd();
}

/** A line that does not parse is damage, and not a failure of the disk. */
async function readWhole<Entry>(
  files: Files,
  file: CacheFile,
  parse: (line: string) => Entry,
): Promise<readonly Entry[] | undefined> {
  return readDigested(files, file, (line) => {
    try {
      return parse(line);
    } catch {
      return undefined;
    }
  });
}

function rowOf(line: string): InventoryRow {
  const [, path_sha256 = '', size = '', time = ''] = ROW.exec(line) ?? [];
  if (path_sha256 === '') throw new Error('no line of an inventory');
  return { path_sha256, size_bytes: Number(size), modified_at: time === '-' ? null : time };
}

function jsonBehind(word: string, line: string): unknown {
  return line.startsWith(word) ? JSON.parse(line.slice(word.length)) : undefined;
}

/** Lines of such files are ASCII; what a camera says of itself may be anything. */
function asciiJson(value: JournalOpening | DockingInventory): string {
  return JSON.stringify(value).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
