// What staff gave, counted so that no figure is of one person.
import { expect, test } from 'vitest';
import { nodeRandom } from '../../../../agent/platform/random-node.ts';
import { readQuestions, STANDARD } from '../../../../config/questions.ts';
import { StaffCount } from '../../../../agent/evidence/report/staff.ts';
import { makeIdentity } from '../../../../protocol/age/age-keys.ts';
import { encodeBase64, encodeUtf8 } from '../../../../protocol/format/bytes.ts';
import { makeRecordingId, parseStationId } from '../../../../protocol/format/ids.ts';
import { bulkInline } from '../../../fakes/bulk-inline.ts';
import { nodeFiles } from '../../../../agent/platform/files-node.ts';

const random = nodeRandom();
const station = parseStationId('dock-1');
const period = { from: '2026-11-02', to: '2026-11-29' };
const questions = readQuestions(STANDARD);
const DAYS = ['2026-11-03', '2026-11-10', '2026-11-17', '2026-11-24'];
const [first = ''] = DAYS;

const reportOf = (day: string, answers: Record<string, string> = { effect: 'calmed' }) => ({
  type: 'staff-report' as const,
  version: 1 as const,
  record: makeRecordingId(random),
  station,
  day,
  questions_sha256: questions.sha256,
  answers,
});

/** So many reports in each week of DAYS, and none outside of the period. */
function counted(...perWeek: readonly number[]): StaffCount {
  const count = new StaffCount(period);
  for (const [at, reports] of perWeek.entries())
    for (let each = 0; each < reports; each++) count.take(reportOf(DAYS[at] ?? ''));
  count.take(reportOf('2026-11-01'));
  count.take(reportOf('2026-11-30'));
  return count;
}

const shown = (...perWeek: readonly number[]): (readonly [string, number])[] =>
  counted(...perWeek)
    .figures(questions, [])
    .weeks.map(({ week, reports }) => [week, reports]);

test('answers are counted in the order of the file, with its words', () => {
  const count = counted(0);
  for (const effect of ['calmed', 'calmed', 'worse']) count.take(reportOf(first, { effect }));
  for (const use of ['worn', 'on']) count.take(reportOf(first, { use, effect: 'no-effect' }));
  const { questions: found, reports } = count.figures(questions, []);
  expect(reports).toBe(5);
  expect(found.map(({ question }) => question)).toEqual(['use', 'effect', 'trouble']);
  const counts = found.map(({ answers }) => answers.map((each) => each.count));
  expect(counts).toEqual([
    [0, 0, 1, 1, 0],
    [2, 2, 1, 0],
    [0, 0, 0, 0, 0, 0],
  ]);
  expect(found[1]?.answers[0]?.text?.de).toBe('Beruhigend');
  const other = count.figures({ ...questions, sha256: '0'.repeat(64) }, []).questions;
  expect(other.map(({ question, text }) => [question, text])).toEqual([
    ['effect', null],
    ['use', null],
  ]);
});

test.each<[readonly number[], readonly number[]]>([
  [
    [5, 6, 7, 8],
    [5, 6, 7, 8],
  ],
  [[4, 5, 9, 0], [9]], // the week of 4 is the sum less the others: the smallest goes, too
  [
    [4, 1, 9, 8],
    [9, 8],
  ],
  [[3, 0, 0, 0], []],
  [[3, 5, 0, 0], []],
  [[2, 2, 5, 9], [9]],
])('of weeks with %j reports those with %j are shown', (given, expected) => {
  expect(shown(...given).map(([, reports]) => reports)).toEqual(expected);
});

test('fewer than five reports give no figure at all', () => {
  expect(counted(4).figures(questions, [])).toMatchObject({ reports: 4, questions: [], weeks: [] });
});

test('words are listed by month in the order of their ids, and only for who can open them', async () => {
  const [own, strange] = [makeIdentity(random), makeIdentity(random)];
  const bulk = bulkInline({ files: nodeFiles(), random });
  const count = new StaffCount(period);
  const ids = [];
  for (const [at, day] of [...DAYS, first].entries()) {
    const sealed = encodeBase64(await bulk.sealSmall(encodeUtf8(`words ${at}`), [own.recipient]));
    const record = makeRecordingId(random);
    ids.push({ record, text: `words ${at}` });
    count.take({ type: 'staff-text', version: 1, record, station, day, recipients: [own.recipient], sealed });
  }
  const sorted = ids.toSorted((a, b) => (a.record < b.record ? -1 : 1)).map(({ text }) => text);
  const { words, words_sealed: sealed } = count.figures(questions, [own.identity]);
  expect(words).toEqual(sorted.map((text) => ({ month: '2026-11', text })));
  expect(sealed).toBe(0);
  expect(count.figures(questions, [strange.identity])).toMatchObject({
    words: [],
    words_sealed: 5,
    texts: 5,
  });
});
