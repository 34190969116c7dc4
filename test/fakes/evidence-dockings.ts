// Docking records as the independent checker reads them (SPEC 4.4, 4.6): signatures, receipts, parts, inventories and each camera's
// chain. What they claim is compared with the log and with the recordings by evidence-docking-claims.ts.
import { join } from 'node:path';
import { sha256 } from './evidence-bytes.ts';
import { checkReceipt, readOrTell, readSigned, type EvidenceKeys, type Tell } from './evidence-documents.ts';
import { groupedBy } from './grouped-by.ts';
import type { Shelf } from './evidence-shelf.ts';

const FOUR_FILES = 'docking.json docking.json.minisig receipt.json receipt.json.minisig';
const TWO_FILES = 'docking.json docking.json.minisig';
const DOCKING_SHAPE = {
  version: 0,
  docking: '',
  record: '',
  station: '',
  bay: '',
  part: 0,
  parts: 0,
  camera: { id: '' },
  ended: '',
  later: 0,
  entries: [],
};
/** SPEC 4.6. */
const GOES_ON = ['continued', 'stopped', 'cut-off'];
/** SPEC 4.6. */
const ENTRIES_PER_PART = 256;

export interface DockingEntrySeen {
  readonly path_sha256: string;
  readonly size_bytes: number;
  readonly modified_at: string | null;
  readonly later: boolean;
  readonly fate: 'stored' | 'matched' | 'not-a-file' | 'waiting' | 'vanished';
  readonly recording: string | null;
  readonly reason: string | null;
  readonly erased: boolean | null;
}

/** One part as it is written. */
export interface DockingDocument {
  readonly version: number;
  readonly docking: string;
  /** Not in version 1. */
  readonly stay?: string;
  readonly record: string;
  readonly station: string;
  readonly bay: string;
  readonly part: number;
  readonly parts: number;
  readonly camera: { readonly id: string; readonly model: string | null; readonly serial: string | null };
  readonly ended: string;
  readonly ended_at: string | null;
  readonly inventory: {
    readonly entries: number;
    readonly bytes: number;
    readonly sha256: string;
    readonly complete: boolean;
  } | null;
  readonly later: number;
  readonly entries: readonly DockingEntrySeen[];
  readonly previous_docking_sha256: string | null;
}

/** One folder. */
export interface DockingPart {
  readonly id: string;
  readonly folder: string;
  readonly sha256: string;
  readonly receipted: boolean;
  readonly document: DockingDocument;
}

/** A docking with all of its parts. */
export interface DockingSeen {
  readonly docking: string;
  readonly parts: readonly DockingPart[];
  /** Fields that all parts share, from the first one. */
  readonly about: DockingDocument;
  readonly entries: readonly DockingEntrySeen[];
}

/** True for a folder that holds a docking record, however damaged. */
export function isDockingFolder(shelf: Shelf, folder: string): boolean {
  return shelf.has(join(folder, 'docking.json')) || shelf.has(join(folder, 'docking.json.minisig'));
}

/** Reads one folder. Throws where it cannot be read. */
export function readDockingPart(folder: string, id: string, keys: EvidenceKeys, tell: Tell): DockingPart {
  const names = keys.shelf.names(folder).sort().join(' ');
  if (names !== FOUR_FILES && names !== TWO_FILES) tell(`holds ${names}`);
  const how = { type: 'docking-record', key: keys.stationKey, shape: DOCKING_SHAPE, tell };
  const signed = readSigned<DockingDocument>(keys.shelf, folder, 'docking.json', how);
  const { document } = signed;
  if (!('inventory' in document)) throw new Error('docking.json: lacks its inventory'); // it may be null, and has no shape
  if (document.record !== id || document.station !== keys.station) tell('record of another docking');
  const nothing = { sealed_size_bytes: 0, chunks_sha256: sha256('') };
  const wanted = { kind: 'docking', recording: id, manifest_sha256: signed.sha256, ...nothing } as const;
  return { id, folder, sha256: signed.sha256, receipted: checkReceipt(folder, keys, wanted, tell), document };
}

/** Records in the station's own spool: those that wait for a receipt, and the newest of each camera. */
export function readSpooledDockings(spool: string, keys: EvidenceKeys, problems: string[]): DockingPart[] {
  const parent = join(spool, 'dockings');
  return keys.shelf.names(parent).flatMap((id) => {
    const folder = join(parent, id);
    return readOrTell(folder, problems, (tell) => readDockingPart(folder, id, keys, tell));
  });
}

/** Puts parts together and judges each docking by itself. A part may be given twice, as vault and spool hold it. */
export function joinDockings(all: readonly DockingPart[], problems: string[]): DockingSeen[] {
  const parts = new Map<string, DockingPart>();
  for (const part of all) {
    const known = parts.get(part.id);
    if (known !== undefined && known.sha256 !== part.sha256)
      problems.push(`docking record ${part.id}: ${part.folder} is not ${known.folder}`);
    parts.set(part.id, known ?? part);
  }
  const dockings = groupedBy(parts.values(), ({ document }) => document.docking);
  return [...dockings].map(([docking, found]) => joinDocking(docking, found, problems));
}

function joinDocking(docking: string, found: DockingPart[], problems: string[]): DockingSeen {
  const tell = (what: string): void => void problems.push(`docking ${docking}: ${what}`);
  const parts = found.sort((a, b) => a.document.part - b.document.part);
  const about = (parts[0] as DockingPart).document;
  if (parts.map(({ document }) => document.part).join() !== numbersTo(about.parts))
    tell(`has parts ${parts.map(({ document }) => document.part).join()} of ${about.parts}`);
  if (about.part === 1 && about.record !== docking) tell('its first part is not named as it is');
  for (const [at, { document }] of parts.entries()) {
    if (shared(document) !== shared(about)) tell(`part ${document.part} says other things than the first`);
    if (document.entries.length > ENTRIES_PER_PART) tell(`part ${document.part} is too long`);
    if (at > 0 && document.previous_docking_sha256 !== parts[at - 1]?.sha256)
      tell(`part ${document.part} does not continue the one before`);
  }
  const entries = parts.flatMap(({ document }) => document.entries);
  checkInventory(about, entries, tell);
  for (const entry of entries) checkEntry(entry, tell);
  if ((about.ended === 'cut-off') !== (about.ended_at === null))
    tell(`ended ${about.ended} at ${about.ended_at}`);
  return { docking, parts, about, entries };
}

function numbersTo(count: number): string {
  return Array.from({ length: count }, (_, at) => at + 1).join();
}

/** Every field that all parts have in common. */
function shared(document: DockingDocument): string {
  return JSON.stringify({ ...document, record: 0, part: 0, entries: 0, previous_docking_sha256: 0 });
}

function checkInventory(
  { inventory, later }: DockingDocument,
  entries: readonly DockingEntrySeen[],
  tell: Tell,
): void {
  const first = entries.filter((entry) => !entry.later);
  if (entries.slice(0, first.length).some((entry) => entry.later))
    tell('later entries stand before the first');
  if (entries.length - first.length > later) tell(`lists more than ${later} later entries`);
  if (inventory === null) {
    if (first.length > 0) tell('lists an inventory that it does not have');
    return;
  }
  const lines = first.map(
    (entry) => `${entry.path_sha256} ${entry.size_bytes} ${entry.modified_at ?? '-'}\n`,
  );
  const bytes = first.reduce((sum, entry) => sum + entry.size_bytes, 0);
  if (
    first.length !== inventory.entries ||
    bytes !== inventory.bytes ||
    sha256(lines.join('')) !== inventory.sha256
  )
    tell('its entries are not those of its inventory');
}

function checkEntry({ fate, recording, reason, erased }: DockingEntrySeen, tell: Tell): void {
  const isHere = fate === 'stored' || fate === 'matched';
  if (isHere !== (recording !== null)) tell(`an entry that is ${fate} has recording ${recording}`);
  if (erased !== false && !isHere) tell(`an entry that is ${fate} was erased`);
  if (fate !== 'stored' && (fate === 'waiting') !== (reason !== null))
    tell(`an entry that is ${fate} has reason ${reason}`);
}

/** Each camera's records must be one chain without a fork. Returns dockings in its order, by camera. */
export function checkDockingChains(
  dockings: readonly DockingSeen[],
  problems: string[],
): Map<string, readonly DockingSeen[]> {
  const cameras = groupedBy(dockings, ({ about }) => about.camera.id);
  return new Map([...cameras].map(([camera, all]) => [camera, chainOf(camera, all, problems)]));
}

function chainOf(camera: string, all: readonly DockingSeen[], problems: string[]): DockingSeen[] {
  const chain: DockingSeen[] = [];
  for (let head: string | null = null; chain.length <= all.length;) {
    const next = all.filter(({ about }) => about.previous_docking_sha256 === head);
    if (next.length > 1)
      problems.push(`dockings of ${camera}: ${next.length} records continue ${head ?? 'nothing'}`);
    const [docking] = next;
    if (docking === undefined) break;
    chain.push(docking);
    head = docking.parts.at(-1)?.sha256 ?? '';
  }
  if (chain.length !== all.length)
    problems.push(`dockings of ${camera}: ${all.length - chain.length} records do not belong to the chain`);
  checkStays(camera, chain, problems);
  return chain;
}

/** The stay of a docking: of version 1 its own. */
export function stayIn({ about, docking }: DockingSeen): string {
  return about.stay ?? docking;
}

/** Each docking of a stay but the first follows one of that stay, of the same bay, behind which the camera may have stayed. */
function checkStays(camera: string, chain: readonly DockingSeen[], problems: string[]): void {
  const last = new Map<string, DockingSeen>();
  for (const seen of chain) {
    const { about, docking } = seen;
    const stay = stayIn(seen);
    const before = last.get(stay);
    const goesOn = before !== undefined && GOES_ON.includes(before.about.ended);
    if (stay !== docking && (!goesOn || before.about.bay !== about.bay))
      problems.push(`docking ${docking} of ${camera}: cannot be of stay ${stay}`);
    if (stay === docking && before !== undefined)
      problems.push(`docking ${docking} of ${camera}: others are of its stay before it`);
    last.set(stay, seen);
  }
}
