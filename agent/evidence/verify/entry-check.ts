// Judges entries of a custody log one by one, as they are read: whether their facts are those of their event (SPEC 4.3.5, 4.3.7), and
// whether what they say of a recording is what its manifest says. Pure.
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import { factsFault, type Keeper } from '../../../protocol/custody/custody-facts.ts';
import type { ProvenManifest, RecordingFacts } from './order-check.ts';
import { finding, type Remark, type RemarkCode } from './remark.ts';

/** Faults of one log that are told; more say nothing new. */
const FAULTS_TOLD_MAX = 20;

/** What entries are compared with. */
export interface EntryQuestion {
  /** The log's folder in remarks. */
  readonly where: string;
  readonly keeper: Keeper;
  readonly recordings: { readonly get: (name: string) => RecordingFacts | undefined };
}

type Claim = readonly [name: string, expected: string | number | null];

/** Follows one log. */
export class EntryCheck {
  readonly #question: EntryQuestion;
  readonly #remarks: Remark[] = [];
  #faults = 0;
  #segment = '';

  constructor(question: EntryQuestion) {
    this.#question = question;
  }

  /** Takes the next entry, no matter who wrote it; segments come in their order. */
  take(entry: CustodyEntry): void {
    const { event, facts, sequence } = entry;
    if (event === 'segment-opened') this.#segment = String(facts['segment']);
    const wrong = factsFault(this.#question.keeper, entry);
    if (wrong !== undefined) this.#fault('custody.facts', `${placeOf(sequence, this.#segment)}: ${wrong}`);
  }

  /** Judges what an entry says that a signature covers; what nobody signed says nothing (SPEC 10.3). */
  signed(entry: CustodyEntry, segment: string): void {
    const { keeper } = this.#question;
    if (factsFault(keeper, entry) !== undefined) return;
    const place = placeOf(entry.sequence, segment);
    if (entry.event === 'key-changed' && entry.sequence !== 2)
      this.#fault('custody.key-not-announced', `${place}: a change of keys stands in the second entry alone`);
    if (keeper === 'station') this.#compare(entry, place);
  }

  /** What was found; asked once, after the last entry. */
  remarks(): Remark[] {
    const { where } = this.#question;
    if (this.#faults <= FAULTS_TOLD_MAX) return this.#remarks;
    const message = `${this.#faults - FAULTS_TOLD_MAX} more entries of this log`;
    return [...this.#remarks, finding('custody.facts', where, message)];
  }

  #compare({ event, facts }: CustodyEntry, place: string): void {
    const { recording } = facts;
    const held = typeof recording === 'string' ? this.#question.recordings.get(recording) : undefined;
    if (held?.proven === undefined) return;
    const claims = claimsOf(event, held.proven);
    const differing = claims?.said.filter(([name, expected]) => facts[name] !== expected) ?? [];
    if (claims === undefined || differing.length === 0) return;
    const words = differing.map(
      ([name, expected]) => `${name}: the manifest says ${expected}, the log ${facts[name]}`,
    );
    this.#fault(claims.code, `${place}: recording ${held.name}: ${words.join('; ')}`, held.where);
  }

  #fault(code: RemarkCode, message: string, where = this.#question.where): void {
    this.#faults++;
    if (this.#faults <= FAULTS_TOLD_MAX) this.#remarks.push(finding(code, where, message));
  }
}

function placeOf(sequence: number, segment: string): string {
  return `entry ${sequence} of segment ${segment}`;
}

/** What an event must say of a recording; undefined where its manifest says nothing of that. */
function claimsOf(
  event: CustodyEntry['event'],
  manifest: ProvenManifest,
): { readonly code: RemarkCode; readonly said: readonly Claim[] } | undefined {
  if (event === 'pulled')
    return {
      code: 'custody.other-original',
      said: [
        ['docking', manifest.docking],
        ['path_sha256', manifest.pathSha256],
        ['size_bytes', manifest.sizeBytes],
        ['sha256', manifest.originalSha256],
      ],
    };
  if (event === 'sealed')
    return {
      code: 'custody.other-sealed',
      said: [
        ['sealed_size_bytes', manifest.sealedSizeBytes],
        ['chunks_sha256', manifest.chunksSha256],
      ],
    };
  if (event === 'rejected') return { code: 'custody.other-rejection', said: [['reason', manifest.reason]] };
  return undefined;
}
