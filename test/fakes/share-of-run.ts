// What a run tries of the long lists. CI, whose time is limited, takes one share of each, always the same: a run is a function of the commit. A person
// and the nightly list try all.

/** Whether a run takes a share alone. BODYDOCK_LISTS=whole says that it does not, although tools that are missing make it fail as in CI. */
export const takesShare = process.env['CI'] !== undefined && process.env['BODYDOCK_LISTS'] !== 'whole';

/** Which share; each list takes it by its own count of shares. BODYDOCK_SHARE names another one. */
export const shareOfRun = Number(process.env['BODYDOCK_SHARE'] ?? 79_892_762);

/** All of a list, or the one of this run's share. */
export function shareOfList<T>(all: readonly T[], isShared: boolean): readonly T[] {
  return isShared ? all.filter((_, at) => at === shareOfRun % all.length) : all;
}

/** Of groups of files that share CI's time, those that are not in this run's share; none where all are tried. Names each in the output. */
export function leftOut(groups: readonly (readonly string[])[]): string[] {
  if (!takesShare) return [];
  const now = groups[shareOfRun % groups.length] ?? [];
  const left = [...new Set(groups.flat())].filter((name) => !now.includes(name));
  for (const name of left) console.log(`left to the nightly list: ${name}`);
  return left;
}
