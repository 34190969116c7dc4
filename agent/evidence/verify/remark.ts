// What a verification says: findings (something does not hold) and notes (worth knowing, and no fault). Codes are stable.
import type { Facts } from '../../../protocol/format/errors.ts';
import type { RemarkCode } from './meanings.ts';

export type { RemarkCode } from './meanings.ts';

/** One thing that was found. A text may hold names from a hostile disk: escape it before it goes to a terminal. */
export interface Remark {
  readonly kind: 'finding' | 'note';
  readonly code: RemarkCode;
  /** Path below the folder that was verified; "." for that folder itself. */
  readonly where: string;
  /** What was found, and what was expected. */
  readonly message: string;
  /** The same as values: expected, found, unit, offset_bytes ... */
  readonly facts: Facts;
}

/** Something that does not hold. */
export function finding(code: RemarkCode, where: string, message: string, facts: Facts = {}): Remark {
  return { kind: 'finding', code, where, message, facts };
}

/** Something worth knowing that is no fault. */
export function note(code: RemarkCode, where: string, message: string, facts: Facts = {}): Remark {
  return { kind: 'note', code, where, message, facts };
}

/** A path below `where`, without a leading "./". */
export function below(where: string, name: string): string {
  return where === '.' ? name : `${where}/${name}`;
}

/** A name from disk as it may stand in a message: quoted, escaped, cut. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}...` : name);
}
