import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { test } from 'vitest';
import { SLAB_BYTES } from '../../../../agent/receiver/limits.ts';
import { Slabs, slabView } from '../../../../agent/receiver/transfer/slabs.ts';

const PIECE_BYTES_MAX = 5000;

test('bytes of any length and alignment come to their place in the slab, and nothing beside it changes', () => {
  const slabs = new Slabs(2);
  const source = Buffer.from(Array.from({ length: PIECE_BYTES_MAX + 8 }, (_, at) => (at * 7) % 251));
  fc.assert(
    fc.property(
      fc.nat(PIECE_BYTES_MAX),
      fc.nat(7),
      fc.nat(SLAB_BYTES - PIECE_BYTES_MAX),
      (length, from, at) => {
        const [view, other] = [slabs.view(0), slabs.view(1)];
        view.fill(0xaa);
        other.fill(0xbb);
        const bytes = source.subarray(from, from + length);
        slabs.put(0, at, bytes);
        assert.ok(view.subarray(at, at + length).equals(bytes));
        assert.ok(view.subarray(0, at).every((byte) => byte === 0xaa));
        assert.ok(view.subarray(at + length).every((byte) => byte === 0xaa));
        assert.ok(other.every((byte) => byte === 0xbb));
      },
    ),
    { numRuns: 20 },
  );
});

test('bytes that do not fit are refused, and none of them is written', () => {
  const slabs = new Slabs(1);
  const view = slabs.view(0);
  assert.throws(() => slabs.put(0, SLAB_BYTES - 3, Buffer.from('four')), RangeError);
  assert.ok(view.every((byte) => byte === 0));
});

test('a worker sees the same bytes, and each slab is given out once', () => {
  const slabs = new Slabs(3);
  const taken = [slabs.acquire(), slabs.acquire(), slabs.acquire()];
  assert.deepEqual(new Set(taken), new Set([0, 1, 2]));
  assert.equal(slabs.acquire(), undefined);
  slabs.put(1, 5, Buffer.from('seen'));
  assert.equal(slabView(slabs.memory, 1).toString('latin1', 5, 9), 'seen');
  slabs.release(1);
  assert.equal(slabs.acquire(), 1);
});
