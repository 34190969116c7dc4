import { expect, test } from 'vitest';
import { reportError, type Io } from '../../../agent/cli/output.ts';
import { DockError } from '../../../protocol/errors.ts';

test('no error makes a terminal obey: names of files in it may come from anywhere', () => {
  const said = { out: '', err: '' };
  const io: Io = {
    out: (text) => void (said.out += text),
    err: (text) => void (said.err += text),
    signal: new AbortController().signal,
  };
  const hostile = 'the reports cannot be taken:\n  \u001b]0;x\u0007\u009b2J.md:1';
  reportError(io, new DockError('report.notes', hostile, { retry: 'person' }), ['--json']);
  expect(said.err).toBe('bodydock: report.notes: the reports cannot be taken:\n  ?]0;x??2J.md:1\n');
  expect(JSON.parse(said.out)).toEqual({ error: { code: 'report.notes', message: hostile } });
  expect(reportError(io, new Error("EACCES: open '/spool/\u001b[2J'"), [])).toBe(1);
  expect(said.err).not.toMatch(/[\u001b\u0007\u009b]/);
});
