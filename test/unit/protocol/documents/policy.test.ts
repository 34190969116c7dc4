// What both roles agreed, as a document: what it takes, what it refuses, and whose signatures make it count.
import { expect, test } from 'vitest';
import {
  makeSecretKey,
  publicKeyLine,
  publicKeyOf,
  signDocument,
  type SecretKey,
} from '../../../../protocol/documents/minisign.ts';
import {
  daysUnder,
  encodePolicy,
  parsePolicy,
  type Policy,
  POLICY_TRUSTED_COMMENT,
  rolesOf,
  termsOf,
} from '../../../../protocol/documents/policy.ts';
import { verifyRoles } from '../../../../protocol/documents/order.ts';
import { NO_POLICY, segmentsOverMs, type TermsFrom } from '../../../../protocol/documents/retention.ts';
import { encodeCanonical } from '../../../../protocol/format/canonical.ts';
import { makeSessionId } from '../../../../protocol/format/ids.ts';
import { seededRandom } from '../../../fakes/random-seeded.ts';

const random = seededRandom(77);
const [officer, supervisor, other] = [makeSecretKey(random), makeSecretKey(random), makeSecretKey(random)];
const line = (key: SecretKey): string => publicKeyLine(publicKeyOf(key));
const POLICY: Policy = {
  type: 'policy',
  version: 1,
  number: 3,
  vault: makeSessionId(random),
  days_min: 7,
  days_max: 30,
  documents_days: 60,
  officers: [line(officer)],
  supervisors: [line(supervisor)],
  made_at: '2026-11-25T08:00:00.000Z',
};

test('a policy is the same from its bytes again', () => {
  expect(parsePolicy(encodePolicy(POLICY))).toEqual(POLICY);
});

const SECOND: Policy = {
  ...POLICY,
  version: 2,
  free_text_days: 30,
  hold_days: 10,
  log_days: 200,
  station_bytes: 1024 ** 4,
};

test('one of version 2 says what one of version 1 leaves to what counts without a policy', () => {
  expect(parsePolicy(encodePolicy(SECOND))).toEqual(SECOND);
  const days = { days: 7, documentsDays: 60 };
  const said = { holdDays: 10, logDays: 200, stationBytes: 1024 ** 4, freeTextDays: 30 };
  expect(termsOf(SECOND)).toEqual({ ...days, ...said });
  expect(termsOf({ ...POLICY, version: 2 })).toEqual(termsOf(POLICY));
  expect(termsOf(POLICY)).toEqual({ ...NO_POLICY, ...days });
});

test.each([
  ['of version 1 with a field of version 2', { ...POLICY, hold_days: 10 }, 'document.refused'],
  ['with a field that no version has', { ...SECOND, quota: 1 }, 'document.refused'],
  ['that holds by one role for longer than 90 days', { ...SECOND, hold_days: 91 }, 'document.refused'],
  ['that lets a hold by one role lapse at once', { ...SECOND, hold_days: 0 }, 'document.refused'],
  [
    'whose station has less room than a film',
    { ...SECOND, station_bytes: 1024 ** 3 - 1 },
    'document.refused',
  ],
  ['of a later version', { ...SECOND, version: 3 }, 'document.version'],
] as const)('one %s is refused', (_, value, code) => {
  expect(() => parsePolicy(encodeCanonical(value))).toThrow(expect.objectContaining({ code }) as Error);
});

test.each([
  ['number 0', { number: 0 }],
  ['fewer days than one', { days_min: 0 }],
  ['more days at least than at most', { days_min: 31 }],
  ['more days than ten years', { days_max: 3651 }],
  ['no officer', { officers: [] }],
  ['a key of both roles', { supervisors: [line(officer)] }],
  ['a key twice', { officers: [line(officer), line(officer)] }],
  ['what is no key', { officers: ['RWno'] }],
] as const)('%s is refused', (_, change) => {
  expect(() => encodePolicy({ ...POLICY, ...change } as Policy)).toThrow(
    expect.objectContaining({ code: 'document.refused' }) as Error,
  );
});

test.each([
  ['both roles', officer, supervisor, undefined],
  ['a key of no role', officer, other, 'policy.signature'],
  ['the roles the other way round', supervisor, officer, 'policy.signature'],
] as const)('signatures by %s', (_, first, second, code) => {
  const bytes = encodePolicy(POLICY);
  const signatures = {
    officer: signDocument(first, bytes, POLICY_TRUSTED_COMMENT),
    supervisor: signDocument(second, bytes, POLICY_TRUSTED_COMMENT),
  };
  const verify = (): void => verifyRoles('policy', bytes, signatures, rolesOf(POLICY));
  if (code === undefined) expect(verify).not.toThrow();
  else expect(verify).toThrow(expect.objectContaining({ code }) as Error);
});

test('one key that is named for both roles is not two roles', () => {
  const bytes = encodePolicy(POLICY);
  const text = signDocument(officer, bytes, POLICY_TRUSTED_COMMENT);
  const keys = [publicKeyOf(officer)];
  expect(() =>
    verifyRoles('policy', bytes, { officer: text, supervisor: text }, { officer: keys, supervisor: keys }),
  ).toThrow(expect.objectContaining({ code: 'policy.one-key' }) as Error);
});

test.each([
  ['nothing', null, { days: null, documentsDays: null }, { days: 14, documentsDays: 730 }],
  ['a file', null, { days: 30, documentsDays: 90 }, { days: 30, documentsDays: 90 }],
  ['a policy', POLICY, { days: null, documentsDays: null }, { days: 7, documentsDays: 60 }],
  [
    'a policy and a file that keeps longer',
    POLICY,
    { days: 20, documentsDays: 90 },
    { days: 20, documentsDays: 90 },
  ],
  [
    'a policy and a file that keeps shorter',
    { ...POLICY, days_min: 30, documents_days: 900 },
    { days: 14, documentsDays: 730 },
    { days: 30, documentsDays: 900 },
  ],
] as const)('the days that %s says', (_, policy, said, days) => {
  expect(daysUnder(policy, said)).toEqual(days);
});

const FIRST = '2026-01-01T00:00:00.000Z';
const SECOND_AT = '2026-06-01T00:00:00.000Z';
const entered = (time: string, logDays: number | undefined): TermsFrom => ({
  ...NO_POLICY,
  time,
  sha256: time,
  logDays,
  documentsDays: 60,
});

test.each([
  ['no policy', [], '2026-08-01', '2026-04-03T00:00:00.000Z'],
  ['one that says nothing', [entered(FIRST, undefined)], '2026-08-01', '2026-05-03T00:00:00.000Z'],
  ['one that says ten days', [entered(FIRST, 10)], '2026-08-01', '2026-07-22T00:00:00.000Z'],
  [
    'one that shortened it later, for what came since',
    [entered(FIRST, undefined), entered(SECOND_AT, 10)],
    '2026-06-05',
    '2026-03-07T00:00:00.000Z',
  ],
  [
    'one that shortened it before',
    [entered(FIRST, undefined), entered(SECOND_AT, 10)],
    '2026-06-12',
    '2026-06-02T00:00:00.000Z',
  ],
  [
    'one that made it longer since',
    [entered(FIRST, 10), entered(SECOND_AT, 100)],
    '2026-07-01',
    '2026-05-31T23:59:59.999Z',
  ],
] as const)('segments of a log end by the days of their time, by %s', (_, policies, now, before) => {
  const beforeMs = segmentsOverMs({ announced: [], policies }, Date.parse(now));
  expect(new Date(beforeMs).toISOString()).toBe(before);
});
