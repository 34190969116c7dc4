// Compares what the station's log says of a subject's documents with those that lie here, with the rules of `bodydock verify`. Pure.
import type { CustodyEntry } from '../../protocol/custody-entry.ts';
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

/** What is compared. */
export interface SubjectAccount {
  readonly kind: 'vault' | 'spool';
  /** The log's folder in remarks. */
  readonly where: string;
  readonly station: string | undefined;
  /** Entries of the station's log about the subject, and whether it begins with its first segment. */
  readonly entries: readonly CustodyEntry[];
  readonly fromTheStart: boolean;
  /** Ids of the recording and of the docking records that are asked about. */
  readonly ids: ReadonlySet<string>;
  readonly recording: CheckedRecording | undefined;
  readonly records: readonly CheckedDocking[];
  /** Documents that the store's log says it let go. */
  readonly dropped: ReadonlySet<string>;
}

/** Every difference. */
export function subjectAccount(subject: SubjectAccount): Remark[] {
  const account = new LogAccount();
  for (const entry of subject.entries)
    if (names(entry).some((name) => subject.ids.has(name))) account.take(entry);
  const { kind, where, dropped, fromTheStart } = subject;
  const held = heldOf(subject);
  const question: AccountQuestion = {
    where,
    account,
    held,
    superseded: new Set(),
    dropped,
    kind,
    fromTheStart,
  };
  const missing = missingDocuments(question).filter((name) => subject.ids.has(name));
  return [
    ...missing.map((name) => missingDocument(where, name, account)),
    ...accountRemarks(question),
    ...contents(subject),
  ];
}

function names({ facts }: CustodyEntry): string[] {
  return [facts['recording'], facts['record'], facts['name']].filter((name) => typeof name === 'string');
}

function heldOf({ recording, records, station }: SubjectAccount): Map<string, HeldDocument> {
  const held = new Map<string, HeldDocument>();
  if (recording !== undefined) {
    const { name, where, manifestSha256: sha256, receiptSha256 } = recording;
    held.set(name, { kind: 'recording', name, where, station, sha256, receiptSha256 });
  }
  for (const { name, where, recordSha256: sha256, receiptSha256 } of records)
    held.set(name, { kind: 'docking', name, where, station, sha256, receiptSha256 });
  return held;
}

/** What was read and sealed is what the manifest says. */
function contents({ entries, recording, where, station }: SubjectAccount): Remark[] {
  if (recording === undefined) return [];
  const recordings = new Map([[recording.name, recordingFacts(recording, station, (word) => word)]]);
  const check = new EntryCheck({ where, keeper: 'station', recordings });
  for (const entry of entries) check.take(entry);
  return check.remarks();
}
