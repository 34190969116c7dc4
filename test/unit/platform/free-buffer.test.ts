// Freed buffers are gone at once, and their memory does not pile up.
import { expect, test } from 'vitest';
import { bufferFreer } from '../../../agent/platform/memory.ts';

test('a freed buffer is detached before the call ends, and so is every view on it', () => {
  const free = bufferFreer();
  const bytes = new Uint8Array(100_000);
  const view = bytes.subarray(10);
  free(bytes.buffer);
  expect([bytes.length, view.length, bytes.buffer.byteLength]).toEqual([0, 0, 0]);
});

test('buffers by the gigabyte pass without memory for them, long after the port has closed', async () => {
  const free = bufferFreer();
  await new Promise((resolve) => setImmediate(resolve));
  const before = process.memoryUsage().arrayBuffers;
  let peak = 0;
  for (let at = 0; at < 1024; at++) {
    free(new Uint8Array(1024 * 1024).buffer);
    peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
  }
  expect(peak).toBeLessThan(4 * 1024 * 1024);
});
