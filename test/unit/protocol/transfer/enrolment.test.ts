import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeUtf8 } from '../../../../protocol/format/bytes.ts';
import {
  checkRequestAge,
  encodeEnrolmentAnswer,
  encodeEnrolmentFile,
  encodeEnrolmentRequest,
  enrolmentComment,
  isFingerprint,
  openEnrolmentAnswer,
  openEnrolmentRequest,
  type EnrolmentAnswer,
  type EnrolmentRequest,
} from '../../../../protocol/transfer/enrolment.ts';
import { isDockError } from '../../../../protocol/format/errors.ts';
import { parseReceiverId, parseStationId } from '../../../../protocol/format/ids.ts';
import {
  encodePublicKey,
  makeSecretKey,
  publicKeyLine,
  publicKeyOf,
  signDocument,
} from '../../../../protocol/documents/minisign.ts';
import { readJudgeKey, signatureFault } from '../../../fakes/minisign-judge.ts';
import { SeededRandom } from '../../../fakes/random-seeded.ts';

const KEY = makeSecretKey(new SeededRandom(1));
const OTHER = makeSecretKey(new SeededRandom(2));
const REQUEST: EnrolmentRequest = {
  type: 'enrolment-request',
  version: 1,
  station: parseStationId('townhall-1'),
  public_key: publicKeyLine(publicKeyOf(KEY)),
  certificate_request: 'MAAwAA==',
  made_at: '2026-11-26T09:00:00.000Z',
};
const ANSWER: EnrolmentAnswer = {
  type: 'enrolment-answer',
  version: 1,
  station: parseStationId('townhall-1'),
  request_sha256: 'a'.repeat(64),
  store: 'Stadt „Köln“',
  receivers: [parseReceiverId('r-archive')],
  public_keys: [publicKeyLine(publicKeyOf(KEY)), publicKeyLine(publicKeyOf(OTHER))],
  broker: { url: 'mqtts://broker.example.org:8883', base: 'bodydock' },
  certificates: ['MAAwAA=='],
  authorities: ['MAAwAA=='],
  made_at: '2026-11-26T09:00:00.000Z',
};

function fileOf(document: Uint8Array, kind: 'enrolment-request' | 'enrolment-answer', key = KEY): Uint8Array {
  return encodeEnrolmentFile(document, signDocument(key, document, enrolmentComment(kind)));
}
const REQUEST_FILE = fileOf(encodeEnrolmentRequest(REQUEST), 'enrolment-request');
const ANSWER_FILE = fileOf(encodeEnrolmentAnswer(ANSWER), 'enrolment-answer');

function codeOf(open: () => unknown): string {
  try {
    open();
    return 'taken';
  } catch (error) {
    return isDockError(error) ? error.code : `no DockError: ${String(error)}`;
  }
}

describe('the file of an enrolment', () => {
  test('gives back what was put in, with one fingerprint for the same document', () => {
    const request = openEnrolmentRequest(REQUEST_FILE);
    expect(request.document).toEqual(REQUEST);
    expect(openEnrolmentAnswer(ANSWER_FILE).document).toEqual(ANSWER);
    expect(request.fingerprint).toMatch(/^(?:[0-9a-f]{4} ){7}[0-9a-f]{4}$/);
    expect(request.fingerprint.replaceAll(' ', '')).toBe(request.sha256.slice(0, 32));
  });

  test('is two parts that any minisign verifies', () => {
    const [body = '', ...signature] = Buffer.from(ANSWER_FILE).toString('utf8').split('\n');
    const folder = mkdtempSync(join(tmpdir(), 'bodydock-judge-'));
    try {
      const file = join(folder, 'store.pub');
      writeFileSync(file, encodePublicKey(publicKeyOf(KEY)));
      const judge = readJudgeKey(file);
      expect(
        signatureFault(Buffer.from(body), signature.join('\n'), 'enrolment-answer', judge),
      ).toBeUndefined();
      expect(
        signatureFault(Buffer.from(`${body} `), signature.join('\n'), 'enrolment-answer', judge),
      ).toBeDefined();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('that went through a mail program is taken, with the same fingerprint', () => {
    const mailed = encodeUtf8(Buffer.from(REQUEST_FILE).toString('utf8').replaceAll('\n', '\r\n'));
    expect(openEnrolmentRequest(mailed)).toEqual(openEnrolmentRequest(REQUEST_FILE));
  });

  test('names the keys of both roles in version 2 alone', () => {
    const keys = ANSWER.public_keys.slice(0, 1);
    const roles = { officers: keys, supervisors: keys };
    const named = encodeEnrolmentAnswer({ ...ANSWER, version: 2, roles });
    expect(openEnrolmentAnswer(fileOf(named, 'enrolment-answer')).document.roles).toEqual(roles);
    for (const odd of [{ roles }, { version: 2 }] as const)
      expect(codeOf(() => encodeEnrolmentAnswer({ ...ANSWER, ...odd }))).toBe('document.refused');
  });

  test('that ends anywhere too early is refused', () => {
    for (const [file, open] of [
      [REQUEST_FILE, openEnrolmentRequest],
      [ANSWER_FILE, openEnrolmentAnswer],
    ] as const) {
      // Without its very last line end it says the same.
      for (let length = 0; length < file.length - 1; length++)
        expect(
          codeOf(() => open(file.subarray(0, length))),
          `${length} bytes`,
        ).toMatch(/^enrolment\.(?:malformed|truncated|signature)$/);
      expect(codeOf(() => open(file.subarray(0, -1)))).toBe('taken');
    }
  });

  test('in which one byte is another says nothing else than before, or is refused', () => {
    const before = openEnrolmentRequest(REQUEST_FILE);
    const at = fc.nat(REQUEST_FILE.length - 1);
    fc.assert(
      fc.property(at, fc.integer({ min: 1, max: 255 }), (index, mask) => {
        const altered = Uint8Array.from(REQUEST_FILE);
        altered[index] = (altered[index] ?? 0) ^ mask;
        try {
          expect(openEnrolmentRequest(altered)).toEqual(before); // in the comment that nobody signs
        } catch (error) {
          expect(isDockError(error)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('of any bytes is refused in words', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        expect(codeOf(() => openEnrolmentRequest(bytes))).toMatch(/^enrolment\.(?:malformed|truncated)$/);
      }),
    );
  });

  test.each([
    ['the other kind', () => openEnrolmentRequest(ANSWER_FILE), 'enrolment.kind'],
    [
      'another kind of document',
      () => openEnrolmentAnswer(encodeUtf8('{"type":"receipt"}\n')),
      'enrolment.malformed',
    ],
    [
      'something behind it',
      () => openEnrolmentRequest(Buffer.concat([REQUEST_FILE, encodeUtf8('more\n')])),
      'enrolment.malformed',
    ],
    ['far too many bytes', () => openEnrolmentRequest(new Uint8Array(65_537).fill(32)), 'enrolment.oversize'],
    [
      'a signature by a key that is not in it',
      () => openEnrolmentRequest(fileOf(encodeEnrolmentRequest(REQUEST), 'enrolment-request', OTHER)),
      'enrolment.signature',
    ],
    [
      'a signature by its second key',
      () => openEnrolmentAnswer(fileOf(encodeEnrolmentAnswer(ANSWER), 'enrolment-answer', OTHER)),
      'enrolment.signature',
    ],
    [
      'a signature for the other kind',
      () => openEnrolmentRequest(fileOf(encodeEnrolmentRequest(REQUEST), 'enrolment-answer')),
      'enrolment.signature',
    ],
    [
      'a later version',
      () =>
        openEnrolmentRequest(
          fileOf(encodeUtf8('{"type":"enrolment-request","version":2}'), 'enrolment-request'),
        ),
      'document.version',
    ],
    [
      'a field that is not known',
      () =>
        openEnrolmentRequest(
          fileOf(encodeUtf8('{"extra":1,"type":"enrolment-request","version":1}'), 'enrolment-request'),
        ),
      'document.refused',
    ],
  ])('with %s is refused', (_what, open, code) => {
    expect(codeOf(open)).toBe(code);
  });

  test.each([
    ['no receiver', { receivers: [] }],
    ['a key twice', { public_keys: [ANSWER.public_keys[0] ?? '', ANSWER.public_keys[0] ?? ''] }],
    ['a name that moves the cursor', { store: 'a\u001b[2J' }],
    ['a user in the address', { broker: { url: 'mqtts://me:secret@broker', base: 'bodydock' } }],
    ['a line end in the address', { broker: { url: 'mqtts://broker\nrelease: x', base: 'bodydock' } }],
  ])('an answer with %s is none', (_what, part) => {
    expect(codeOf(() => encodeEnrolmentAnswer({ ...ANSWER, ...part }))).toBe('document.refused');
  });
});

test('a fingerprint is compared without spaces and case, and as a whole', () => {
  const fingerprint = '002a 6219 6a5b 779e 6281 3b48 0675 a72f';
  expect(isFingerprint('002A-6219-6a5b-779e 62813B480675A72F\n', fingerprint)).toBe(true);
  for (const typed of ['', '002a', `${fingerprint}0`, fingerprint.replace('a72f', 'a72e')])
    expect(isFingerprint(typed, fingerprint), typed).toBe(false);
});

test('a request that lay for a month, or comes from tomorrow, is refused', () => {
  const at = Date.parse('2026-11-26T09:00:00.000Z');
  const code = (days: number): string =>
    codeOf(() => checkRequestAge(REQUEST.made_at, at + days * 86_400_000));
  expect([-1.1, -0.9, 0, 29.9, 30.1].map(code)).toEqual([
    'enrolment.clock',
    'taken',
    'taken',
    'taken',
    'enrolment.old',
  ]);
});
