import { expect, test } from 'vitest';
import { lineLog } from '../../../agent/helpers/helper.ts';
import { DockError } from '../../../protocol/format/errors.ts';

test('the log of a helper says what an error was', () => {
  const lines: string[] = [];
  const log = lineLog(
    (line) => lines.push(line),
    () => '2026-11-25T08:00:00.000Z',
  );
  const error = new DockError('mount.failed', 'it was not mounted', { retry: 'later' });
  log.warn('socket of the helper failed', { error, count: 1 });
  log.warn('socket of the helper failed', { error: new Error('EMFILE: too many open files') });
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { error: 'mount.failed: it was not mounted', count: 1 },
    { error: 'EMFILE: too many open files' },
  ]);
});
