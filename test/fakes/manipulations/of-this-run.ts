// The manipulations that this run tries: all of them, and in CI, whose time is limited, every third one.
import { shareOfRun, takesShare } from '../share-of-run.ts';
import type { Manipulation } from './manipulated-vault.ts';
import { MANIPULATIONS } from './manipulations.ts';

const SHARES = 3;

/** Whether this run tries every one. */
export const ARE_ALL_TRIED = !takesShare;

/** By area, as MANIPULATIONS. */
export const MANIPULATIONS_OF_THIS_RUN: Readonly<Record<string, readonly Manipulation[]>> = ofThisRun(
  ARE_ALL_TRIED ? undefined : shareOfRun % SHARES,
);

function ofThisRun(share: number | undefined): Readonly<Record<string, readonly Manipulation[]>> {
  let at = 0;
  const tried = (): boolean => share === undefined || at++ % SHARES === share;
  return Object.fromEntries(
    Object.entries(MANIPULATIONS).map(([area, all]) => [area, all.filter(() => tried())]),
  );
}
