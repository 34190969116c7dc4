import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { bays, keys, spool } from '../../../agent/cli/program.ts';
import { custody } from '../../../agent/cli/custody.ts';
import { exportCommand } from '../../../agent/cli/export.ts';
import { reportError, type Io } from '../../../config/command-line.ts';
import { exitOf } from '../../../config/exit-codes.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { runCommand } from './io-memory.ts';
import { withStation } from './station-folder.ts';

test('no error makes a terminal obey: names of files in it may come from anywhere', () => {
  const said = { out: '', err: '' };
  const io: Io = {
    out: (text) => void (said.out += text),
    err: (text) => void (said.err += text),
    signal: new AbortController().signal,
  };
  const hostile = 'the reports cannot be taken:\n  \u001b]0;x\u0007\u009b2J.md:1';
  reportError({ name: 'bodydock', exitOf }, io, new DockError('report.notes', hostile, { retry: 'person' }), [
    '--json',
  ]);
  expect(said.err).toBe('bodydock: report.notes: the reports cannot be taken:\n  ?]0;x??2J.md:1\n');
  expect(JSON.parse(said.out)).toEqual({ error: { code: 'report.notes', message: hostile } });
  expect(
    reportError({ name: 'bodydock', exitOf }, io, new Error("EACCES: open '/spool/\u001b[2J'"), []),
  ).toBe(1);
  expect(said.err).not.toMatch(/(?!\n)\p{Cc}/u);
});

test.each([
  [keys, ['rotate', '--prepare']],
  [keys, ['rotate', '--reason', 'lost']],
  [keys, ['enrol']],
  [exportCommand, ['--data-handling']],
  [spool, ['ls']],
] as const)('%o %o tells a program that its file is not good', async (command, words) => {
  await withStation(async (file) => {
    await writeFile(file, 'version: 2\n');
    const run = await runCommand(command, ...words, '--json', '--config', file);
    expect(run.exitCode).toBe(78);
    expect(run.json).toEqual({
      error: { code: 'config.refused', message: `${file} is not good: \`bodydock check\`` },
    });
    expect(run.err).toContain(`${file}:1:10: version:`);
  });
});

const ID = 'a'.repeat(26);
test.each([
  [custody, ['--acknowledge', '--reason', 'seen', '--vault', '/nowhere'], '--vault'],
  [custody, ['--acknowledge', '--reason', 'seen', ID], ID],
  [custody, [ID, '--vault', '/nowhere', '--reason', 'seen'], '--reason'],
  [custody, [ID, '--vault', '/nowhere', '--format', 'html', '--json'], '--format'],
  [exportCommand, ['--data-handling', '--out', '/nowhere'], '--out'],
  [exportCommand, [ID, '--vault', '/nowhere', '--out', '/nowhere', '--html', 'annex.html'], '--html'],
  [bays, ['--out', '/nowhere/bays.yaml'], '--out'],
] as const)(
  'an option that would do nothing is refused, not passed over (%o %o)',
  async (command, args, named) => {
    const ran = await runCommand(command, ...args);
    expect([ran.exitCode, ran.err]).toEqual([2, expect.stringContaining(named)]);
    expect(ran.err).toMatch(/^bodydock: usage: /);
  },
);
