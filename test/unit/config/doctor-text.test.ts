// How both doctors print what they found.
import { expect, test } from 'vitest';
import { countFindings, findingsText, type ShownFinding, sumText } from '../../../config/doctor-text.ts';

const UNHEARD: ShownFinding = {
  code: 'station.unheard',
  severity: 'note',
  where: 'dock-1',
  text: 'Nothing came.',
  remedy: 'Look there.',
};
const FULL: ShownFinding = {
  code: 'disk.full',
  severity: 'error',
  where: '',
  text: 'Full\u001b[2J.',
  remedy: null,
  command: 'df -h',
};

test('what several findings of one code ask for is said once, after the last of them', () => {
  const text = findingsText([UNHEARD, { ...UNHEARD, where: 'dock-2' }, FULL], 'en');
  expect(text.split('\n')).toEqual([
    'note     station.unheard  dock-1',
    '         Nothing came.',
    'note     station.unheard  dock-2',
    '         Nothing came.',
    '         To do: Look there.',
    'ERROR    disk.full',
    '         Full?[2J.',
    '         Command: df -h',
    '',
  ]);
});

test('the last line counts, and says so where nothing is wrong', () => {
  expect(countFindings([UNHEARD, FULL, FULL])).toEqual({ note: 1, warning: 0, error: 2 });
  expect(sumText([UNHEARD, FULL], 'en')).toBe('(1 errors, 0 warnings, 1 notes)\n');
  expect(sumText([UNHEARD], 'de')).toBe('Nichts ist falsch. (0 Fehler, 0 Warnungen, 1 Hinweise)\n');
});
