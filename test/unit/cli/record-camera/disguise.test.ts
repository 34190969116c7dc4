// What the disguise of a recorded camera lets through, and what it keeps.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Disguise } from '../../../../agent/cli/record-camera/disguise.ts';

test('names keep their length and their known endings, and say nothing', () => {
  const disguise = new Disguise(10);
  const names: readonly (readonly [string, string])[] = [
    ['DCIM', 'DCIM'],
    ['Müller_0001.MP4', 'AĀaaaa_0000.MP4'],
    ['Müller_0002.MP4', 'AĀaaaa_0001.MP4'],
    ['Müller_0001.GPS', 'AĀaaaa_0000.GPS'],
    ['Officer Smith.mov', 'Aaaaaaa Aaaaa.mov'],
    ['clip.smith', 'aaaa.aaaaa'],
    ['.hidden', '.aaaaaa'],
    ['..', '..'],
    ['a\u202eb\n', 'a\u202ea\n'],
    ['\ud83d\ude00.mp4', '\u{1f3a5}.mp4'],
    ['x\ud800', 'a\ud800'],
  ];
  for (const [name, shown] of names) expect(disguise.name(name), name).toBe(shown);
  expect(disguise.path('DCIM/Müller_0001.MP4')).toBe('DCIM/AĀaaaa_0000.MP4');
});

test('different names of one shape stay different as long as their length allows', () => {
  const disguise = new Disguise(10);
  const names = Array.from({ length: 2000 }, (_, at) => `REC${String(at).padStart(4, '0')}.MP4`);
  expect(new Set(names.map((name) => disguise.name(name))).size).toBe(2000);
  expect(new Set(['a', 'b', 'c'].map((name) => disguise.name(name))).size).toBe(3);
});

test('any text keeps its length in UTF-16 units, and no letter or digit of its own but by chance', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      const disguise = new Disguise(10);
      for (const shown of [
        disguise.shape(text),
        disguise.name(text),
        disguise.ptpDate(text),
        disguise.isoDate(text),
      ])
        expect(shown).toHaveLength(text.length);
      expect(disguise.shape(text)).toMatch(/^[^B-Zb-z1-9]*$/u);
      expect(disguise.shape(disguise.shape(text))).toBe(disguise.shape(text));
    }),
  );
});

test('all times move by the same days, and keep their zone and their fraction', () => {
  const disguise = new Disguise(10);
  expect(disguise.ptpDate('20261120T080000')).toBe('20261110T080000');
  expect(disguise.ptpDate('20261120T080000.5+0100')).toBe('20261110T080000.5+0100');
  expect(disguise.ptpDate('00000000T000000')).toBe('00000000T000000');
  expect(disguise.ptpDate('20261120T080000 Smith')).toBe('20261110T080000 Aaaaa');
  expect(disguise.isoDate('2026-11-20T08:00:00.123Z')).toBe('2026-11-10T08:00:00.123Z');
  expect(disguise.ms(Date.UTC(2026, 10, 20))).toBe(Date.UTC(2026, 10, 10));
  expect(disguise.seconds(864_001)).toBe(1);
});

test('a model is kept unless it holds a serial number or looks like anything but a model', () => {
  const disguise = new Disguise(10);
  expect(disguise.typeText('Bodycam X-2 (4K)')).toBe('Bodycam X-2 (4K)');
  expect(disguise.typeText('Bodycam SN12345')).toBe('Bodycam SN12345');
  disguise.hide('0000SN12345 ');
  expect(disguise.typeText('Bodycam SN12345')).toBe('Aaaaaaa AA00000');
  expect(disguise.typeText('bodycam-sn12345')).toBe('aaaaaaa-aa00000');
  expect(disguise.typeText('Müllers Kamera')).toBe('AĀaaaaa Aaaaaa');
});
