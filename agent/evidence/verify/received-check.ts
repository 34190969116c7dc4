// What a store's log says that the vault received (SPEC 4.15.20, 4.15.21): each receipt that it gave is of something that is here, or that went
// in order. What is cut off at the end of everything takes the store's key, and shows in the tree.
import { join } from 'node:path';
import { RECEIPT_BYTES_MAX } from '../../../protocol/documents/receipt.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { RECEIPT } from '../../../protocol/format/file-names.ts';
import { isRecordingId, isStationId } from '../../../protocol/format/ids.ts';
import type { HeldDocument } from './log-account.ts';
import type { PlaceFacts } from './place-facts.ts';
import { type ReadFiles, readSmall } from './read-files.ts';
import { below, finding, note, type Finding } from './remark.ts';
import type { FoundRestored } from './restored-check.ts';
import type { LoggedDrop, StoreLog } from './store-log.ts';

const HOUR_MS = 3_600_000;

/**
 * Receipts that the log names and that are not here, and those that are here and that it does not name. `receiptNow` gives the digest of one that
 * lies here by now; `isWhole`: else what is not here is elsewhere, as in a kit (SPEC 4.13.5.17). Errors: those of it.
 */
export async function* receivedFindings(
  facts: PlaceFacts,
  log: StoreLog,
  restored: readonly FoundRestored[],
  receiptNow: (station: string, recording: string) => Promise<string | undefined>,
  isWhole: boolean,
): AsyncGenerator<Finding, void, undefined> {
  const until = completeUntil(restored);
  for (const [name, each] of log.receipts) {
    const { kind, station, at } = each;
    const recording = name.slice(station.length + 1);
    const held = heldAs(station, recording, facts);
    if (isWhole ? log.droppedDocuments.has(`${station} ${recording}`) : held === undefined) continue;
    if (isWhole && held?.made !== undefined && held.policySha256 !== each.policySha256) {
      const words = `the log of the store says that it names ${each.policySha256 ?? 'no policy'}, and it names ${held.policySha256 ?? 'none'}`;
      yield finding('receipt.policy', held.where, `${kind} ${recording}: ${words}`, { recording });
    }
    if (each.receipts.includes(held?.receiptSha256 ?? '')) continue;
    if (each.receipts.includes((await receiptNow(station, recording)) ?? '')) continue;
    const what = held === undefined ? 'is not here' : 'has no such receipt here';
    const since =
      until !== undefined && at > until ? `; the vault was restored, complete until ${until}` : '';
    const where = held?.where ?? log.places[0] ?? '.';
    yield finding(
      'receipt.missing',
      where,
      `${kind} ${recording} of ${station}, which the log of the store says it received, ${what}${since}`,
      {
        recording,
      },
    );
  }
  for (const held of facts.documents()) yield* misdated(held, log);
  for (const drop of log.drops.values()) yield* misdatedDrop(drop, log);
  if (!isWhole) return;
  for (const held of facts.documents())
    if (isUnlogged(held, log))
      yield note(
        'receipt.unlogged',
        below(held.where, RECEIPT),
        'receipt: no entry "receipt" of the store\'s log names it',
      );
}

type Received = Pick<HeldDocument, 'station' | 'name' | 'where'> & {
  readonly receivedAt: string | undefined;
};

/** Who has the store's key can date a receipt back; its entry he cannot. */
function misdated({ station, name, where, receivedAt }: Received, log: StoreLog): Finding[] {
  const at = receivedAt && station && log.misdatedAt(station, name, receivedAt);
  if (!at) return [];
  const message = `receipt: received at ${receivedAt}, and the log of the store names it first at ${at}`;
  return [note('receipt.misdated', below(where, RECEIPT), message, { recording: name })];
}

function misdatedDrop({ station, recording, received_at: receivedAt }: LoggedDrop, log: StoreLog): Finding[] {
  const where = log.places[0] ?? '.';
  return misdated({ station, name: recording, where, receivedAt }, log);
}

/** Digest of a receipt of a vault, looked at again: the log was read after the folders, and a living vault may have taken one in between. */
export async function receiptNow(
  files: ReadFiles,
  vault: string,
  station: string,
  recording: string,
): Promise<string | undefined> {
  if (!isStationId(station) || !isRecordingId(recording)) return undefined;
  const read = await readSmall(files, join(vault, station, recording, RECEIPT), RECEIPT_BYTES_MAX);
  return read.kind === 'bytes' ? sha256Hex(read.bytes) : undefined;
}

function heldAs(station: string, recording: string, facts: PlaceFacts): HeldDocument | undefined {
  const { recordings, dockings, staff } = facts;
  const held =
    recordings.get(recording, station) ?? dockings.get(recording, station) ?? staff.get(recording, station);
  return held?.station === station ? held : undefined;
}

/** Received within the time of the tree, and an hour before its newest entry or more: until then a cut may have taken the entry. */
function isUnlogged(
  { station, name, receiptSha256, receivedAt }: HeldDocument & { readonly receivedAt: string | undefined },
  log: StoreLog,
): boolean {
  if (receiptSha256 === undefined || receivedAt === undefined) return false;
  if (log.receipts.get(`${station} ${name}`)?.receipts.includes(receiptSha256) === true) return false;
  return [...log.treeTimes.values()].some(
    ({ begins, ends }) => begins < receivedAt && Date.parse(receivedAt) < Date.parse(ends) - HOUR_MS,
  );
}

/** What the newest statement says that the vault was restored to. */
function completeUntil(restored: readonly FoundRestored[]): string | undefined {
  return restored
    .map(({ restored: { restored_at: at, complete_until: until } }) => ({ at, until }))
    .sort((a, b) => (a.at < b.at ? -1 : 1))
    .at(-1)?.until;
}
