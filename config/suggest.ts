// "Did you mean": the known word that is nearest to a mistyped one.

/** Longer words are not compared: no key of ours has more characters. */
const WORD_CHARACTERS_MAX = 40;

/** The candidate with the fewest typing errors, where those are at most a third of the word; else undefined. */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > WORD_CHARACTERS_MAX) return undefined;
  const plain = word.toLowerCase().replaceAll('-', '_');
  const best = candidates
    .map((candidate) => ({ candidate, errors: typingErrors(plain, candidate) }))
    .toSorted((a, b) => a.errors - b.errors)[0];
  return best !== undefined && best.errors <= Math.max(1, Math.floor(word.length / 3))
    ? best.candidate
    : undefined;
}

/** Letters that are missing, surplus or wrong, and neighbours that are swapped. */
function typingErrors(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const swapped = a[i] === b[j - 1] && a[i - 1] === b[j] ? (before[j - 1] ?? Infinity) + 1 : Infinity;
      const wrong = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(swapped, wrong, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    [before, row] = [row, next];
  }
  return row[b.length] ?? 0;
}
