// Evaluations at the store: taken only as an evaluator may say them, never replaced, whole or not at all whatever a cut leaves, and gone with the
// documents of their recording.
import { expect, test } from 'vitest';
import { evaluationQuestions } from '../../../../config/questions.ts';
import {
  encodeEvaluation,
  type Evaluation,
  EVALUATION_TRUSTED_COMMENT,
} from '../../../../protocol/documents/evaluation.ts';
import { keyIdHex, makeSecretKey, type SecretKey } from '../../../../protocol/documents/minisign.ts';
import { encodeLeft, leftName } from '../../../../protocol/documents/left-document.ts';
import { sha256Hex } from '../../../../protocol/format/bytes.ts';
import { isDockError } from '../../../../protocol/format/errors.ts';
import { type CheckedEvaluation, placeEvaluation } from '../../../../agent/receiver/retention/evaluations.ts';
import { dropOldDocuments } from '../../../../agent/receiver/retention/expire.ts';
import { takeLeft } from '../../../../agent/receiver/retention/left-documents.ts';
import { whileTimePasses } from '../../../fakes/clock-manual.ts';
import { type CrashDisk, SURVIVALS } from '../../../fakes/files-crash.ts';
import { SeededRandom } from '../../../fakes/random-seeded.ts';
import { signFast } from '../../../fakes/signer-fast.ts';
import type { Sample } from '../sample.ts';
import * as scene from './retention-scenario.ts';

const { DAY_MS, START_MS, STATION, VAULT, evaluatorKey, otherEvaluatorKey } = scene;
const FOLDER = `${VAULT}/${STATION}/evaluations`;

interface Signed {
  readonly evaluation: Evaluation;
  readonly bytes: Uint8Array;
  readonly signature: string;
}

function evaluated(
  { station, recording, manifestSha256 }: Sample,
  change: Partial<Evaluation> = {},
  key: SecretKey = evaluatorKey,
  comment = EVALUATION_TRUSTED_COMMENT,
): Signed {
  const evaluation: Evaluation = {
    type: 'evaluation',
    version: 1,
    station,
    recording,
    manifest_sha256: manifestSha256,
    day: '2026-11-25',
    questions_sha256: evaluationQuestions().sha256,
    answers: { effect: 'calmed', need: 'yes' },
    ...change,
  };
  const bytes = encodeEvaluation(evaluation);
  return { evaluation, bytes, signature: signFast(key, bytes, comment) };
}

function place(deps: scene.TestDeps, { bytes, signature }: Signed): Promise<CheckedEvaluation> {
  return whileTimePasses(deps.clock, placeEvaluation(deps, bytes, signature));
}

async function codeOf(placing: Promise<unknown>): Promise<string> {
  return placing.then(
    () => 'placed',
    (error: unknown) => (isDockError(error) ? error.code : String(error)),
  );
}

const idOf = ({ keyId }: SecretKey): string => keyIdHex(keyId);

test('one is in the vault and in the log, a second one is by another key, and none is replaced', async () => {
  const disk = scene.retentionDisk();
  const sample = scene.plantRecording(disk, new SeededRandom(1));
  const deps = scene.depsOn(disk, 1);
  const first = evaluated(sample);
  await place(deps, first);
  expect(await codeOf(place(deps, evaluated(sample, { answers: { effect: 'worse' } })))).toBe(
    'evaluation.again',
  );
  const second = evaluated(sample, { answers: { effect: 'worse' } }, otherEvaluatorKey);
  await place(deps, second);
  const own = `${FOLDER}/${sample.recording}`;
  expect((await disk.list(own)).toSorted()).toEqual([idOf(evaluatorKey), idOf(otherEvaluatorKey)].toSorted());
  expect(disk.peek(`${own}/${idOf(evaluatorKey)}/evaluation.json`)).toEqual(new Uint8Array(first.bytes));
  const factsOf = ({ bytes }: Signed, key: SecretKey): object => ({
    station: STATION,
    recording: sample.recording,
    evaluation_sha256: sha256Hex(bytes),
    key_id: idOf(key),
  });
  const facts = [factsOf(first, evaluatorKey), factsOf(second, otherEvaluatorKey)];
  expect(scene.entriesOf(disk, 'evaluation').map((entry) => entry.facts)).toEqual(facts);
  expect((await place(deps, first)).isKnown).toBe(true);
});

test('none is taken that is not an evaluator’s word, in answers that were offered, about a recording that is here', async () => {
  const disk = scene.retentionDisk();
  const random = new SeededRandom(2);
  const sample = scene.plantRecording(disk, random);
  const unreceipted = scene.plantRecording(disk, random, { receivedMs: null });
  const deps = scene.depsOn(disk, 1);
  const cases: readonly (readonly [string, Signed])[] = [
    ['evaluation.signature', evaluated(sample, {}, makeSecretKey(random))],
    ['evaluation.signature', evaluated(sample, {}, scene.officerKey)],
    ['evaluation.signature', evaluated(sample, {}, evaluatorKey, 'bodydock order')],
    ['evaluation.signature', { ...evaluated(sample), bytes: evaluated(sample, { day: '2026-11-24' }).bytes }],
    ['evaluation.questions', evaluated(sample, { answers: { effect: 'mr-smith-was-calm' } })],
    ['evaluation.questions', evaluated(sample, { answers: { who: 'yes' } })],
    ['evaluation.questions', evaluated(sample, { questions_sha256: '0'.repeat(64) })],
    ['evaluation.conflict', evaluated(sample, { manifest_sha256: '0'.repeat(64) })],
    ['evaluation.future', evaluated(sample, { day: '2026-11-27' })],
    ['order.no-recording', evaluated(unreceipted)],
  ];
  for (const [code, signed] of cases) expect(await codeOf(place(deps, signed))).toBe(code);
  await scene.expireOn(await scene.later(disk, 15));
  expect(await codeOf(place(deps, evaluated(sample)))).toBe('order.deleted');
  expect(disk.tree(FOLDER).size).toBe(0);
  expect(scene.entriesOf(disk, 'evaluation')).toEqual([]);
});

test('one that the desk left is placed and removed, and a bad one is removed', async () => {
  const disk = scene.retentionDisk();
  const sample = scene.plantRecording(disk, new SeededRandom(3));
  const deps = scene.depsOn(disk, 1);
  const left = async (id: string, { bytes, signature }: Signed): Promise<void> => {
    const name = leftName(`${sample.recording}.${id}`, 'evaluator');
    const document = Buffer.from(bytes).toString();
    const content = encodeLeft({ type: 'left-document', version: 1, role: 'evaluator', document, signature });
    disk.plant(`${VAULT}/.disclosures/${name}`, content);
    await whileTimePasses(deps.clock, takeLeft({ ...deps, retention: { ...deps.retention } }, name));
    expect(await disk.list(`${VAULT}/.disclosures`)).toEqual([]);
  };
  await left(idOf(evaluatorKey), evaluated(sample));
  await left(idOf(otherEvaluatorKey), evaluated(sample, {}, makeSecretKey(new SeededRandom(4))));
  expect(await disk.list(`${FOLDER}/${sample.recording}`)).toEqual([idOf(evaluatorKey)]);
});

test('wherever placing is cut it is whole or not there, and placing again enters it', async () => {
  const whole = scene.retentionDisk();
  const sample = scene.plantRecording(whole, new SeededRandom(5));
  const begin = whole.steps;
  await place(scene.depsOn(whole, 1), evaluated(sample));
  const own = `${FOLDER}/${sample.recording}/${idOf(evaluatorKey)}`;
  for (let step = begin; step <= whole.steps; step++)
    for (const survival of SURVIVALS) {
      const disk = whole.crash(step, survival);
      const where = `at ${step} (${whole.stepLabel(step)}), ${survival} survived`;
      const files = await disk.list(own).catch(() => []);
      expect([0, 2], where).toContain(files.length);
      if (scene.entriesOf(disk, 'evaluation').length > 0) expect(files.length, where).toBe(2);
      await place(scene.depsOn(disk, 2 + step), evaluated(sample));
      expect(await disk.list(own), where).toHaveLength(2);
      expect(scene.entriesOf(disk, 'evaluation').length, where).toBeGreaterThan(0);
    }
}, 60_000);

test('those of a recording go with its documents, and not before', async () => {
  const disk = scene.retentionDisk();
  const random = new SeededRandom(6);
  const [gone, kept] = [
    scene.plantRecording(disk, random, { receivedMs: START_MS - 20 * DAY_MS }),
    scene.plantRecording(disk, random, { receivedMs: START_MS }),
  ];
  const deps = scene.depsOn(disk, 1, { bootId: 'one boot' });
  for (const sample of [gone, kept]) await place(deps, evaluated(sample));
  expect(await scene.expireOn(deps)).toMatchObject({ deleted: 1 });
  const drop = (): Promise<{ folders: number }> =>
    whileTimePasses(deps.clock, dropOldDocuments(scene.hearing(disk, deps)));
  await deps.clock.advance(729 * DAY_MS);
  expect(await drop()).toMatchObject({ folders: 0 });
  expect(await disk.list(FOLDER)).toHaveLength(2);
  await deps.clock.advance(DAY_MS);
  expect(await drop()).toMatchObject({ folders: 1 });
  expect(await disk.list(FOLDER)).toEqual([kept.recording]);
  expect(disk.peek(`${scene.folderOf(gone)}/manifest.json`)).toBeUndefined();
});

test('a cut during the drop leaves none behind that the next round does not take', async () => {
  const disk = scene.retentionDisk();
  const sample = scene.plantRecording(disk, new SeededRandom(7), { receivedMs: START_MS - 20 * DAY_MS });
  const deps = scene.depsOn(disk, 1, { bootId: 'one boot' });
  await place(deps, evaluated(sample));
  await scene.expireOn(deps);
  await deps.clock.advance(731 * DAY_MS);
  const run = (of: CrashDisk, own: scene.TestDeps): Promise<unknown> =>
    whileTimePasses(own.clock, dropOldDocuments(scene.hearing(of, own)));
  const begin = disk.steps;
  await run(disk, deps);
  for (let step = begin; step <= disk.steps; step++)
    for (const survival of SURVIVALS) {
      const cut = disk.crash(step, survival);
      const next = scene.depsOn(cut, 2 + step, { bootId: 'one boot' });
      await next.clock.advance(731 * DAY_MS);
      await scene.expireOn(next);
      await run(cut, next);
      const where = `at ${step} (${disk.stepLabel(step)}), ${survival} survived`;
      expect(await cut.list(FOLDER).catch(() => []), where).toEqual([]);
    }
}, 60_000);
