// Names the keys whose signatures a history rests on, and where each came from.
import { keyIdHex } from '../../../protocol/documents/minisign.ts';
import { isReceiverId } from '../../../protocol/format/ids.ts';
import type { TrustedKeys } from '../verify/trusted-keys.ts';
import type { HistoryKey } from './history.ts';

const HOLDERS = ['station', 'store', 'officer', 'supervisor'] as const;

/** The trusted keys among these, by their hex ids. `station`: whose revocations count. */
export function keysUsed(
  keys: TrustedKeys,
  used: ReadonlySet<string>,
  station: string | undefined,
): HistoryKey[] {
  const found: HistoryKey[] = [];
  const add = (key_id: string, holder: HistoryKey['holder'], from: string): void => {
    if (!used.has(key_id) || found.some((known) => known.key_id === key_id)) return;
    const revoked_at = keys.revoked.get(`${station ?? ''} ${key_id}`) ?? null;
    found.push({ key_id, holder, from, revoked_at });
  };
  for (const holder of HOLDERS)
    for (const { file, key } of keys[holder]) add(keyIdHex(key.keyId), holder, file);
  for (const [holder, introduced] of keys.introduced)
    for (const key of introduced)
      add(keyIdHex(key.keyId), isReceiverId(holder) ? 'store' : 'station', `key change of ${holder}`);
  return found;
}
