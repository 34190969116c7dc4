// What may be wrong at the end of a life in which pages were read wrong. A log whose chain a start could not follow proves less, and says so
// (`chain-broken`); what was set aside meanwhile lies in the quarantine, for a person to look at. Nothing else may be wrong.
import { SPOOL } from './sides.ts';
import type { World } from './world.ts';

const TOLD = /^custody: the agent found a broken chain/;
const BROKEN_LOG =
  /^custody |^custody: |^docking(s of)? |^condition custody\.(chain-broken|store-differs) |^the end of |^\/spool\/custody\/\S+ still waits/;

/** Of these problems, those that no wrong page explains. */
export function unexplained({ station }: World, problems: readonly string[]): string[] {
  const aside = (station.disk.files.peekNames(`${SPOOL}/quarantine`) ?? []).map((name) => name.slice(0, 26));
  const isTold = problems.some((problem) => TOLD.test(problem));
  return problems.filter((problem) => {
    if (isTold && BROKEN_LOG.test(problem)) return false;
    const [, named = ''] = /^(?:docking|custody:) ([a-z2-7]{26})\b/.exec(problem) ?? [];
    return !aside.includes(named);
  });
}
