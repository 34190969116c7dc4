// The words of the doctor: each code has them in both languages, with the same values.
import { describe, expect, test } from 'vitest';
import { DOCTOR_TABLE, wordsOf } from '../../../agent/cli/doctor-finding.ts';
import { reasonWords } from '../../../agent/cli/doctor-login.ts';

const valuesIn = (text: string): string[] => [...text.matchAll(/\{[a-z]+\}/g)].map(([name]) => name).sort();
/** CONNACK codes of MQTT 3.1.1 and 5.0 that refuse. */
const CODES = [
  1, 2, 3, 4, 5, 128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 138, 140, 144, 149, 151, 153, 154, 155,
  156, 157, 159,
];

describe('each code', () => {
  test.each(Object.entries(DOCTOR_TABLE))('%s says the same in English and German', (_code, kind) => {
    expect(valuesIn(kind.text.de)).toEqual(valuesIn(kind.text.en));
    expect(kind.text.de).not.toBe(kind.text.en === '{message}' ? '' : kind.text.en);
    if (kind.remedy !== undefined) expect(valuesIn(kind.remedy.de)).toEqual(valuesIn(kind.remedy.en));
  });

  test.each(Object.entries(DOCTOR_TABLE).filter(([, { severity }]) => severity === 'error'))(
    '%s comes with a command',
    (_code, { command }) => expect(command).toBeTruthy(),
  );

  test.each(
    Object.entries(DOCTOR_TABLE).filter(([, { severity }]) => severity === 'error' || severity === 'warning'),
  )('%s is short enough to be read', (_code, { text, remedy }) => {
    for (const each of [text.en, text.de, remedy?.en ?? '', remedy?.de ?? ''])
      expect(each.length).toBeLessThan(220);
  });
});

test('every code of a refused CONNECT has words of its own', () => {
  for (const code of CODES) {
    const { en, de } = reasonWords(code);
    expect(en, `${code}`).not.toBe(de);
  }
});

test('values are quoted for the shell in a command, and made printable everywhere', () => {
  const hostile = "/tmp/a b'$(reboot)\n`x`";
  const { command, text } = wordsOf({ code: 'key.mode', where: hostile, values: {} }, 'en');
  expect(command).toBe(`chmod 0600 '/tmp/a b'\\''$(reboot)?\`x\`'`);
  expect(text).not.toContain('\n');
});
