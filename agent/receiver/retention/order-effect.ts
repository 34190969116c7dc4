// What an order means from now on, and for a deletion by both roles: does it, at once.
import type { Hold } from '../../../protocol/documents/order-standing.ts';
import type { Role } from '../../../protocol/documents/order.ts';
import { HOLD_ALONE_MS } from '../../../protocol/documents/retention.ts';
import type { RecordingName } from '../vault/vault.ts';
import type { ClockDoubt } from './clock-trust.ts';
import { deleteRecordings, type Deleted } from './deletion.ts';
import type { RetentionDeps } from './deps.ts';
import { clockDoubt } from './expire.ts';
import { BATCH } from './limits.ts';
import { readMemory } from './log-memory.ts';
import { signedBy } from './order-place.ts';
import type { ReadOrder } from './orders-read.ts';
import { storeKeys } from './store-keys.ts';
import { surveyStation, type SurveyContext, type SurveyedRecording } from './survey.ts';

/** What stands now for the recording that an order is about, and what was done. */
export interface OrderEffect {
  /** The role whose signature is still needed, until when where it has a limit; null where both signed. */
  readonly needed: { readonly role: Role; readonly until: string | null } | null;
  /** The hold that counts, of this order or of another one. */
  readonly hold: Hold | undefined;
  readonly dueAt: string | undefined;
  /** Deleted by this order, the recording and its sidecars. */
  readonly deleted: readonly Deleted[];
  /** Why nothing is deleted although both signed. */
  readonly doubt: ClockDoubt | null;
  /** The same: another order of that station cannot be read, and could hold it. */
  readonly blocked: boolean;
}

/** False for a hold that keeps nothing, and for a deletion by both that was not carried out. */
export function isDone({ order }: ReadOrder, { needed, hold, deleted }: OrderEffect): boolean {
  if (order.verb === 'hold') return hold !== undefined;
  return order.verb === 'unhold' || needed !== null || deleted.length > 0;
}

/** Looks, and deletes what both roles ordered. Errors: those of deleteRecordings and of the survey. */
export async function effectOf(deps: RetentionDeps, read: ReadOrder): Promise<OrderEffect> {
  const { order } = read;
  const context: SurveyContext = { memory: await readMemory(deps), store: await storeKeys(deps) };
  const ordered: RecordingName[] = [];
  let subject: SurveyedRecording | undefined;
  await surveyStation(deps, context, order.station, {
    recording: (found) => {
      if (found.recording === order.recording) subject = found;
      const isMeant = found.recording === order.recording || found.order?.order === order.order;
      if (found.state === 'ordered' && isMeant)
        ordered.push({ station: found.station, recording: found.recording });
    },
    unreceipted: () => undefined,
    deleted: () => undefined,
    finding: () => undefined,
    orders: () => undefined,
  });
  const doubt = ordered.length === 0 ? null : await clockDoubt(deps, context.memory, undefined);
  const deleted = doubt === null ? await deleteAll(deps, context, ordered) : [];
  const [hold, dueAt] = [subject?.hold, subject?.retention.due_at];
  return { needed: neededFor(read), hold, dueAt, deleted, doubt, blocked: subject?.state === 'blocked' };
}

async function deleteAll(
  deps: RetentionDeps,
  context: SurveyContext,
  names: readonly RecordingName[],
): Promise<Deleted[]> {
  const deleted: Deleted[] = [];
  for (let from = 0; from < names.length; from += BATCH)
    deleted.push(...(await deleteRecordings(deps, context, names.slice(from, from + BATCH))));
  return deleted;
}

/** Only a hold has a limit: it lapses. */
export function neededFor(read: ReadOrder): OrderEffect['needed'] {
  const { both, officer } = signedBy(read);
  if (both) return null;
  const { verb, ordered_at: orderedAt } = read.order;
  const until = verb === 'hold' ? new Date(Date.parse(orderedAt) + HOLD_ALONE_MS).toISOString() : null;
  return { role: officer === null ? 'officer' : 'supervisor', until };
}
