import { expect, test } from 'vitest';
import { checkSidecars, type Joined } from '../../../../agent/evidence/verify/recording-check.ts';

function joined(where: string, over: Partial<Joined> = {}): Joined {
  return { where, docking: 'd', pathSha256: where, sidecars: [], sidecarOf: null, ...over };
}
const codes = (all: readonly Joined[]): string[] =>
  checkSidecars(all).map(({ kind, code, where }) => `${kind} ${code} ${where}`);

test('a recording and its sidecars that name each other need no word', () => {
  const recording = joined('A', { sidecars: ['a', 'b'] });
  expect(codes([recording, joined('a', { sidecarOf: 'A' }), joined('b', { sidecarOf: 'A' })])).toEqual([]);
});

test('a sidecar that is not here is noted, and so is a recording that is not', () => {
  expect(codes([joined('A', { sidecars: ['a'] }), joined('b', { sidecarOf: 'B' })])).toEqual([
    'note sidecar.missing A',
    'note sidecar.missing b',
  ]);
});

test('the same path in another docking is another file', () => {
  const all = [joined('A', { sidecars: ['a'] }), joined('a', { sidecarOf: 'A', docking: 'e' })];
  expect(codes(all)).toEqual(['note sidecar.missing A', 'note sidecar.missing a']);
});

test('who is named and does not name back is noted', () => {
  expect(codes([joined('A', { sidecars: ['b'] }), joined('a', { sidecarOf: 'A' }), joined('b')])).toEqual([
    'note sidecar.one-sided A',
    'note sidecar.one-sided a',
  ]);
});
