// The memory that signatures are calculated in: what each array begins with, what is left behind, and that signatures are the same as without.
import { createPrivateKey, randomBytes, sign } from 'node:crypto';
import nacl from 'tweetnacl';
import { describe, expect, test } from 'vitest';
import { inOneMemory } from '../../../../protocol/documents/signing-memory.ts';

const OWN = globalThis.Float64Array;
const arrays = (count: number, length = 16): Float64Array[] =>
  Array.from({ length: count }, () => new Float64Array(length));

describe('arrays from the one memory', () => {
  test('are zeros at first, whatever the call before left in them, and none shares a number with another one', () => {
    for (let call = 0; call < 3; call++)
      inOneMemory(() => {
        const made = arrays(300);
        expect(made.every((array) => array.length === 16 && array.every((value) => value === 0))).toBe(true);
        for (const [at, array] of made.entries()) array.fill(at + 1);
        expect(made.every((array, at) => array.every((value) => value === at + 1))).toBe(true);
      });
  });

  test('are wiped behind the call, one that failed too', () => {
    const seen = inOneMemory(() => new Float64Array(16).fill(7));
    expect([...seen]).toEqual(Array.from({ length: 16 }, () => 0));
    let failed: Float64Array | undefined;
    const fail = (): never => {
      failed = new Float64Array(16).fill(7);
      throw new Error('no');
    };
    expect(() => inOneMemory(fail)).toThrow('no');
    expect(failed?.some((value) => value !== 0)).toBe(false);
    expect(globalThis.Float64Array).toBe(OWN);
  });

  test('have memory of their own beyond what there is room for, and where they are longer', () => {
    inOneMemory(() => {
      const [first, ...others] = arrays(20_000);
      const last = others.at(-1)?.fill(3);
      expect(first?.every((value) => value === 0)).toBe(true);
      expect(last?.length).toBe(16);
      expect(new Float64Array(64).fill(1)).toHaveLength(64);
      expect(new Float64Array([1, 2, 3])).toHaveLength(3);
    });
  });

  test('stay whole where such a call is made within another one', () => {
    inOneMemory(() => {
      const outer = new Float64Array(16).fill(5);
      inOneMemory(() => new Float64Array(16).fill(6));
      expect([...outer]).toEqual(Array.from({ length: 16 }, () => 5));
    });
    expect(globalThis.Float64Array).toBe(OWN);
  });
});

test('signatures are the ones of node:crypto, and of tweetnacl alone', () => {
  const seed = randomBytes(32);
  const { secretKey } = nacl.sign.keyPair.fromSeed(seed);
  const prefix = Buffer.from('302e020100300506032b657004220420', 'hex'); // RFC 8410, 7
  const other = createPrivateKey({ key: Buffer.concat([prefix, seed]), format: 'der', type: 'pkcs8' });
  for (let length = 0; length < 130; length += 13) {
    const message = randomBytes(length);
    const signature = Buffer.from(inOneMemory(() => nacl.sign.detached(message, secretKey)));
    expect(signature.equals(sign(null, message, other))).toBe(true);
    expect(signature.equals(nacl.sign.detached(message, secretKey))).toBe(true);
  }
});

test('one signature needs no more than there is room for', () => {
  const { secretKey } = nacl.sign.keyPair();
  const buffers = new Map<ArrayBufferLike, number>();
  inOneMemory(() => {
    const given = globalThis.Float64Array;
    const counting = function counted(of: number): Float64Array {
      const array = new given(of);
      buffers.set(array.buffer, (buffers.get(array.buffer) ?? 0) + (of === 16 ? 1 : 0));
      return array;
    };
    globalThis.Float64Array = counting as unknown as Float64ArrayConstructor;
    nacl.sign.detached(new Uint8Array(64), secretKey);
    globalThis.Float64Array = given;
  });
  const counts = [...buffers.values()].filter((count) => count > 0);
  expect(counts).toHaveLength(1); // all that are counted lie in the one memory
  expect(counts[0]).toBeGreaterThan(4000);
});
