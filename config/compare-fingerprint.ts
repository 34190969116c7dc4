// Nothing of an enrolment counts before a person said that its fingerprint is the one that its maker reads out (SPEC 4.12).
import { DockError } from '../protocol/format/errors.ts';
import { isFingerprint } from '../protocol/transfer/enrolment.ts';

/** Words that say yes, in both languages. */
const YES = /^(?:y|yes|j|ja)$/i;

export interface Comparison {
  readonly fingerprint: string;
  /** What came with --fingerprint: as the maker read it out. */
  readonly typed: string | undefined;
  /** Asks at the terminal; undefined where nobody is there. */
  readonly ask: () => Promise<string | undefined>;
}

/** Errors: "enrolment.fingerprint" where it is another one or nobody says yes; "usage" where nobody can be asked. */
export async function compareFingerprint({ fingerprint, typed, ask }: Comparison): Promise<void> {
  if (typed !== undefined) {
    if (isFingerprint(typed, fingerprint)) return;
    throw another(
      `this file has ${fingerprint}, and --fingerprint says ${JSON.stringify(typed.slice(0, 80))}`,
    );
  }
  const answer = await ask();
  if (answer === undefined) {
    const message =
      'nobody can be asked here whether the fingerprint is right: type this at a terminal, or give --fingerprint as the maker of the file reads it out';
    throw new DockError('usage', message, { retry: 'person' });
  }
  if (!YES.test(answer)) throw another(`nobody said that ${fingerprint} is right`);
}

function another(what: string): DockError {
  const message = `${what}: nothing was changed. If the two differ, the file was exchanged or altered on the way: have a new one made`;
  return new DockError('enrolment.fingerprint', message, { retry: 'person' });
}
