// Whom a station listens to: a signed message counts by its key, its receiver, its station and its recording, and each of them alone makes it none.
import { describe, expect, test } from 'vitest';
import { verifyCustodyHead, verifyDown, type TrustedStore } from '../../../agent/push/push-verify.ts';
import { isDockError } from '../../../protocol/format/errors.ts';
import {
  makeRecordingId,
  makeSegmentId,
  makeSessionId,
  parseReceiverId,
  parseStationId,
} from '../../../protocol/format/ids.ts';
import { encodeMessage, encodeSignedBody, type SignedBody } from '../../../protocol/transfer/messages.ts';
import {
  keyIdHex,
  makeSecretKey,
  publicKeyOf,
  signMessage,
  type SecretKey,
} from '../../../protocol/documents/minisign.ts';
import { SeededRandom } from '../../fakes/random-seeded.ts';

const random = new SeededRandom(31);
const [storeKey, strangeKey] = [makeSecretKey(random), makeSecretKey(random)];
const station = parseStationId('dock-1');
const [recording, otherRecording] = [makeRecordingId(random), makeRecordingId(random)];
const session = makeSessionId(random);
const [receiver, unlisted] = [parseReceiverId('r-a'), parseReceiverId('r-z')];
const store: TrustedStore = { station, storeKeys: [publicKeyOf(storeKey)], receivers: [receiver] };
const sha256 = 'a'.repeat(64);
const to = { station, recording, receiver } as const;

const BODIES = {
  claim: {
    message: 'claim',
    ...to,
    session,
    epoch: 1,
    message_bytes_max: 524_288,
    lease_ms: 60_000,
    manifest_sha256: sha256,
  },
  refuse: {
    message: 'refuse',
    ...to,
    session,
    verb: 'never',
    reason: 'key-revoked',
    retry_after_ms: 1000,
    manifest_sha256: sha256,
  },
} as const satisfies Readonly<Record<string, SignedBody>>;
const CUSTODY = {
  message: 'custody',
  ...to,
  recording: null,
  segment: makeSegmentId(random),
  sequence: 3,
  sha256,
} as const;

function signed(body: SignedBody, key: SecretKey = storeKey): Uint8Array {
  const text = encodeSignedBody(body);
  const envelope = { body: text, signature: signMessage(key, text), key_id: keyIdHex(key.keyId) };
  return encodeMessage({ message: body.message, ...envelope });
}

const codeOf = (error: unknown): string => (isDockError(error) ? error.code : String(error));

/** The code with which it is refused, or the kind that it is taken for. */
function takenAs(payload: Uint8Array): string {
  try {
    return verifyDown(payload, recording, store).kind;
  } catch (error) {
    return codeOf(error);
  }
}

describe.each(Object.values(BODIES))('a signed $message', (body) => {
  test('counts as what it is', () => {
    expect(takenAs(signed(body))).toBe(body.message);
  });

  test.each([
    ['by a key that is not pinned', signed(body, strangeKey), 'signature.unknown-key'],
    ['for another station', signed({ ...body, station: parseStationId('dock-2') }), 'message.misdirected'],
    ['for another recording', signed({ ...body, recording: otherRecording }), 'message.misdirected'],
    ['of a receiver that is not listed', signed({ ...body, receiver: unlisted }), 'message.misdirected'],
  ])('%s counts for nothing', (_, payload, code) => {
    expect(takenAs(payload)).toBe(code);
  });

  test('that says the id of a pinned key and is signed by another one counts for nothing', () => {
    const forged = JSON.parse(Buffer.from(signed(body, strangeKey)).toString()) as object;
    const payload = Buffer.from(JSON.stringify({ ...forged, key_id: keyIdHex(storeKey.keyId) }));
    expect(takenAs(payload)).toBe('signature.wrong');
  });

  test.each(Object.values(BODIES).filter(({ message }) => message !== body.message))(
    'is not taken for a $message: the signature covers what it is',
    ({ message }) => {
      const payload = Buffer.from(signed(body))
        .toString()
        .replace(`"message":"${body.message}"`, `"message":"${message}"`);
      expect(takenAs(Buffer.from(payload))).toBe('message.refused');
    },
  );
});

test('neither a "have" nor a receipt of a receiver that is not listed is looked at', () => {
  const have = { epoch: 1, digests_bytes: 0, received: [], durable: [], bad: [], credit_bytes: 0, session };
  const receipt = { receipt: 'AAAA', signature: 'none' };
  for (const [who, code] of [
    [receiver, undefined],
    [unlisted, 'message.misdirected'],
  ] as const) {
    expect(takenAs(encodeMessage({ message: 'have', receiver: who, ...have }))).toBe(code ?? 'have');
    expect(takenAs(encodeMessage({ message: 'receipt', receiver: who, ...receipt }))).toBe(code ?? 'receipt');
  }
});

describe('a custody head', () => {
  const headOf = (payload: Uint8Array): string => {
    try {
      return verifyCustodyHead(payload, store).message;
    } catch (error) {
      return codeOf(error);
    }
  };

  test('counts for the station that it names, by a pinned key, of a listed receiver', () => {
    expect(headOf(signed(CUSTODY))).toBe('custody');
  });

  test.each([
    ['by a key that is not pinned', signed(CUSTODY, strangeKey), 'signature.unknown-key'],
    ['of another station', signed({ ...CUSTODY, station: parseStationId('dock-2') }), 'message.misdirected'],
    ['of a receiver that is not listed', signed({ ...CUSTODY, receiver: unlisted }), 'message.misdirected'],
    ['that is a claim', signed(BODIES.claim), 'message.misdirected'],
  ])('%s counts for nothing', (_, payload, code) => {
    expect(headOf(payload)).toBe(code);
  });

  test('does not belong to a recording', () => {
    expect(takenAs(signed(CUSTODY))).toBe('message.misdirected');
  });
});
