// Compares what a custody log says of recordings with what lies beside it. Pure.
import type { LogAccount } from './log-account.ts';
import { finding, note, type Remark } from './remark.ts';

/** A recording that lies here, as far as the log could contradict it. */
export interface HeldRecording {
  readonly name: string;
  readonly where: string;
  readonly manifestSha256: string | undefined;
  /** Undefined where no receipt lies here. */
  readonly receiptSha256: string | undefined;
}

/** A log with the recordings of its station. */
export interface AccountQuestion {
  /** The log's folder in remarks. */
  readonly where: string;
  readonly account: LogAccount;
  readonly held: ReadonlyMap<string, HeldRecording>;
  /** Recordings that others here name as replaced. */
  readonly superseded: ReadonlySet<string>;
  /** In a spool whatever was spooled must be there; a vault may still wait for it. */
  readonly kind: 'vault' | 'spool';
}

/** Names that are told in one remark. */
const NAMED_MAX = 3;

/** Recordings that must be here and are not; the caller looks again before it says so, because they may have come in the meantime. */
export function missingRecordings({ account, held, superseded, kind }: AccountQuestion): string[] {
  const missing: string[] = [];
  for (const [name, logged] of account.all()) {
    const spooled = logged.manifestSha256 !== undefined && !logged.quarantined && !superseded.has(name);
    const must = logged.receipts.length > 0 || (kind === 'spool' && spooled);
    if (must && !held.has(name)) missing.push(name);
  }
  return missing.sort();
}

/** The finding for a recording that is surely not here. */
export function missingRecording(where: string, name: string, account: LogAccount): Remark {
  const receipted = (account.of(name)?.receipts.length ?? 0) > 0;
  const message = `recording ${name} is not here; the log says that it was ${receipted ? 'receipted' : 'spooled'}`;
  return finding('recording.missing', where, message, { recording: name });
}

/** Every other difference between log and recordings. */
export function accountRemarks(question: AccountQuestion): Remark[] {
  const { where, account, held, kind } = question;
  const remarks = [...held.values()].flatMap((recording) => contradictions(recording, account));
  const notLogged: string[] = [];
  for (const name of held.keys()) if (account.of(name)?.manifestSha256 === undefined) notLogged.push(name);
  remarks.push(
    ...counted('recording.not-logged', where, 'recordings here that the log does not name', notLogged),
  );
  const waiting: string[] = [];
  for (const [name, logged] of account.all()) {
    if (
      kind === 'vault' &&
      logged.manifestSha256 !== undefined &&
      logged.receipts.length === 0 &&
      !held.has(name)
    )
      waiting.push(name);
    const receipted = logged.receipts.length > 0 || held.get(name)?.receiptSha256 !== undefined;
    if (logged.erased && !receipted) remarks.push(erasedUnreceipted(where, name));
  }
  return [
    ...remarks,
    ...counted('recording.waiting', where, 'recordings in the log that are not here', waiting),
  ];
}

function contradictions(recording: HeldRecording, account: LogAccount): Remark[] {
  const logged = account.of(recording.name);
  if (logged === undefined) return [];
  const { where, manifestSha256, receiptSha256 } = recording;
  const remarks: Remark[] = [];
  const { manifestSha256: expected, receipts } = logged;
  if (expected !== undefined && manifestSha256 !== undefined && manifestSha256 !== expected) {
    const message = `manifest: the custody log vouches for SHA-256 ${expected}, found ${manifestSha256}`;
    remarks.push(finding('custody.other-manifest', where, message, { expected, found: manifestSha256 }));
  }
  if (receipts.length > 0 && receiptSha256 === undefined)
    remarks.push(
      finding('receipt.missing', where, 'no receipt lies here; the custody log says that there was one'),
    );
  if (receipts.length > 0 && receiptSha256 !== undefined && !receipts.includes(receiptSha256)) {
    const message = `receipt: the custody log names SHA-256 ${receipts.join(', ')}, found ${receiptSha256}`;
    remarks.push(finding('custody.other-receipt', where, message, { found: receiptSha256 }));
  }
  return remarks;
}

function erasedUnreceipted(where: string, name: string): Remark {
  const message = `the log says that recording ${name} was erased from a camera, and there is no receipt for it in the log or here`;
  return finding('custody.erased-unreceipted', where, message, { recording: name });
}

function counted(
  code: 'recording.not-logged' | 'recording.waiting',
  where: string,
  words: string,
  names: readonly string[],
): Remark[] {
  if (names.length === 0) return [];
  const some = names.toSorted().slice(0, NAMED_MAX).join(', ');
  const more = names.length > NAMED_MAX ? ', ...' : '';
  return [note(code, where, `${names.length} ${words}: ${some}${more}`, { recordings: names.length })];
}
