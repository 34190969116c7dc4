// How both doctors print what they found.
import { expect, test } from 'vitest';
import { findingsText, type ShownFinding, sumText } from '../../../config/doctor-text.ts';

const NOTE: ShownFinding = { code: 'a.b', severity: 'note', where: 'dock-1', text: 'No.', remedy: 'Look.' };
const FULL: ShownFinding = { ...NOTE, severity: 'error', where: '', text: 'Full\u001b.', command: 'df -h' };

test('what several findings ask for is said once, after the last of them', () => {
  const text = findingsText([NOTE, { ...NOTE, where: 'dock-2' }, FULL], 'en').replaceAll(/\n +/g, ' | ');
  expect(text.split('\n')).toEqual([
    'note     a.b  dock-1 | No.',
    'note     a.b  dock-2 | No. | To do: Look.',
    'ERROR    a.b | Full?. | To do: Look. | Command: df -h',
    '',
  ]);
});

test('the last line counts, and says so where nothing is wrong', () => {
  expect(sumText([NOTE, FULL, FULL], 'en')).toBe('(2 errors, 0 warnings, 1 notes)\n');
  expect(sumText([NOTE], 'de')).toBe('Nichts ist falsch. (0 Fehler, 0 Warnungen, 1 Hinweise)\n');
});
