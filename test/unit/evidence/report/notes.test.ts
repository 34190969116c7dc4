// The users' written reports: what is taken, and that no name gets through.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseNote, readNotes } from '../../../../agent/evidence/report/notes.ts';
import { nodeFiles } from '../../../../agent/platform/files-node.ts';

const GOOD = '---\ndate: 2026-11-25\nshift: late\nuse: worn, not switched on\n---\n\nIt was *heavy*.\n';
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'notes-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('a note has its date, shift, use and text', () => {
  expect(parseNote('a.md', GOOD)).toEqual({
    date: '2026-11-25',
    shift: 'late',
    use: 'worn, not switched on',
    text: 'It was *heavy*.',
  });
  expect(parseNote('a.md', GOOD.replaceAll('\n', '\r\n'))).toMatchObject({ shift: 'late' });
});

test.each([
  ['an e-mail address', 'Ask me: a.b@city.example'],
  ['a telephone number', 'call 0221 12345-678'],
  ['a form of address with a name', 'Frau Schmidt meinte'],
  ['a line for a name or number', 'Name: X'],
])('%s is refused with its line', (what, text) => {
  expect(parseNote('b.md', `${GOOD}${text}\n`)).toEqual([expect.stringMatching(`^b\\.md:8: .*${what}`)]);
});

test('other words on top, a missing one and a text without a top are told', () => {
  const odd = parseNote('c.md', '---\ndate: 25.11.\nname: X\nshift:\n---\n');
  expect(odd).toEqual(
    expect.arrayContaining([
      expect.stringContaining('c.md:3'),
      expect.stringContaining('shift must have'),
      expect.stringContaining('use is missing'),
      expect.stringContaining('2026-11-25'),
    ]),
  );
  expect(parseNote('d.md', 'hello')).toEqual([expect.stringContaining('first line must be')]);
});

test('a folder gives the notes of the period by date, other files are left alone', async () => {
  await writeFile(join(folder, '2.md'), GOOD);
  await writeFile(join(folder, '1.md'), GOOD.replace('11-25', '11-24'));
  await writeFile(join(folder, '0.md'), GOOD.replace('11-25', '10-01'));
  await writeFile(join(folder, 'photo.jpg'), Buffer.from([255, 216]));
  const notes = await readNotes(nodeFiles(), folder, { from: '2026-11-01', to: '2026-11-30' });
  expect(notes.map(({ date }) => date)).toEqual(['2026-11-24', '2026-11-25']);
});

test('everything that is wrong in a folder is told at once', async () => {
  await writeFile(join(folder, '1.md'), 'x');
  await writeFile(join(folder, '2.md'), Buffer.from([0xff, 0xfe]));
  const reading = readNotes(nodeFiles(), folder, { from: '2026-11-01', to: '2026-11-30' });
  await expect(reading).rejects.toMatchObject({
    code: 'report.notes',
    message: expect.stringMatching(/1\.md:1[\s\S]*2\.md: not a text/) as string,
  });
  await expect(readNotes(nodeFiles(), join(folder, 'no'), { from: '', to: '' })).rejects.toMatchObject({
    code: 'report.notes',
  });
});

test.each(['2026-11-31', '2026-11-45', '2026-02-29'])('a day that no calendar has (%s) is told', (day) => {
  expect(parseNote('e.md', GOOD.replace('2026-11-25', day))).toEqual([
    `e.md: date "${day}": write it as 2026-11-25`,
  ]);
});
