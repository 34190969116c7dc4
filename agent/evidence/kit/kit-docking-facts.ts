// What the page of a kit says of one docking, row by row, from what its records claim. Pure.
import { fill, shownAt } from '../page/language.ts';
import type { DockingRecord } from '../../../protocol/documents/docking-record.ts';
import type { KitDocking, KitParts } from './kit-parts.ts';
import type { KitWords } from './kit-words-en.ts';

type Row = readonly [string, string];
const FATES = ['stored', 'matched', 'not-a-file', 'waiting', 'vanished'] as const;

/** One docking: all of its records that are here, by their parts. */
export interface DockingParts {
  readonly docking: string;
  readonly records: readonly KitDocking[];
}

/** The dockings of a kit in their order. */
export function dockingsIn({ dockings }: KitParts): DockingParts[] {
  const grouped = new Map<string, KitDocking[]>();
  for (const record of dockings) {
    const { docking } = record.document;
    grouped.set(docking, [...(grouped.get(docking) ?? []), record]);
  }
  return [...grouped].map(([docking, records]) => ({ docking, records }));
}

/** All that is known of a docking. */
export function dockingFactRows({ records }: DockingParts, words: KitWords): Row[] {
  const document = records[0]?.document;
  if (document === undefined) return [];
  const { station, bay, camera, camera_clock: clock } = document;
  const entries = records.flatMap((record) => record.document.entries);
  const rows: Row[] = [
    [words.station, `${station}, ${bay}`],
    [
      words.camera,
      fill(words.cameraText, camera.id, camera.model ?? words.notTold, camera.serial ?? words.notTold),
    ],
    [words.docked, `${stayText(document, words)}; ${words.ended[document.ended]}`],
    ...(clock === null ? [] : [[words.cameraClock, cameraClockText(clock, words)] as const]),
    [words.files, filesText(document, words)],
  ];
  if (entries.length > 0) rows.push([words.fates, fatesText(entries, words)]);
  return [...rows, ...receiptRow(records, words)];
}

/** What an empty docking proves, in a sentence; undefined where it proves nothing of that kind. */
export function proofText({ records }: DockingParts, words: KitWords): string | undefined {
  const document = records[0]?.document;
  if (document?.inventory?.complete !== true || records.length < document.parts) return undefined;
  const entries = records.flatMap((record) => record.document.entries);
  if (entries.length < document.inventory.entries + document.later) return undefined; // of very many, some have no place in it
  if (entries.length === 0) return words.empty;
  return entries.every(({ fate }) => fate === 'matched' || fate === 'not-a-file')
    ? words.nothingNew
    : undefined;
}

/** From when to when a camera was there. */
export function stayText({ docked_at: from, ended_at: to }: DockingRecord, words: KitWords): string {
  return fill(words.dockedText, shownAt(from), to === null ? words.notTold : shownAt(to));
}

function cameraClockText(
  { offset_ms: offset, uncertainty_ms: uncertainty }: NonNullable<DockingRecord['camera_clock']>,
  words: KitWords,
): string {
  return fill(words.cameraClockText, seconds(offset), seconds(uncertainty));
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function filesText({ inventory, later }: DockingRecord, words: KitWords): string {
  if (inventory === null) return words.filesNone;
  const listed = fill(words.filesText, inventory.entries);
  const all = later === 0 ? listed : fill(words.filesLater, listed, later);
  return inventory.complete ? all : fill(words.filesIncomplete, all);
}

function fatesText(entries: DockingRecord['entries'], words: KitWords): string {
  const counts = FATES.map((fate) => [fate, entries.filter((entry) => entry.fate === fate).length] as const);
  const erased = entries.filter((entry) => entry.erased === true).length;
  const unseen = entries.filter((entry) => entry.erased === null).length;
  return [
    ...counts.filter(([, count]) => count > 0).map(([fate, count]) => fill(words.fateWords[fate], count)),
    ...(erased === 0 ? [] : [fill(words.fatesErased, erased)]),
    ...(unseen === 0 ? [] : [fill(words.fatesUnseen, unseen)]),
  ].join('; ');
}

/** Of the last part: the record is whole in the store from then on. */
function receiptRow(records: readonly KitDocking[], words: KitWords): Row[] {
  const receipts = records.flatMap(({ receipt }) => receipt ?? []);
  const last = receipts.sort((a, b) => (a.received_at < b.received_at ? -1 : 1)).at(-1);
  if (last === undefined || receipts.length < records.length) return [[words.received, words.noReceipt]];
  return [[words.received, fill(words.receivedText, shownAt(last.received_at), last.receiver, last.vault)]];
}
