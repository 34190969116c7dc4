import { expect, test } from 'vitest';
import { bayLight, bayState, countEntries, RateMeter, type BayCounts } from '../../../agent/bay/bay-state.ts';
import type { EntryFate, TrackedEntry } from '../../../agent/bay/entry.ts';
import type { RecordingId } from '../../../protocol/ids.ts';
import { oldLooks } from '../../fakes/old-looks.ts';

const recording = 'abcdefghijklmnopqrstuvwxya' as RecordingId;
const role = { role: 'media', rejected: null, sidecarOf: null, sidecars: [] } as const;
const entry = (fate: EntryFate, sizeBytes = 100): TrackedEntry => ({
  pathSha256: String(sizeBytes),
  listed: {
    path: new Uint8Array([1]),
    kind: 'file',
    sizeBytes,
    modifiedAt: null,
    modifiedStepMs: 2000,
    stamp: '',
    locked: false,
    vendor: {},
  },
  role,
  fate,
  attempts: 0,
  againAtMs: 0,
  shownAtMs: 0,
  looks: oldLooks(),
  supersedes: [],
});
const spooled = entry({ kind: 'spooled', recording, sha256: null, stamp: '' });
const count = (entries: TrackedEntry[], receipted = false, held = 0): BayCounts =>
  countEntries(entries, { isReceipted: () => receipted, heldBytes: () => held }, 0);

test('an empty camera is safe to take and done', () => {
  const counts = count([]);
  expect(bayState('resting', counts)).toBe('done');
  expect(bayLight('resting', counts, 0)).toBe('safe-to-take');
});

test('a camera is safe to take as soon as everything is spooled, long before the receipt', () => {
  const counts = count([spooled]);
  expect(bayState('resting', counts)).toBe('pushing');
  expect(bayLight('resting', counts, 0)).toBe('safe-to-take');
});

test('while it is read or erased the camera must stay', () => {
  for (const activity of ['reading', 'pulling', 'erasing'] as const)
    expect(bayLight(activity, count([spooled]), 0)).toBe('do-not-take');
});

test('an entry that cannot be taken, or a place that cannot be listed, calls for a person', () => {
  expect(bayLight('resting', count([entry({ kind: 'waiting', reason: 'unreadable' })]), 0)).toBe(
    'call-someone',
  );
  expect(bayState('resting', count([entry({ kind: 'waiting', reason: 'unreadable' })]))).toBe('failed');
  expect(bayLight('resting', count([spooled]), 1)).toBe('call-someone');
  expect(bayLight('resting', count([entry({ kind: 'pending' })]), 0)).toBe('call-someone');
});

test('receipted but not yet erased is not done', () => {
  expect(bayState('resting', count([spooled], true))).toBe('pushing');
  expect(bayState('resting', count([entry({ kind: 'kept', recording, reason: 'policy-never' })]))).toBe(
    'done',
  );
  expect(bayState('resting', count([entry({ kind: 'erased', recording })]))).toBe('done');
});

test('what is no file is not counted as an entry', () => {
  expect(count([entry({ kind: 'not-a-file' })]).entries).toBe(0);
});

test('bytes the store holds count before the receipt, and never beyond the file', () => {
  expect(count([spooled], false, 40).bytesReceipted).toBe(40);
  expect(count([spooled], false, 4000).bytesReceipted).toBe(100);
  expect(count([spooled], true).bytesReceipted).toBe(100);
});

test('the rate is that of the last seconds and starts anew when another phase counts from its own start', () => {
  const meter = new RateMeter();
  expect(meter.sample(0, 0)).toBeNull();
  expect(meter.sample(1000, 500)).toBe(500);
  for (let at = 2; at < 40; at++) meter.sample(at * 1000, 500 + at * 1000);
  expect(meter.sample(40_000, 40_500)).toBe(1000);
  expect(meter.sample(41_000, 10)).toBeNull();
});
