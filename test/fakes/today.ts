// What CI, whose time is limited, tries on this day: long lists are shared out over the days, and nothing is left out for good.
const DAY_MS = 86_400_000;

/** Counts the days since 1970. BODYDOCK_DAY names another one, to try now what CI tries then. */
export const today = Number(process.env['BODYDOCK_DAY'] ?? Math.floor(Date.now() / DAY_MS));

/** Of these, all where a person runs them, and one in CI: another one each day. */
export function thoseOfToday<T>(all: readonly T[], isQuick: boolean): readonly T[] {
  return isQuick ? all.filter((_, at) => at === today % all.length) : all;
}

/** Of files that take turns in CI, one turn a day: those that do not come today. None where a person runs them. Says so of each. */
export function leftOutToday(turns: readonly (readonly string[])[]): string[] {
  if (process.env['CI'] === undefined) return [];
  const now = turns[today % turns.length] ?? [];
  const left = [...new Set(turns.flat())].filter((name) => !now.includes(name));
  for (const name of left) console.log(`not today in CI: ${name}`);
  return left;
}
