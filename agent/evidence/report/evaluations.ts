// What evaluators said of recordings, counted for a report (SPEC 4.13.6.8): answers, and whether two who evaluated one recording said the same. Whose key
// it was counts for nothing but that: no figure is of one evaluator.
import { join } from 'node:path';
import type { Questions } from '../../../config/questions.ts';
import type { Evaluation } from '../../../protocol/documents/evaluation.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { EVALUATIONS } from '../../../protocol/format/file-names.ts';
import { MANIFEST_KIND } from '../verify/document-kinds.ts';
import {
  checkEvaluations,
  type EvaluationLog,
  evaluationRemarks,
  type FoundEvaluation,
} from '../verify/evaluation-check.ts';
import { checkDocument } from '../verify/signed-document.ts';
import type { Period } from './calendar.ts';
import type { SourceOptions } from './sources.ts';
import { countsOf, STAFF_REPORTS_MIN, type StaffQuestion } from './staff.ts';

/** How often two evaluations of one recording gave the same answer to a question that both answered. */
export interface Agreement {
  readonly question: string;
  readonly text: StaffQuestion['text'];
  readonly pairs: number;
  readonly same: number;
}

export interface EvaluationFigures {
  readonly evaluations: number;
  readonly recordings: number;
  /** Of these, evaluated by two keys or more. */
  readonly recordings_twice: number;
  /** Empty with fewer than STAFF_REPORTS_MIN evaluations. */
  readonly questions: readonly StaffQuestion[];
  /** Empty with fewer than STAFF_REPORTS_MIN recordings that were evaluated twice. */
  readonly agreement: readonly Agreement[];
  /** Not counted, for want of a key of evaluators. */
  readonly not_judged: number;
}

/** Evaluations that count, and where those are that do not hold or are missing; paths below the vault. */
export interface ReadEvaluations {
  readonly counted: readonly Evaluation[];
  readonly notJudged: number;
  readonly refused: readonly string[];
}

/** Reads those of all stations. Errors: the signal's reason; those of the machine. */
export async function readEvaluations(
  options: SourceOptions,
  stations: readonly string[],
  log: EvaluationLog,
): Promise<ReadEvaluations> {
  const found: FoundEvaluation[] = [];
  const refused: string[] = [];
  const manifests = new Map<string, string | undefined>();
  for (const station of stations) {
    const where = `${station}/${EVALUATIONS}`;
    const folder = join(options.vault, station, EVALUATIONS);
    const { evaluations, remarks } = await checkEvaluations({ ...options, folder, where, station });
    found.push(...evaluations);
    refused.push(...remarks.filter(({ kind }) => kind === 'finding').map((each) => each.where));
    for (const { evaluation } of evaluations)
      manifests.set(`${station} ${evaluation.recording}`, await manifestOf(options, station, evaluation));
  }
  const held = (recording: string, station: string): string | undefined =>
    manifests.get(`${station} ${recording}`);
  for (const { kind, where, facts } of evaluationRemarks(found, held, log, true))
    if (kind === 'finding') refused.push(where === '.' ? `${EVALUATIONS}/${facts['recording']}` : where);
  const isRefused = new Set(refused.map((where) => where.replace(/\/evaluation\.json.*$/, '')));
  const good = found.filter(({ where }) => !isRefused.has(where));
  return {
    counted: good.filter(({ isSigned }) => isSigned).map(({ evaluation }) => evaluation),
    notJudged: good.filter(({ isSigned }) => !isSigned).length,
    refused: [...isRefused],
  };
}

/** Digest of the manifest that is here and holds. */
async function manifestOf(
  { files, vault, keys }: SourceOptions,
  station: string,
  { recording }: Evaluation,
): Promise<string | undefined> {
  const { bytes, keyId } = await checkDocument(
    files,
    join(vault, station, recording),
    '.',
    MANIFEST_KIND,
    keys,
  );
  return bytes === undefined || keyId === undefined ? undefined : sha256Hex(bytes);
}

/** Counts those that were signed in a period. Pure. */
export function evaluationFigures(
  { counted, notJudged }: Pick<ReadEvaluations, 'counted' | 'notJudged'>,
  questions: Questions,
  { from, to }: Period,
): EvaluationFigures {
  const all = counted.filter(({ day }) => day >= from && day <= to);
  const byRecording = new Map<string, Evaluation[]>();
  for (const each of all) {
    const name = `${each.station} ${each.recording}`;
    byRecording.set(name, [...(byRecording.get(name) ?? []), each]);
  }
  const twice = [...byRecording.values()].filter(({ length }) => length > 1);
  const counts = all.length < STAFF_REPORTS_MIN ? [] : countsOf(all, questions);
  return {
    evaluations: all.length,
    recordings: byRecording.size,
    recordings_twice: twice.length,
    questions: counts,
    agreement: twice.length < STAFF_REPORTS_MIN ? [] : agreementOf(twice.flatMap(pairsOf), counts),
    not_judged: notJudged,
  };
}

type Pair = readonly [Evaluation, Evaluation];

function pairsOf(evaluations: readonly Evaluation[]): Pair[] {
  return evaluations.flatMap((one, at) => evaluations.slice(at + 1).map((other): Pair => [one, other]));
}

/** Of one file of questions: an id may mean something else in another one. */
function agreementOf(pairs: readonly Pair[], counts: readonly StaffQuestion[]): Agreement[] {
  return counts.map(({ question, text }) => {
    const both = pairs.filter(
      ([one, other]) =>
        one.questions_sha256 === other.questions_sha256 &&
        one.answers[question] !== undefined &&
        other.answers[question] !== undefined,
    );
    const same = both.filter(([one, other]) => one.answers[question] === other.answers[question]).length;
    return { question, text, pairs: both.length, same };
  });
}
