// Finds circles among things that each name at most one predecessor. Pure; each thing is walked over once.

/** The members of each circle that following `before` leads into. */
export function findCircles<T>(all: Iterable<T>, before: (one: T) => T | undefined): T[][] {
  const circles: T[][] = [];
  const done = new Set<T>();
  for (const begin of all) {
    const walk = new Set<T>();
    let at: T | undefined = begin;
    while (at !== undefined && !done.has(at) && !walk.has(at)) {
      walk.add(at);
      at = before(at);
    }
    const steps = [...walk];
    if (at !== undefined && walk.has(at)) circles.push(steps.slice(steps.indexOf(at)));
    for (const one of steps) done.add(one);
  }
  return circles;
}
