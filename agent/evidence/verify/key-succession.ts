// Which keys were put aside, by changes that count (SPEC 4.9.1), and whom that concerns. Pure.
import { keyIdHex } from '../../../protocol/documents/minisign.ts';
import type { FoundChange } from './key-change-check.ts';
import { keyStep } from './key-introductions.ts';
import { finding, type Remark } from './remark.ts';
import type { KeyStep, TrustedKeys } from './trusted-keys.ts';

/** Changes that nobody makes who keeps to his keys: back to one that was put aside, and away from one key twice. */
export function successionRemarks(found: readonly FoundChange[], { changes }: TrustedKeys): Remark[] {
  return found
    .filter(({ inPlace }) => inPlace)
    .flatMap((change) => {
      const step = keyStep(change);
      const { holder, oldKeyId, newKeyId } = step;
      const facts = { holder, key_id: newKeyId };
      if (goesBack(step, changes)) {
        const message = `key change: ${holder} goes to key ${newKeyId}, from which another change leads away`;
        return [finding('key-change.goes-back', change.where, message, facts)];
      }
      const counts = changes.some((other) => isSame(other, step));
      if (!counts || !changes.some((other) => isOther(other, step))) return [];
      const message = `key change: ${holder} goes from key ${oldKeyId} to ${newKeyId}, and to another key by another change`;
      return [finding('key-change.twice', change.where, message, facts)];
    });
}

/** Whether more is needed to believe that a key is its holder's: somebody put it aside, or it came by a change away from one that others put aside too. */
export function isDoubtful(keyId: string, keys: TrustedKeys): boolean {
  const { changes } = keys;
  if (changes.some(({ oldKeyId }) => oldKeyId === keyId)) return true;
  const given = new Set([...keys.station, ...keys.store].map(({ key }) => keyIdHex(key.keyId)));
  const seen = new Set<string>();
  for (let at = keyId; !given.has(at) && !seen.has(at);) {
    seen.add(at);
    const step = changes.find(({ newKeyId }) => newKeyId === at);
    if (step === undefined) return false;
    if (changes.some(({ oldKeyId, holder }) => oldKeyId === step.oldKeyId && holder !== step.holder))
      return true;
    at = step.oldKeyId;
  }
  return false;
}

/** A key is made anew for each change, so nobody comes to one that he, or somebody else, goes away from. */
function goesBack(step: KeyStep, changes: readonly KeyStep[]): boolean {
  const away = changes.filter(({ oldKeyId }) => oldKeyId === step.newKeyId);
  if (away.some(({ holder }) => holder !== step.holder)) return true;
  const own = changes.filter((other) => other.holder === step.holder && !isSame(other, step));
  const reached = [step.newKeyId];
  for (const at of reached)
    for (const { oldKeyId, newKeyId } of own)
      if (oldKeyId === at && !reached.includes(newKeyId)) reached.push(newKeyId);
  return reached.includes(step.oldKeyId);
}

function isSame(one: KeyStep, other: KeyStep): boolean {
  return one.holder === other.holder && one.oldKeyId === other.oldKeyId && one.newKeyId === other.newKeyId;
}

function isOther(one: KeyStep, other: KeyStep): boolean {
  return one.holder === other.holder && one.oldKeyId === other.oldKeyId && one.newKeyId !== other.newKeyId;
}
