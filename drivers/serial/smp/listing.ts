// A serial camera's list of recordings as an inventory. The list comes in pages while the camera may record: a list that changed on the way is
// read again.
import { encodeUtf8, equalBytes } from '../../../protocol/format/bytes.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { CAMERA_PATH_BYTES_MAX, INVENTORY_ENTRIES_MAX } from '../../../protocol/format/limits.ts';
import type { Inventory, InventoryEntry, InventoryProblem } from '../../driver.ts';
import { parseCameraTime, type SmpCommands, type SmpItem } from './commands.ts';

/** Items asked for at a time; the camera gives as many as fit into a packet. */
const PAGE_ITEMS = 32;
const TRIES = 3;
const PROBLEMS_MAX = 64;
/** A camera that tells no zone and no fraction. */
const TIME_STEP_MS = 1000;

/** Errors: "driver.protocol", "driver.changed" where the list never stays the same; those of the commands. */
export async function listRecordings(commands: SmpCommands, signal: AbortSignal): Promise<Inventory> {
  for (let tried = 0; tried < TRIES; tried++) {
    const items = await readPages(commands, signal);
    if (items !== undefined) return inventoryOf(items.items, items.isCut);
  }
  throw new DockError('driver.changed', `the camera's list changed while it was read, ${TRIES} times`, {
    retry: 'later',
  });
}

/** Undefined where the total changed on the way, or the list between two pages. */
async function readPages(
  commands: SmpCommands,
  signal: AbortSignal,
): Promise<{ readonly items: SmpItem[]; readonly isCut: boolean } | undefined> {
  const items: SmpItem[] = [];
  let total: number | undefined;
  for (;;) {
    const page = await commands.recordings(items.length, PAGE_ITEMS, signal);
    if (total !== undefined && page.total !== total) return undefined;
    total = page.total;
    if (!(await isNextTo(commands, items, signal))) return undefined;
    if (items.length + page.items.length > total) return nonsense('more items than it announced');
    items.push(...page.items);
    if (items.length === total) return { items, isCut: false };
    if (items.length >= INVENTORY_ENTRIES_MAX) return { items, isCut: true };
    if (page.items.length === 0) return nonsense('an empty page before the end');
  }
}

/**
 * Whether the page that was just read begins behind the items before it: one that was erased for a new one leaves the total as it was, and moves
 * the others up.
 */
async function isNextTo(
  commands: SmpCommands,
  before: readonly SmpItem[],
  signal: AbortSignal,
): Promise<boolean> {
  const last = before.at(-1);
  if (last === undefined) return true;
  const [now] = (await commands.recordings(before.length - 1, 1, signal)).items;
  return now?.name === last.name; // one that is being recorded grows meanwhile
}

/**
 * What the camera lists under that name now, or undefined where nothing. `place` is where it stood when it was listed: the order is stable,
 * so one item is asked for, and the whole list only where another one stands there.
 */
export async function listedNow(
  commands: SmpCommands,
  { name, place }: { readonly name: string; readonly place: number | undefined },
  signal: AbortSignal,
): Promise<InventoryEntry | undefined> {
  if (place !== undefined) {
    const [item] = (await commands.recordings(place, 1, signal)).items;
    if (item?.name === name) return entryOf(item, encodeUtf8(name));
  }
  const path = encodeUtf8(name);
  const { entries } = await listRecordings(commands, signal);
  return entries.find((entry) => equalBytes(entry.path, path));
}

function inventoryOf(items: readonly SmpItem[], isCut: boolean): Inventory {
  const entries: InventoryEntry[] = [];
  const problems: InventoryProblem[] = [];
  const seen = new Set<string>();
  const note = (reason: string, path: Uint8Array | null): void => {
    if (problems.length < PROBLEMS_MAX) problems.push({ reason, path });
  };
  for (const item of items) {
    const path = encodeUtf8(item.name);
    if (path.length > CAMERA_PATH_BYTES_MAX) note('path-too-long', null);
    else if (item.name === '' || item.name.includes('\uFFFD')) note('unreadable-entry', path);
    else if (seen.has(item.name)) note('duplicate-path', path);
    else entries.push(entryOf(item, path));
    seen.add(item.name);
  }
  if (isCut) note('too-many-entries', null);
  return { entries, problems };
}

function entryOf(item: SmpItem, path: Uint8Array): InventoryEntry {
  const at = item.at === undefined ? undefined : parseCameraTime(item.at);
  return {
    path,
    kind: 'file',
    sizeBytes: item.len,
    modifiedAt: at === undefined ? null : new Date(at.claimedMs).toISOString(),
    modifiedStepMs: at?.resolutionMs ?? TIME_STEP_MS,
    stamp: `${item.len}.${item.at ?? ''}`,
    locked: item.locked ?? false,
    vendor: {
      ...(item.kind === undefined ? {} : { kind: item.kind }),
      ...(item.at === undefined ? {} : { at: item.at }),
    },
  };
}

function nonsense(why: string): never {
  throw new DockError('driver.protocol', `the camera's list of recordings makes no sense: ${why}`, {
    retry: 'later',
  });
}
