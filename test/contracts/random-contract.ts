// What every Random must do: as many bytes as asked for, fresh ones each time, and none more likely than another.
import assert from 'node:assert/strict';
import { isRecordingId, makeRecordingId } from '../../protocol/format/ids.ts';
import type { Random } from '../../protocol/format/ports.ts';
import type { ContractRunner } from './runner.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Runs the suite. */
export function randomContract({ test }: ContractRunner, make: () => Random): void {
  test('gives the wanted count, nothing among them', () => {
    const random = make();
    for (const count of [0, 1, 16, 32, 1000, 65_537]) assert.equal(random.bytes(count).length, count);
  });

  test('gives others each time, in a buffer that nobody else holds', () => {
    const random = make();
    const seen = new Set<string>();
    for (let draw = 0; draw < 1000; draw++) {
      const bytes = random.bytes(16);
      seen.add(hex(bytes));
      bytes.fill(0); // what a caller wipes is not what the next one gets
    }
    assert.equal(seen.size, 1000);
    assert.ok(!seen.has('00'.repeat(16)));
  });

  test('every bit is as often set as not, whether bytes come one by one or at once', () => {
    for (const piece of [1, 4096]) {
      const random = make();
      const set = [0, 0, 0, 0, 0, 0, 0, 0];
      for (let drawn = 0; drawn < 4096; drawn += piece)
        for (const byte of random.bytes(piece))
          for (let bit = 0; bit < 8; bit++) set[bit] = (set[bit] ?? 0) + ((byte >> bit) & 1);
      // Of 4096 fair bits 2048 are set; 10 standard deviations are 320.
      for (const count of set) assert.ok(Math.abs(count - 2048) < 320, `${count} of 4096`);
    }
  });

  test('is good for ids: well formed, and never one twice', () => {
    const random = make();
    const ids = Array.from({ length: 10_000 }, () => makeRecordingId(random));
    assert.ok(ids.every(isRecordingId));
    assert.equal(new Set(ids).size, ids.length);
  });
}
