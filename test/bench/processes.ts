// Which processes descend from which. From the parents that /proc names: not every kernel lists children.
import { readdirSync, readFileSync } from 'node:fs';

/** Each root with everything below it, by root. One that is gone has an empty list. */
export function treePids(roots: readonly number[]): Map<number, number[]> {
  const children = childrenByParent();
  return new Map(roots.map((root) => [root, collect(root, children)]));
}

function collect(root: number, children: ReadonlyMap<number, readonly number[]>): number[] {
  const found = [root];
  // Grows while it is walked.
  for (const pid of found) found.push(...(children.get(pid) ?? []));
  return found;
}

function childrenByParent(): Map<number, number[]> {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc').filter((candidate) => /^\d+$/.test(candidate))) {
    const parent = parentOf(name);
    if (parent === undefined) continue;
    const siblings = children.get(parent) ?? [];
    siblings.push(Number(name));
    children.set(parent, siblings);
  }
  return children;
}

/** Field 4 of proc_pid_stat(5); the name before it may hold blanks. */
function parentOf(pid: string): number | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}
