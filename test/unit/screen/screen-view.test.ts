// What the screen of the dock shows, from made facts: which camera to take, what to do, which are out, and what must never be on it.
import { describe, expect, test } from 'vitest';
import { CONDITION_TABLE } from '../../../agent/monitoring/condition-table.ts';
import { screenView, type ScreenFacts } from '../../../agent/screen/screen-view.ts';
import type { BayDocument } from '../../../protocol/transfer/monitoring.ts';
import { bay } from '../monitoring/station-says.ts';

const NOW = Date.parse('2026-11-30T22:41:00.000Z');
const HOUR_MS = 3_600_000;
const ago = (hours: number): string => new Date(NOW - hours * HOUR_MS).toISOString();

type BayFacts = ScreenFacts['bays'][number];
function docked(
  id: string,
  hours: number,
  charge: number | null = null,
  more: Partial<BayDocument> = {},
): BayFacts {
  const document = bay({
    bay: id,
    camera: `Kamera ${id}`,
    state: 'done',
    light: 'safe-to-take',
    docked_at: ago(hours),
    ...more,
  });
  return { document, chargePercent: charge };
}

function condition(code: string, ...subjects: (string | null)[]): ScreenFacts['conditions'][number] {
  const standing = subjects.map((subject) => ({
    subject,
    sinceMs: NOW,
    facts: {},
    isDue: true,
    cancel: undefined,
  }));
  return { code, standing };
}

const view = (facts: Partial<ScreenFacts>): ReturnType<typeof screenView> =>
  screenView({ bays: [], conditions: [], lastSeen: [], nowMs: NOW, ...facts });
const next = (facts: Partial<ScreenFacts>): string[] =>
  view(facts)
    .bays.filter((each) => each.next)
    .map((each) => each.bay);

describe('the camera to take', () => {
  test('is the one that rested longest', () => {
    expect(next({ bays: [docked('bay-1', 5), docked('bay-2', 9), docked('bay-3', 6)] })).toEqual(['bay-2']);
  });

  test.each([
    ['put in an hour ago, and nobody knows its charge', docked('bay-1', 1)],
    ['put in an hour ago with 79 %', docked('bay-1', 1, 79)],
    ['not in the store whole', docked('bay-1', 9, 90, { state: 'pushing' })],
    ['being read', docked('bay-1', 9, 90, { state: 'pulling', light: 'do-not-take' })],
    ['one that help is called for', docked('bay-1', 9, 90, { light: 'call-someone' })],
    ['one that nobody knows since when it is there', docked('bay-1', 9, 90, { docked_at: null })],
    ['not there', docked('bay-1', 9, null, { light: 'off', state: 'empty', docked_at: null })],
  ])('is none that is %s', (_, one) => {
    expect(next({ bays: [one] })).toEqual([]);
  });

  test('is one that came charged, or was charged for four hours', () => {
    expect(next({ bays: [docked('bay-1', 0.1, 80)] })).toEqual(['bay-1']);
    expect(next({ bays: [docked('bay-1', 4, 5)] })).toEqual(['bay-1']);
  });

  test.each([
    ['camera.battery-weak', 'Kamera bay-1'],
    ['camera.vanished', 'Kamera bay-1'],
    ['camera.listing', 'bay-1'],
  ])('is none with %s', (code, subject) => {
    const conditions = [condition(code, subject)];
    expect(next({ bays: [docked('bay-1', 9), docked('bay-2', 5)], conditions })).toEqual(['bay-2']);
  });
});

describe('a bay', () => {
  test('says what anybody can do, and nothing for technicians', () => {
    const helped = (code: string, subject: string): unknown =>
      view({
        bays: [docked('bay-1', 1, null, { light: 'call-someone', state: 'failed' })],
        conditions: [condition('spool.full', null), condition(code, subject)],
      }).bays[0]?.todo;
    expect(helped('camera.not-taken', 'bay-1')).toEqual({
      en: 'Leave the camera in its bay and call the technician.',
      de: 'Kamera im Platz lassen und Technik verständigen.',
    });
    expect(helped('camera.not-taken', 'bay-2')).toBeNull();
    expect(helped('camera.vanished', 'Kamera bay-1')).toMatchObject({ de: 'Kamera nicht weiter benutzen.' });
    expect(helped('release.refused', 'bay-1')).toBeNull();
  });

  test('has sentences without a command, a file or an option in them', () => {
    for (const [code, { subject, severity }] of Object.entries(CONDITION_TABLE)) {
      if (subject !== 'bay' && subject !== 'camera') continue;
      const facts = { bays: [docked('x', 1)], conditions: [condition(code, 'x', 'Kamera x')] };
      const todo = view(facts).bays[0]?.todo ?? null;
      const isBad = severity === 'error' || severity === 'critical';
      expect([code, todo === null]).toEqual([
        code,
        !(code.startsWith('camera.') && isBad) && code !== 'camera.battery-weak',
      ]);
      for (const text of Object.values(todo ?? {})) expect(text).not.toMatch(/["`_]|\.yaml|systemctl/);
    }
  });

  test('shows the worst of several conditions, and none against its light', () => {
    const conditions = [
      condition('camera.battery-weak', 'Kamera bay-1'),
      condition('camera.vanished', 'Kamera bay-1'),
    ];
    const todo = (light: BayDocument['light']): unknown =>
      view({ bays: [docked('bay-1', 1, null, { light })], conditions }).bays[0]?.todo;
    expect(todo('safe-to-take')).toMatchObject({ en: 'Do not use the camera.' });
    expect(todo('do-not-take')).toBeNull();
  });

  test('shows progress while its camera is read, and what is left in both languages', () => {
    const pulling = { state: 'pulling', light: 'do-not-take', bytes: 3000, bytes_spooled: 1000 } as const;
    const shown = (more: Partial<BayDocument>): unknown =>
      view({ bays: [docked('bay-1', 0, 55, more)] }).bays[0];
    expect(shown({ ...pulling, remaining_s: 180 })).toMatchObject({
      percent: 33,
      left: { en: '3 min', de: '3 min' },
      charge_percent: 55,
    });
    expect(shown({ ...pulling, bytes: 0, bytes_spooled: 0 })).toMatchObject({ percent: 0, left: null });
    expect(shown({ state: 'pushing', bytes: 10, bytes_spooled: 10 })).toMatchObject({ percent: null });
  });
});

test('cameras that are out are named, the last to go first, and only so many', () => {
  const lastSeen = Array.from({ length: 20 }, (_, at) => [`Kamera ${at}`, NOW - at * HOUR_MS] as const);
  const shown = view({ bays: [docked('bay-1', 1, null, { camera: 'Kamera 0' })], lastSeen });
  expect(shown.out[0]).toEqual({ camera: 'Kamera 1', since: ago(1) });
  expect([shown.out.length, shown.out_more]).toEqual([12, 7]);
});

test('critical conditions of the station are said, and never what they are about', () => {
  const conditions = ['spool.full', 'disk.failing', 'custody.chain-broken', 'store.unknown-key'].map((code) =>
    condition(code, null),
  );
  const secret = condition('receipt.refused', 'abcdefghijklmnopqrstuvwxyz');
  const { notes } = view({ conditions: [...conditions, secret] });
  expect(notes).toHaveLength(2);
  expect(JSON.stringify(view({ conditions: [secret] }))).not.toContain('abcdef');
});
