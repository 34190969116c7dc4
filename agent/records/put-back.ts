// Which docking whose record lies in the quarantine may go back to the others. Pure.
//
// With all parts or not at all: each behind the one that it names, none of them another one than those that are here. And only where its place in
// its camera's chain is sure: something names it, or the record that it names is here, or nothing of its camera is. What named any other may have
// gone, and then it would look like the end of the chain.
import type { RecordFacts } from './stored-record.ts';

/** Parts of one docking among `aside` that may go back, in their order; none where there is none. `here` are all records that lie in their place. */
export function dockingToPutBack(
  here: readonly RecordFacts[],
  aside: readonly RecordFacts[],
): readonly RecordFacts[] {
  for (const docking of new Set(aside.map((facts) => facts.docking))) {
    const ofIt = (facts: RecordFacts): boolean => facts.docking === docking;
    const missing = aside.filter(ofIt);
    const parts = [...here.filter(ofIt), ...missing].sort((a, b) => a.part - b.part);
    const others = here.filter((facts) => !ofIt(facts));
    const named = new Set([...others, ...aside].map((facts) => facts.previousSha256));
    if (isWhole(parts) && hasPlace(parts, others, named)) return missing.sort((a, b) => a.part - b.part);
  }
  return [];
}

function isWhole(parts: readonly RecordFacts[]): boolean {
  return (
    parts.length === parts[0]?.parts &&
    parts.every(
      ({ part, previousSha256 }, at) =>
        part === at + 1 && (at === 0 || previousSha256 === parts[at - 1]?.manifestSha256),
    )
  );
}

function hasPlace(
  parts: readonly RecordFacts[],
  others: readonly RecordFacts[],
  named: ReadonlySet<string | null>,
): boolean {
  const [first, last] = [parts[0], parts.at(-1)];
  if (first === undefined || last === undefined) return false;
  return (
    named.has(last.manifestSha256) ||
    others.some(({ manifestSha256 }) => manifestSha256 === first.previousSha256) ||
    others.every(({ camera }) => camera !== first.camera)
  );
}
