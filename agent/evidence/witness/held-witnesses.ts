// The witnesses of a vault, verified like `bodydock verify` does it, with what is needed to compare their days with the documents that are here.
import { join } from 'node:path';
import { stationDays } from '../../../protocol/custody/witness-day.ts';
import { dayOf, documentsOf } from '../../../protocol/custody/witness.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { WITNESS } from '../../../protocol/format/file-names.ts';
import { isReceiverId, isStationId } from '../../../protocol/format/ids.ts';
import { knownKeys } from '../verify/known-keys.ts';
import { findPlace, readVaultId } from '../verify/place.ts';
import { listSorted, type ReadFiles } from '../verify/read-files.ts';
import { finding, type Remark } from '../verify/remark.ts';
import type { LoggedDrop, StoreLog } from '../verify/store-log.ts';
import { readTrustedKeys, type TrustedKeys } from '../verify/trusted-keys.ts';
import { judgeVaultDrops, readVaultLogs } from '../verify/vault-drops.ts';
import {
  checkWitnesses,
  DocumentDays,
  type FoundWitness,
  rootRemarks,
  type WitnessedDays,
} from '../verify/witness-check.ts';

/** What reading needs. Paths are absolute. */
export interface WitnessQuestion {
  readonly files: ReadFiles;
  readonly vault: string;
  /** Undefined: where they lie beside the vault. */
  readonly keysFolder: string | undefined;
  /** Time of the check, ms since 1970. */
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

/** All witnesses whose signatures and places hold, by receiver and day, and what is wrong with others. */
export interface HeldWitnesses {
  /** Absolute. */
  readonly vault: string;
  /** Those that the vault's own documents introduce among them. */
  readonly keys: TrustedKeys;
  readonly witnesses: readonly FoundWitness[];
  readonly remarks: readonly Remark[];
}

/** Errors: "witness.no-vault", "verify.*", "key.*"; the signal's reason; those of the machine. */
export async function heldWitnesses(question: WitnessQuestion): Promise<HeldWitnesses> {
  const { files, vault, signal } = question;
  const place = await findPlace(files, vault);
  if (place.kind !== 'vault')
    throw new DockError('witness.no-vault', `${vault} is no vault: name the folder with vault.json`, {
      retry: 'person',
    });
  const trusted = await readTrustedKeys(question.keysFolder ?? place.keysFolder);
  const { keys } = await knownKeys(files, place, trusted);
  const { id } = await readVaultId(files, place);
  const witnesses: FoundWitness[] = [];
  const remarks: Remark[] = [];
  for (const receiver of ((await listSorted(files, place.path)) ?? []).filter(isReceiverId)) {
    const folder = join(place.path, receiver, WITNESS);
    const where = `${receiver}/${WITNESS}`;
    const checked = await checkWitnesses({ files, folder, where, receiver, vault: id, keys, signal });
    witnesses.push(...checked.witnesses);
    remarks.push(...checked.remarks);
  }
  return { vault: place.path, keys, witnesses, remarks };
}

/**
 * The documents of some days that a vault holds, and those that the store's logs say after a signature were dropped.
 * Errors: "witness.too-many"; the signal's reason; the system's.
 */
export async function daysInVault(
  question: Pick<WitnessQuestion, 'files' | 'signal'>,
  held: Pick<HeldWitnesses, 'vault'>,
  store: StoreLog,
  days: ReadonlySet<string>,
): Promise<WitnessedDays> {
  const { files, signal } = question;
  const found = new DocumentDays(days);
  for (const station of ((await listSorted(files, held.vault)) ?? []).filter(isStationId)) {
    const folder = join(held.vault, station);
    if ((await files.stat(folder))?.kind !== 'folder') continue;
    const read = await stationDays({ files, folder, wanted: (day) => days.has(day), signal });
    found.put(station, read.days);
  }
  found.takeDropped(store);
  return found;
}

// Compares printed lines of witnesses with a vault: whether the witness of that day is the one that was printed, and whether the documents of
// that day are those that it stands for.

/** One line with what was found; good without a finding. */
export interface CheckedLine {
  readonly line: PrintedLine;
  readonly remarks: readonly Remark[];
}

/** All lines, and what is wrong with the vault's witnesses as a whole. */
export interface CheckedLines {
  readonly lines: readonly CheckedLine[];
  readonly remarks: readonly Remark[];
}

/** Errors: those of heldWitnesses and daysInVault. */
export async function checkLines(
  question: WitnessQuestion,
  lines: readonly PrintedLine[],
): Promise<CheckedLines> {
  const held = await heldWitnesses(question);
  const asked = new Set(lines.map(({ day }) => day));
  const logs = await readVaultLogs({ ...question, ...held });
  const days = await daysInVault(question, held, logs.store, asked);
  const checked: CheckedLine[] = [];
  for (const line of lines) {
    const found = witnessFor(held, line);
    const remarks = found === undefined ? [noLine(line)] : lineRemarks(found, line);
    if (found !== undefined) remarks.push(...(await rootRemarks(found, days)));
    checked.push({ line, remarks });
  }
  const isAsked = ({ received_at, deleted_at }: LoggedDrop): boolean =>
    asked.has(dayOf(received_at)) || (deleted_at !== null && asked.has(dayOf(deleted_at)));
  const dropped = await judgeVaultDrops({ ...question, ...held }, logs, isAsked);
  return { lines: checked, remarks: [...held.remarks, ...dropped] };
}

function witnessFor({ witnesses }: HeldWitnesses, { day, receiver }: PrintedLine): FoundWitness | undefined {
  return witnesses.find(({ witness }) => witness.day === day && witness.receiver === receiver);
}

function noLine({ day, receiver }: PrintedLine): Remark {
  const message = `the vault holds no witness of ${day} by ${receiver} whose signature holds`;
  return finding('witness.no-line', `${receiver}/witness/${day}.json`, message, { day, receiver });
}

function lineRemarks({ witness, where }: FoundWitness, line: PrintedLine): Remark[] {
  const pairs = [
    ['documents', line.documents, documentsOf(witness)],
    ['root', line.root, witness.root],
    ['previous', line.previous ?? '-', witness.previous_sha256 ?? '-'],
  ] as const;
  return pairs
    .filter(([, printed, found]) => printed !== found)
    .map(([field, printed, found]) => {
      const message = `${field}: printed ${printed}, in the vault ${found}`;
      return finding('witness.line-differs', where, message, { field, printed, found });
    });
}

// Reads the lines of witnesses as they come back from paper (SPEC 4.10): typed, scanned, broken where the paper ended, with or without the
// gaps that make digits readable. Pure.

/** What a printed line says. */
export interface PrintedLine {
  readonly day: string;
  readonly receiver: string;
  readonly documents: number;
  readonly root: string;
  /** Null for the first witness. */
  readonly previous: string | null;
}

const DIGEST = '(?:[0-9a-f]\\s*){64}';
const LINE = new RegExp(
  `bodydock-witness\\s+1\\s+(\\d{4}-\\d{2}-\\d{2})\\s+(r-[a-z0-9-]{1,30})\\s+documents=\\s*(\\d{1,15})\\s+root=\\s*(${DIGEST})previous=\\s*(${DIGEST}|-)`,
  'g',
);
const BEGINNING = /bodydock-witness\s/g;

/** All lines in a text, and how many more begin in it but cannot be read as a whole. */
export function printedLines(text: string): { readonly lines: PrintedLine[]; readonly unreadable: number } {
  const plain = text.toLowerCase();
  const lines = [...plain.matchAll(LINE)].map(
    ([, day = '', receiver = '', documents = '', root = '', previous = '']): PrintedLine => ({
      day,
      receiver,
      documents: Number(documents),
      root: root.replaceAll(/\s/g, ''),
      previous: previous === '-' ? null : previous.replaceAll(/\s/g, ''),
    }),
  );
  return { lines, unreadable: [...plain.matchAll(BEGINNING)].length - lines.length };
}

/** A digest in groups of eight, for eyes. */
export function grouped(digest: string): string {
  return (digest.match(/.{1,8}/g) ?? []).join(' ');
}
