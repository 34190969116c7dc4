// Compares printed lines of witnesses with a vault: whether the witness of that day is the one that was printed, and whether the documents of
// that day are those that it stands for.
import { finding, type Remark } from '../verify/remark.ts';
import { rootRemarks } from '../verify/witness-roots.ts';
import type { FoundWitness } from '../verify/witness-check.ts';
import { documentsOf } from '../../../protocol/custody/witness.ts';
import { daysInVault, heldWitnesses, type HeldWitnesses, type WitnessQuestion } from './held-witnesses.ts';
import type { PrintedLine } from './printed-lines.ts';

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
  const days = await daysInVault(question, held, new Set(lines.map(({ day }) => day)));
  const checked: CheckedLine[] = [];
  for (const line of lines) {
    const found = witnessFor(held, line);
    const remarks = found === undefined ? [noLine(line)] : lineRemarks(found, line);
    if (found !== undefined) remarks.push(...(await rootRemarks(found, days)));
    checked.push({ line, remarks });
  }
  return { lines: checked, remarks: held.remarks };
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
