// Checks the evaluations of a station (SPEC 4.18): shape, place, who signed; and what they, the recordings and the store's log say differently.
import { join } from 'node:path';
import {
  type Evaluation,
  EVALUATION_BYTES_MAX,
  EVALUATION_TRUSTED_COMMENT,
  parseEvaluation,
} from '../../../protocol/documents/evaluation.ts';
import { isKeyId } from '../../../protocol/documents/key-documents.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { EVALUATION, signed } from '../../../protocol/format/file-names.ts';
import { isRecordingId } from '../../../protocol/format/ids.ts';
import type { OrdersQuestion } from './order-check.ts';
import { listFolder, oddNames, unexpected } from './read-files.ts';
import { below, finding, note, type Remark } from './remark.ts';
import { checkDocument, type DocumentKind } from './signed-document.ts';
import { storedEvaluation, type StoreLog } from './store-log.ts';

const NAMES: ReadonlySet<string> = new Set(signed(EVALUATION));

const KIND: DocumentKind<Evaluation> = {
  name: 'evaluation',
  file: EVALUATION,
  bytesMax: EVALUATION_BYTES_MAX,
  trustedComment: EVALUATION_TRUSTED_COMMENT,
  parse: parseEvaluation,
  signers: (keys) => keys.evaluator.map(({ key }) => key),
};

/** One that can be read. */
export interface FoundEvaluation {
  readonly evaluation: Evaluation;
  readonly sha256: string;
  readonly where: string;
  /** By its folder. */
  readonly station: string;
  readonly keyId: string;
  /** Its signature by that key holds. */
  readonly isSigned: boolean;
}

/** The `evaluations` folder of a station. */
export type EvaluationsQuestion = OrdersQuestion & { readonly station: string };

/** All of a folder. Errors: the signal's reason; those of the machine. */
export async function checkEvaluations(
  question: EvaluationsQuestion,
): Promise<{ readonly evaluations: FoundEvaluation[]; readonly remarks: Remark[] }> {
  const { files, folder, where, signal } = question;
  const sum = { evaluations: [] as FoundEvaluation[], remarks: [] as Remark[] };
  const names = async (
    below: string,
    place: string,
    isGood: (name: string) => boolean,
  ): Promise<string[]> => {
    const listed = (await listFolder(files, below, place)) ?? [];
    if (!Array.isArray(listed)) sum.remarks.push(listed);
    const all = Array.isArray(listed) ? listed : [];
    sum.remarks.push(...all.filter((name) => !isGood(name)).map((name) => unexpected(place, name)));
    return all.filter(isGood);
  };
  for (const recording of await names(folder, where, isRecordingId)) {
    const place = below(where, recording);
    for (const keyId of await names(join(folder, recording), place, isKeyId)) {
      signal.throwIfAborted();
      const checked = await checkOne(question, recording, keyId);
      if (checked.found !== undefined) sum.evaluations.push(checked.found);
      sum.remarks.push(...checked.remarks);
    }
  }
  return sum;
}

async function checkOne(
  { files, folder: parent, where: above, station, keys }: EvaluationsQuestion,
  recording: string,
  keyId: string,
): Promise<{ readonly found: FoundEvaluation | undefined; readonly remarks: readonly Remark[] }> {
  const folder = join(parent, recording, keyId);
  const where = below(below(above, recording), keyId);
  const names = await listFolder(files, folder, where);
  if (names === undefined) return { found: undefined, remarks: [] };
  if (!Array.isArray(names)) return { found: undefined, remarks: [names] };
  const checked = await checkDocument(files, folder, where, KIND, keys);
  const { bytes, value } = checked;
  const isJudged = keys.evaluator.length > 0;
  const remarks = [
    ...oddNames(where, names, NAMES),
    ...checked.remarks.filter(({ code }) => isJudged || code !== 'evaluation.signature-unknown-key'),
  ];
  if (bytes === undefined || value === undefined) return { found: undefined, remarks };
  if (!isJudged)
    remarks.push(note('evaluation.not-judged', where, 'evaluation: no key of an evaluator is given'));
  const fields = [
    ['station', station, value.station],
    ['recording', recording, value.recording],
    ['key', keyId, checked.keyId ?? keyId],
  ] as const;
  for (const [field, expected, found] of fields)
    if (expected !== found) {
      const message = `evaluation: ${field}: its folder is of ${expected}, and it is of ${found}`;
      remarks.push(finding('evaluation.misplaced', where, message, { expected, found }));
    }
  const isSigned = checked.keyId === keyId;
  return {
    found: { evaluation: value, sha256: sha256Hex(bytes), where, station, keyId, isSigned },
    remarks,
  };
}

/** Digest of the manifest of a recording that is here, by its id and station. */
type HeldManifest = (recording: string, station: string) => string | undefined;
/** What a store's log says of evaluations, and whose recordings' documents it dropped. */
export type EvaluationLog = Pick<StoreLog, 'evaluations' | 'places' | 'droppedDocuments'>;

/** What evaluations, recordings and, of a whole vault, the store's log say differently of each other. Pure. */
export function evaluationRemarks(
  evaluations: readonly FoundEvaluation[],
  held: HeldManifest,
  log: EvaluationLog,
  isWhole: boolean,
): Remark[] {
  const here = new Set(evaluations.map(nameOf));
  const missing = [...log.evaluations].filter(
    ([name, { recording, station }]) =>
      isWhole && !here.has(name) && !log.droppedDocuments.has(`${station} ${recording}`),
  );
  return [
    ...evaluations.flatMap((found) => [
      ...recordingRemarks(found, held),
      ...(isWhole ? logRemarks(found, log) : []),
    ]),
    ...missing.map(([, { recording, keyId }]) => {
      const message = `an evaluation of recording ${recording} by key ${keyId} is not here`;
      return finding('evaluation.missing', log.places[0] ?? '.', message, { recording, key_id: keyId });
    }),
  ];
}

function nameOf({ evaluation: { recording }, station, keyId }: FoundEvaluation): string {
  return storedEvaluation({ station, recording, keyId });
}

function recordingRemarks({ evaluation, where, station }: FoundEvaluation, held: HeldManifest): Remark[] {
  const { recording, manifest_sha256: expected } = evaluation;
  const found = held(recording, station);
  if (found === expected) return [];
  const message = `evaluation: recording ${recording} with manifest ${expected} is not here`;
  return [finding('evaluation.no-recording', where, message, { expected, found: found ?? null })];
}

function logRemarks(found: FoundEvaluation, log: EvaluationLog): Remark[] {
  if (log.places.length === 0) return [];
  const { where, sha256, keyId } = found;
  const digests = log.evaluations.get(nameOf(found))?.digests;
  if (digests === undefined)
    return [note('evaluation.not-logged', where, `the store's log names no evaluation by key ${keyId}`)];
  if (digests.has(sha256)) return [];
  const message = `evaluation: the store's log names another one by key ${keyId}; this one has SHA-256 ${sha256}`;
  return [finding('evaluation.other-logged', where, message, { found: sha256 })];
}
