// Which names the folders of a place hold (SPEC 4.4), and what is said of others. Pure.
import { below, finding, note, quoted, type Remark } from './remark.ts';

/** Lies beside a deletion record while a deletion goes on. */
export const DELETING: ReadonlySet<string> = new Set(['deleting.tmp']);
/** In a kit that was made although something did not hold (SPEC 4.13). */
export const KIT_FINDINGS = 'FINDINGS.txt';
/** How files are called until they are whole: `.new` in a spool, `.tmp` in a vault. */
const UNFINISHED = /^(?<name>.+)\.(?:new|tmp)$/;
/** Odd entries of one folder that are told one by one. */
const TOLD_MAX = 8;

/**
 * What is wrong with the names in a folder that may hold `allowed`. `leftovers` may lie there when a process was cut off. Missing names
 * are told by whoever wants to read them.
 */
export function oddNames(
  where: string,
  names: readonly string[],
  allowed: ReadonlySet<string>,
  leftovers: ReadonlySet<string> = new Set(),
): Remark[] {
  const odd = names.filter((name) => !allowed.has(name));
  const remarks = odd.slice(0, TOLD_MAX).map((name) => {
    const unfinished = UNFINISHED.exec(name)?.groups?.['name'] ?? '';
    if (!allowed.has(unfinished) && !leftovers.has(name)) return unexpected(where, name);
    return note('folder.unfinished', below(where, name), `${name}: left behind by a write that was cut off`);
  });
  if (odd.length <= TOLD_MAX) return remarks;
  const more = odd.length - TOLD_MAX;
  return [
    ...remarks,
    finding('folder.unexpected-entry', where, `${more} more entries that do not belong here`),
  ];
}

/** What is said of one name, where `belongs` tells which ones may lie there: an unfinished write of one of these is no fault. */
export function oddName(where: string, name: string, belongs: (name: string) => boolean): Remark {
  const whole = UNFINISHED.exec(name)?.groups?.['name'];
  return (
    oddNames(where, [name], new Set(whole !== undefined && belongs(whole) ? [whole] : []))[0] ??
    unexpected(where, name)
  );
}

/** An entry that does not belong where it lies. Its name stands escaped in the message, not in `where`. */
export function unexpected(where: string, name: string): Remark {
  return finding('folder.unexpected-entry', where, `${quoted(name)} does not belong here`);
}
