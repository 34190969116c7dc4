import { expect, test } from 'vitest';
import type { DockingFacts, ProvenDocking } from '../../../../agent/evidence/verify/docking-log.ts';
import { dockingOrderRemarks } from '../../../../agent/evidence/verify/docking-groups.ts';

const [EARLIER, LATER] = ['2026-11-27T08:00:00.000Z', '2026-11-27T09:00:00.000Z'];

/** The second record follows the first one, whose docking began later. */
function codes(second: Partial<ProvenDocking>, first: Partial<ProvenDocking> = {}): string[] {
  const facts = (sha256: string, proven: Partial<ProvenDocking>): DockingFacts => ({
    kind: 'docking',
    name: sha256,
    where: sha256,
    station: 'kod-1',
    sha256,
    receiptSha256: undefined,
    receivedAt: undefined,
    head: undefined,
    proven: {
      chain: 'cam-1 key',
      docking: sha256,
      clockSynchronised: true,
      ended: 'unplugged',
      previous: null,
      ...proven,
    } as ProvenDocking,
  });
  const all = [
    facts('a', { dockedAt: LATER, ...first }),
    facts('b', { dockedAt: EARLIER, previous: 'a', ...second }),
  ];
  return dockingOrderRemarks(all).map(({ code }) => code);
}

test('a docking that began before the one that it follows is a finding', () => {
  expect(codes({})).toEqual(['docking-chain.order']);
});

test('it is a note where a clock was not synchronised, or a cut ended it: its record may be made late', () => {
  expect(codes({ clockSynchronised: false })).toEqual(['docking-chain.order-unsure']);
  expect(codes({}, { clockSynchronised: false })).toEqual(['docking-chain.order-unsure']);
  expect(codes({ ended: 'cut-off' })).toEqual(['docking-chain.order-unsure']);
});

test('it is a note where both were in two bays at one time: a camera of the same id is another one', () => {
  const other = { bay: 'bay-2', endedAt: '2026-11-27T12:00:00.000Z' };
  expect(codes(other, { bay: 'bay-1' })).toEqual(['docking-chain.order-twice']);
  expect(codes({ ...other, bay: 'bay-1' }, { bay: 'bay-1' })).toEqual(['docking-chain.order']);
  expect(codes({ ...other, endedAt: '2026-11-27T08:59:59.999Z' }, { bay: 'bay-1' })).toEqual([
    'docking-chain.order',
  ]);
  expect(codes({ ...other, endedAt: null }, { bay: 'bay-1' })).toEqual(['docking-chain.order']);
});

test('one behind a cut-off one counts; one of another chain, or in its order, is told nothing', () => {
  expect(codes({}, { ended: 'cut-off' })).toEqual(['docking-chain.order']);
  expect(codes({ chain: 'cam-2 key' })).toEqual([]);
  expect(codes({ dockedAt: LATER })).toEqual([]);
});
