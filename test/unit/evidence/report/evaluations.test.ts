// Evaluations in a report: counted by answer, agreement by pairs, nothing from fewer than five, and only what holds.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Calendar, parsePeriod } from '../../../../agent/evidence/report/calendar.ts';
import { evaluationFigures } from '../../../../agent/evidence/report/evaluations.ts';
import { makeReport } from '../../../../agent/evidence/report/make-report.ts';
import type { PilotReport } from '../../../../agent/evidence/report/pilot-report.ts';
import { reportCsv } from '../../../../agent/evidence/report/report-csv.ts';
import { reportHtml } from '../../../../agent/evidence/report/report-html.ts';
import { nodeFiles } from '../../../../agent/platform/files-node.ts';
import { evaluationQuestions, readQuestions, STANDARD } from '../../../../config/questions.ts';
import { EVALUATION_TRUSTED_COMMENT, parseEvaluation } from '../../../../protocol/documents/evaluation.ts';
import type { SecretKey } from '../../../../protocol/documents/minisign.ts';
import { EVALUATORS } from '../../../fakes/vault-builder-orders.ts';
import { writeSigned } from '../../../fakes/vault-builder-signed.ts';
import { VaultBuilder } from '../../../fakes/vault-builder.ts';

const PERIOD = parsePeriod('2026-11-20', '2026-12-31');
let root: string;
let vault: VaultBuilder;
const folders: string[] = [];

/** Five recordings that two persons evaluated, who agree on the effect of three, and one that one person did. */
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-evaluated-'));
  vault = await VaultBuilder.create(root);
  for (let at = 0; at < 6; at++) {
    const one = await vault.record({ path: `${at}.MP4` });
    const first = await vault.orders.evaluate(one, { answers: { effect: 'calmed', need: 'yes' } });
    folders.push(first.folder);
    const effect = at < 3 ? 'calmed' : 'worse';
    if (at < 5) await vault.orders.evaluate(one, { by: 1, answers: { effect } });
  }
  await vault.close();
});
afterAll(() => rm(root, { recursive: true, force: true }));

const publish = async (): Promise<void> => {
  for (const [at, key] of EVALUATORS.entries()) await vault.publish(`evaluator${at}.pub`, key);
};
const report = (): Promise<PilotReport> =>
  makeReport({
    files: nodeFiles(),
    vault: vault.vault,
    keysFolder: vault.keys,
    notesFolder: undefined,
    questions: readQuestions(STANDARD),
    identities: [],
    period: PERIOD,
    calendar: new Calendar('UTC'),
    madeAt: vault.clock.now(),
    handing: 'pooled',
    signal: new AbortController().signal,
  });

test('without a key of evaluators none is counted, and the page says how many', async () => {
  const made = await report();
  expect(made.evaluations).toMatchObject({ evaluations: 0, not_judged: 11, questions: [] });
  expect(reportHtml(made, 'de')).toContain('kein Schlüssel einer auswertenden Person angegeben war');
});

test('answers and agreement are counted, in both languages and as CSV; what does not hold is not', async () => {
  await publish();
  const made = await report();
  const { evaluations } = made;
  expect(evaluations).toMatchObject({ evaluations: 11, recordings: 6, recordings_twice: 5, not_judged: 0 });
  expect(evaluations.agreement.filter(({ pairs }) => pairs > 0)).toMatchObject([
    { question: 'effect', pairs: 5, same: 3 },
  ]);
  expect(evaluations.questions[0]?.answers.map(({ count }) => count)).toEqual([9, 0, 2, 0]);
  expect(reportCsv(made).get('evaluations.csv')).toContain('effect,calmed,9\r\neffect,no-effect,0\r\n');
  for (const [language, shown] of [
    ['en', /Agreement of two evaluations.*How did the camera affect the situation\?.*60\s%/s],
    ['de', /Übereinstimmung zweier.*Wie hat die Kamera auf die Lage gewirkt\?.*60\s%/s],
  ] as const)
    expect(reportHtml(made, language)).toMatch(shown);
  expect(JSON.stringify(made)).not.toMatch(/key_id/);

  const path = join(folders[5] ?? '', 'evaluation.json');
  const changed = (await readFile(path, 'utf8')).replace('calmed', 'worse');
  // Its evaluator thought better of it after the log had named it.
  await writeSigned(path, Buffer.from(changed), EVALUATORS[0] as SecretKey, EVALUATION_TRUSTED_COMMENT);
  await rm(folders[0] ?? '', { recursive: true });
  const altered = await report();
  expect(altered.evaluations).toMatchObject({
    evaluations: 9,
    recordings_twice: 4,
    agreement: [],
    not_judged: 0,
  });
  expect(altered.failures).toContainEqual({ kind: 'evaluation that does not hold', count: 2 });
  expect(altered.unproven.count).toBeGreaterThanOrEqual(2);
});

test('fewer than five give no answer, and one outside of the period does not count', async () => {
  const text = await readFile(join(folders[1] ?? '', 'evaluation.json'));
  const one = parseEvaluation(text);
  const counted = [one, one, one, one, { ...one, day: '2027-01-01' }];
  const of = { counted, notJudged: 0 };
  expect(evaluationFigures(of, evaluationQuestions(), PERIOD)).toMatchObject({
    evaluations: 4,
    questions: [],
    agreement: [],
  });
});
