// Tags confirm what was remembered and nothing else: no other bytes, no other digest, not what another process remembered, and never with the
// slot of one unit the bytes of another. What they do not confirm is only not known.
import { createCipheriv } from 'node:crypto';
import { expect, test } from 'vitest';
import { newTagMemory, readUnit, TAG_KEY_BYTES, UnitTags } from '../../../agent/seal/unit-tags.ts';
import { sha256 } from '../../../protocol/format/bytes.ts';
import { UNIT_BYTES } from '../../../protocol/format/limits.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';

const random = seededRandom(51);
const unit = random.bytes(UNIT_BYTES);
const digest = sha256(unit);
const newTags = (): UnitTags => new UnitTags(newTagMemory(random.bytes(TAG_KEY_BYTES)));

test('one thread confirms what another one remembered', () => {
  const memory = newTagMemory(random.bytes(TAG_KEY_BYTES));
  new UnitTags(memory).remember(digest, unit);
  expect(new UnitTags(memory).confirm(digest, unit)).toBe(true);
});

test('what was confirmed is not known any more: sent again, it is hashed', () => {
  const tags = newTags();
  tags.remember(digest, unit);
  expect([tags.confirm(digest, unit), tags.confirm(digest, unit)]).toEqual([true, false]);
});

test('nothing is confirmed that was not remembered, nor what another key remembered', () => {
  const memory = newTagMemory(random.bytes(TAG_KEY_BYTES));
  expect(new UnitTags(memory).confirm(digest, unit)).toBe(false);
  new UnitTags(memory).remember(digest, unit);
  const other = { ...memory, key: random.bytes(TAG_KEY_BYTES) };
  expect(new UnitTags(other).confirm(digest, unit)).toBe(false);
});

test('one bit at any place, a byte less or more is not confirmed', () => {
  const tags = newTags();
  tags.remember(digest, unit);
  for (let at = 0; at < 8 * UNIT_BYTES; at += 99_991) {
    const turned = new Uint8Array(unit);
    turned[at >> 3] = (turned[at >> 3] ?? 0) ^ (1 << (at & 7));
    expect(tags.confirm(digest, turned), `bit ${at}`).toBe(false);
  }
  expect(tags.confirm(digest, unit.subarray(1))).toBe(false);
  expect(tags.confirm(digest, Buffer.concat([unit, new Uint8Array(1)]))).toBe(false);
});

test('a slot that changed at any byte confirms nothing', () => {
  const memory = newTagMemory(random.bytes(TAG_KEY_BYTES));
  const tags = new UnitTags(memory);
  tags.remember(digest, unit.subarray(0, 100));
  const slots = new Uint8Array(memory.slots);
  const from = Buffer.from(memory.slots).indexOf(digest);
  for (let at = from; at < from + 48; at++) {
    slots[at] = (slots[at] ?? 0) ^ 1;
    expect(tags.confirm(digest, unit.subarray(0, 100)), `byte ${at - from}`).toBe(false);
    slots[at] = (slots[at] ?? 0) ^ 1;
  }
  expect(tags.confirm(digest, unit.subarray(0, 100))).toBe(true);
});

test('a unit that takes the slot of another is confirmed, the other one not known any more', () => {
  const tags = newTags();
  const [one, two] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(1)];
  two[0] = 2; // the slot is chosen by the end
  tags.remember(one, unit.subarray(0, 10));
  tags.remember(two, unit.subarray(0, 20));
  expect(tags.confirm(two, unit.subarray(0, 20))).toBe(true);
  expect(tags.confirm(one, unit.subarray(0, 10))).toBe(false);
  expect(tags.confirm(one, unit.subarray(0, 20))).toBe(false);
});

test('the tag is that of RFC 8439 for associated data alone', () => {
  const key = random.bytes(TAG_KEY_BYTES);
  const memory = newTagMemory(key);
  new UnitTags(memory).remember(digest, unit);
  const nonce = digest.subarray(0, 12);
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 });
  for (const half of [unit.subarray(0, 1000), unit.subarray(1000)])
    cipher.setAAD(half, { plaintextLength: 0 });
  cipher.final();
  expect(Buffer.from(memory.slots).includes(cipher.getAuthTag())).toBe(true);
});

test('a unit with a false tag is judged by its digest, and one with a true tag and other bytes is damaged', async () => {
  const tags = newTags();
  const read = (bytes: Uint8Array): Promise<Uint8Array> =>
    readUnit(
      {
        tags,
        readAt: (_path, target) => {
          target.set(bytes);
          return bytes.length;
        },
      },
      { path: 'x', position: 0, sizeBytes: UNIT_BYTES, sha256: digest },
    );
  const turned = new Uint8Array(unit);
  turned[77] = (turned[77] ?? 0) ^ 4;
  tags.remember(digest, turned);
  expect(Buffer.from(await read(unit)).equals(unit)).toBe(true);
  tags.remember(digest, unit);
  await expect(read(turned)).rejects.toMatchObject({ code: 'spool.unit-damaged' });
});
