import * as fc from 'fast-check';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { expect, test } from 'vitest';
import {
  encodeIdentity,
  encodeRecipient,
  makeIdentity,
  parseIdentity,
  parseRecipient,
  recipientOf,
  sharedSecret,
} from '../../../../protocol/age/age-keys.ts';
import { isDockError } from '../../../../protocol/format/errors.ts';
import { seededRandom } from '../../../fakes/random-seeded.ts';

const refusal = (code: string) => expect.objectContaining({ name: 'DockError', code, retry: 'person' });

function thrown(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

test('a drawn identity opens for the recipient that is drawn with it', () => {
  const { identity, recipient } = makeIdentity(seededRandom(5));
  expect(identity).toMatch(/^AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}$/);
  expect(recipient).toMatch(/^age1[02-9ac-hj-np-z]{58}$/);
  expect(recipientOf(identity)).toBe(recipient);
});

test('the npm age library finds the same recipient for an identity, ours and its own', async () => {
  const ours = makeIdentity(seededRandom(6));
  expect(await identityToRecipient(ours.identity)).toBe(ours.recipient);
  const theirs = await generateX25519Identity();
  expect(recipientOf(theirs)).toBe(await identityToRecipient(theirs));
});

test('keys keep their text through bytes and back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
      expect([...parseRecipient(encodeRecipient(bytes))]).toEqual([...bytes]);
      expect(recipientOf(encodeIdentity(bytes))).toBe(
        encodeRecipient(parseIdentity(encodeIdentity(bytes)).publicKey),
      );
    }),
    { numRuns: 50 },
  );
});

test('one mistyped character of a recipient is noticed, wherever it is', () => {
  const { recipient } = makeIdentity(seededRandom(7));
  for (let at = 0; at < recipient.length; at++) {
    const other = recipient[at] === 'q' ? 'p' : 'q';
    const mistyped = recipient.slice(0, at) + other + recipient.slice(at + 1);
    expect(thrown(() => parseRecipient(mistyped))).toEqual(refusal('key.recipient'));
  }
});

test('a recipient in capitals, with spaces, of another kind or an identity in its place is refused', () => {
  const { identity, recipient } = makeIdentity(seededRandom(8));
  const others = [
    recipient.toUpperCase(),
    ` ${recipient}`,
    `${recipient}\n`,
    identity,
    'age1pq1qqqq',
    '',
    'ssh-ed25519 AAAA',
  ];
  for (const text of others) expect(thrown(() => parseRecipient(text))).toEqual(refusal('key.recipient'));
});

test('a refused identity is not repeated in the error', () => {
  const { identity } = makeIdentity(seededRandom(9));
  const damaged = `${identity.slice(0, 40)}Q${identity.slice(41)}`;
  for (const text of [damaged, identity.toLowerCase(), `${identity}X`]) {
    const error = thrown(() => parseIdentity(text));
    expect(error).toEqual(refusal('key.identity'));
    expect(JSON.stringify([String(error), (error as Error).cause ?? null])).not.toContain(text.slice(17, 40));
  }
});

test('any text at all is a key or one of the two refusals', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('utf8')),
        fc.stringMatching(/^age1[a-z0-9]{58}$/),
      ),
      (text) => {
        for (const parse of [parseRecipient, parseIdentity]) {
          try {
            parse(text);
          } catch (error) {
            expect(isDockError(error)).toBe(true);
          }
        }
      },
    ),
  );
});

test('a point of low order gives no shared secret', () => {
  const { secret } = parseIdentity(makeIdentity(seededRandom(10)).identity);
  const one = new Uint8Array(32);
  one[0] = 1;
  for (const point of [new Uint8Array(32), one]) expect(sharedSecret(secret, point)).toBeUndefined();
});
