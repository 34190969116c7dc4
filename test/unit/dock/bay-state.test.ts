import { expect, test } from 'vitest';
import { bayLight, bayState, RateMeter } from '../../../agent/dock/bay-state.ts';
import {
  type BayCounts,
  type EntryFate,
  EntryCounters,
  type TrackedEntry,
} from '../../../agent/inventory/entry.ts';
import type { RecordingId } from '../../../protocol/format/ids.ts';
import { listedFile, trackedEntry } from '../../fakes/tracked-entry.ts';

const recording = 'abcdefghijklmnopqrstuvwxya' as RecordingId;
const entry = (fate: EntryFate, sizeBytes = 100): TrackedEntry =>
  trackedEntry(listedFile('a.mp4', { sizeBytes }), fate);
const spooled = entry({ kind: 'spooled', recording, sha256: null, stamp: '' });

function count(entries: readonly TrackedEntry[], isReceipted = false, held = 0): BayCounts {
  const tally = new EntryCounters();
  for (const each of entries) each.countIn(tally);
  return tally.counts({ isReceipted: () => isReceipted, heldBytes: () => held }, 0);
}

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

test('the rate is that of the last seconds and starts anew when another phase counts from its own start', () => {
  const meter = new RateMeter();
  expect(meter.sample(0, 0)).toBeNull();
  expect(meter.sample(1000, 500)).toBe(500);
  for (let at = 2; at < 40; at++) meter.sample(at * 1000, 500 + at * 1000);
  expect(meter.sample(40_000, 40_500)).toBe(1000);
  expect(meter.sample(41_000, 10)).toBeNull();
});
