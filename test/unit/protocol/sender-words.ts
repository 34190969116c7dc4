// What a receiver says to the sending end of one transfer in tests, and what that does next.
import {
  parseReceiverId,
  parseRecordingId,
  parseStationId,
  type SessionId,
} from '../../../protocol/format/ids.ts';
import { UNIT_BYTES, WINDOW_BYTES_MAX } from '../../../protocol/format/limits.ts';
import type { ClaimBody, HaveMessage } from '../../../protocol/transfer/messages.ts';
import type { Sender, SenderAction } from '../../../protocol/transfer/transfer-state.ts';

export const recording = parseRecordingId('abcdefghijklmnopqrstuvwxya');
export const session = 'abcdefghijklmnopqrstuvwxye' as SessionId;
export const station = parseStationId('kod-1');
export const receiver = parseReceiverId('r-a');
/** Another one than `receiver`. */
export const other = parseReceiverId('r-b');
export const manifestSha256 = 'a'.repeat(64);
export const budget = { windowBytes: WINDOW_BYTES_MAX, messageBytesMax: UNIT_BYTES };

export const subject = (sealedSizeBytes: number) => ({ recording, session, manifestSha256, sealedSizeBytes });
export const claim = (epoch: number, over: Partial<ClaimBody> = {}): ClaimBody => ({
  message: 'claim',
  station,
  recording,
  receiver,
  session,
  epoch,
  message_bytes_max: UNIT_BYTES,
  lease_ms: 60_000,
  manifest_sha256: manifestSha256,
  ...over,
});
export const have = (epoch: number, over: Partial<HaveMessage> = {}): HaveMessage => ({
  message: 'have',
  receiver,
  session,
  epoch,
  digests_bytes: 0,
  received: [],
  durable: [],
  bad: [],
  credit_bytes: WINDOW_BYTES_MAX,
  ...over,
});

/** All that is to be done at that time. */
export function drain(sender: Sender, now: number, given = budget): SenderAction[] {
  const actions: SenderAction[] = [];
  for (let action = sender.next(now, given); action !== undefined; action = sender.next(now, given))
    actions.push(action);
  return actions;
}
