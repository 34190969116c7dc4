// Takes evaluations (SPEC 4.18): looks whether one is what an evaluator may say of a recording that the vault has, puts it there durably, and enters it
// into the store's log.
//
// Invariants:
// 1. None is ever replaced: a folder is of one recording and one key, and comes whole, by one rename.
// 2. It is durable before the log names it; one that a cut kept out of the log is entered when it is placed again.
import { dirname, join } from 'node:path';
import { evaluationQuestions } from '../../../config/questions.ts';
import {
  type Evaluation,
  EVALUATION_BYTES_MAX,
  evaluatorOf,
  parseEvaluation,
} from '../../../protocol/documents/evaluation.ts';
import { equalBytes, sha256Hex } from '../../../protocol/format/bytes.ts';
import { ensureFolder, readIfThere } from '../../../protocol/format/durable.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { EVALUATION, SIGNATURE_SUFFIX } from '../../../protocol/format/file-names.ts';
import { appendStoreEvents } from '../custody/store-log.ts';
import { underLock } from '../vault/vault-lock.ts';
import type { RetentionDeps, RetentionView } from './deps.ts';
import { ORDER_AHEAD_MS, orderedRecording, placeFolder } from './order-place.ts';

/** One that may be placed. */
export interface CheckedEvaluation {
  readonly evaluation: Evaluation;
  /** Of who signed it, in hex. */
  readonly keyId: string;
  /** The vault has it already. */
  readonly isKnown: boolean;
}

/**
 * Looks whether an evaluation would be placed. Writes nothing.
 * Errors: "evaluation.signature", "evaluation.questions", "evaluation.conflict", "evaluation.future", "evaluation.again" where that key has said something
 * else of the recording; "canonical.refused", "document.*"; those of orderedRecording; the system's.
 */
export async function checkEvaluation(
  deps: RetentionView,
  bytes: Uint8Array,
  signature: string,
): Promise<CheckedEvaluation> {
  const evaluation = parseEvaluation(bytes);
  const { station, recording, manifest_sha256: manifest, day } = evaluation;
  const keyId = signerOf(deps, bytes, signature);
  checkAnswers(evaluation);
  const facts = await orderedRecording(deps, { station, recording });
  if (facts.manifestSha256 !== manifest)
    fail('evaluation.conflict', 'it is about another manifest of that recording: open it and evaluate again');
  if (Date.parse(day) > deps.clock.wallMs() + ORDER_AHEAD_MS)
    fail('evaluation.future', `it says that it was made on ${day}: compare both clocks and sign it again`);
  const path = join(deps.layout.evaluations({ station, recording }), keyId, EVALUATION);
  const known = await readIfThere(deps.files, path, EVALUATION_BYTES_MAX);
  if (known !== undefined && !equalBytes(known, bytes))
    fail(
      'evaluation.again',
      `key ${keyId} has evaluated recording ${recording} already, and that stays as it is: a second evaluation is by another person`,
    );
  return { evaluation, keyId, isKnown: known !== undefined };
}

/** Errors: those of checkEvaluation; "lock.*"; those of the store's log; the system's. */
export function placeEvaluation(
  deps: RetentionDeps,
  bytes: Uint8Array,
  signature: string,
): Promise<CheckedEvaluation> {
  return underLock(deps, deps.layout.retentionLock, async (workFolder) => {
    const checked = await checkEvaluation(deps, bytes, signature);
    const { keyId, isKnown } = checked;
    const { station, recording } = checked.evaluation;
    if (!isKnown) {
      const own = deps.layout.evaluations({ station, recording });
      await ensureFolder(deps.files, dirname(own));
      await deps.files.syncFolder(dirname(dirname(own)));
      await placeFolder(deps, workFolder, join(own, keyId), [
        [EVALUATION + SIGNATURE_SUFFIX, signature],
        [EVALUATION, bytes],
      ]);
    }
    const facts = { station, recording, evaluation_sha256: sha256Hex(bytes), key_id: keyId };
    await appendStoreEvents(deps, [{ event: 'evaluation', facts }]);
    return checked;
  });
}

function signerOf({ evaluators }: RetentionView, bytes: Uint8Array, signature: string): string {
  try {
    return evaluatorOf(bytes, signature, evaluators);
  } catch (error) {
    if (!(error instanceof DockError)) throw error;
    return fail(
      'evaluation.signature',
      `its signature does not hold: ${error.message}; it needs a key of roles.evaluators and the trusted comment "bodydock evaluation"`,
    );
  }
}

/** Nothing that could be read as words: only answers that were offered. */
function checkAnswers({ questions_sha256: sha256, answers }: Evaluation): void {
  const own = evaluationQuestions();
  if (own.sha256 !== sha256)
    fail(
      'evaluation.questions',
      'it answers other questions than those of this store: page and store must be of one version',
    );
  for (const [id, answer] of Object.entries(answers)) {
    const asked = own.questions.find((question) => question.id === id);
    if (asked?.answers.some((offered) => offered.id === answer) !== true)
      fail('evaluation.questions', `answer ${answer} to question ${id} is none that is offered`);
  }
}

function fail(code: string, message: string): never {
  throw new DockError(code, message, { retry: 'person' });
}
