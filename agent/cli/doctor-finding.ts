// What `bodydock doctor` finds: a code with values. Words, severity and the command that mends it stand once, in the tables beside.
import type { Words } from '../monitoring/condition-kind.ts';

/** "good": looked at and right. "note": worth knowing. "warning": works, and should be mended. "error": does not work, or is not safe. */
export type DoctorSeverity = 'good' | 'note' | 'warning' | 'error';

/** All that is known of a code. `{name}` in a text is the value of that name, `{where}` the place. */
export interface DoctorKind {
  readonly severity: DoctorSeverity;
  readonly text: Words;
  /** What to do, where that is more than the command. */
  readonly remedy?: Words;
  /** Typed as it is printed; values are quoted for the shell. */
  readonly command?: string;
  /** 78: configuration, keys, certificates. 69: broker or store out of reach. Else 1. */
  readonly exit?: 69 | 78;
}

export type DoctorTable = Readonly<Record<string, DoctorKind>>;

/** Values of a finding, by the names in its texts. No secret, no serial number. */
export type DoctorValues = Readonly<Record<string, string | number | Words>>;

/** One finding. `kind` is given where the words are not in a table: conditions of the agent have their own. */
export interface Finding {
  readonly code: string;
  /** A path, an address, a bay; empty where the code says it. */
  readonly where: string;
  readonly values: DoctorValues;
  readonly kind?: DoctorKind;
}

export function found(code: string, where = '', values: DoctorValues = {}): Finding {
  return { code, where, values };
}
