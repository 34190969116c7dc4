// Compares what the station's log says of a subject's documents with those that lie here, with the rules of `bodydock verify`. Pure. Entries are
// followed as they are read: a docking of 10,000 files has more of them than a page lists.
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import {
  accountRemarks,
  missingDocument,
  missingDocuments,
  type AccountQuestion,
  type HeldDocument,
} from '../verify/account-check.ts';
import type { CheckedDocking } from '../verify/docking-check.ts';
import { EntryCheck } from '../verify/entry-check.ts';
import { LogAccount } from '../verify/log-account.ts';
import type { CheckedRecording } from '../verify/recording-check.ts';
import { recordingFacts } from '../verify/recording-facts.ts';
import type { Remark } from '../verify/remark.ts';

/** What lies here. */
export interface SubjectDocuments {
  readonly kind: 'vault' | 'spool';
  /** The log's folder in remarks. */
  readonly where: string;
  readonly station: string | undefined;
  /** Ids of the recording and of the docking records that are asked about. */
  readonly ids: ReadonlySet<string>;
  readonly recording: CheckedRecording | undefined;
  readonly records: readonly CheckedDocking[];
}

/** What is known of the logs once they were read. */
export interface LogsRead {
  /** The station's log begins with its first segment. */
  readonly fromTheStart: boolean;
  /** Documents that the store's log says it let go. */
  readonly dropped: ReadonlySet<string>;
}

/** What the station's log says of one subject. */
export class SubjectAccount {
  readonly #subject: SubjectDocuments;
  readonly #account = new LogAccount();
  /** Whether what was read and sealed is what the manifest says. */
  readonly #contents: EntryCheck | undefined;

  constructor(subject: SubjectDocuments) {
    const { recording, where, station } = subject;
    this.#subject = subject;
    if (recording === undefined) return;
    const recordings = new Map([[recording.name, recordingFacts(recording, station, (word) => word)]]);
    this.#contents = new EntryCheck({ where, keeper: 'station', recordings });
  }

  /** Takes the next entry about the subject. What nobody vouches for says nothing of documents, and must hold in itself all the same. */
  take(entry: CustodyEntry, isVouched: boolean): void {
    if (isVouched && names(entry).some((name) => this.#subject.ids.has(name))) this.#account.take(entry);
    this.#contents?.take(entry);
  }

  /** Every difference; asked once, behind the last entry. */
  remarks({ fromTheStart, dropped }: LogsRead): Remark[] {
    const { kind, where, ids } = this.#subject;
    const account = this.#account;
    const held = heldOf(this.#subject);
    const question: AccountQuestion = {
      where,
      account,
      held,
      superseded: new Set(),
      dropped,
      kind,
      fromTheStart,
    };
    const missing = missingDocuments(question).filter((name) => ids.has(name));
    return [
      ...missing.map((name) => missingDocument(where, name, account)),
      ...accountRemarks(question),
      ...(this.#contents?.remarks() ?? []),
    ];
  }
}

function names({ facts }: CustodyEntry): string[] {
  return [facts['recording'], facts['record'], facts['name']].filter((name) => typeof name === 'string');
}

function heldOf({ recording, records, station }: SubjectDocuments): Map<string, HeldDocument> {
  const held = new Map<string, HeldDocument>();
  if (recording !== undefined) {
    const { name, where, manifestSha256: sha256, receiptSha256, hasPayload } = recording;
    held.set(name, { kind: 'recording', name, where, station, sha256, receiptSha256, hasPayload });
  }
  for (const { name, where, recordSha256: sha256, receiptSha256 } of records)
    held.set(name, { kind: 'docking', name, where, station, sha256, receiptSha256 });
  return held;
}
