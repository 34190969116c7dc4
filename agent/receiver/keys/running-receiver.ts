// Whether a receiver runs on a vault: its sign of life is there and changes while one looks.
import { listIfThere } from '../../../protocol/format/durable.ts';
import type { ReceiverId } from '../../../protocol/format/ids.ts';
import type { Clock, Files } from '../../../protocol/format/ports.ts';
import { BEAT_MS } from '../limits.ts';
import { readBeat } from '../vault/vault-beats.ts';
import type { VaultLayout } from '../vault/vault-layout.ts';

const SUFFIX = '.json';
/** A beat that is due may be late by so much. */
const LATE_MS = 5000;

/** At once where there is no sign of it; else within BEAT_MS and a little. Errors: the system's; the signal's reason. */
export async function isReceiverRunning(
  { files, layout, clock }: { readonly files: Files; readonly layout: VaultLayout; readonly clock: Clock },
  receiver: ReceiverId,
  signal: AbortSignal,
): Promise<boolean> {
  const before = await beatsOf(files, layout, receiver);
  if (before.size === 0) return false;
  await clock.sleep(BEAT_MS + LATE_MS, signal);
  const after = await beatsOf(files, layout, receiver);
  return [...after].some(([instance, beat]) => before.get(instance) !== beat);
}

async function beatsOf(
  files: Files,
  layout: VaultLayout,
  receiver: ReceiverId,
): Promise<Map<string, number>> {
  const beats = new Map<string, number>();
  for (const name of await listIfThere(files, layout.leases)) {
    if (!name.endsWith(SUFFIX)) continue;
    const instance = name.slice(0, -SUFFIX.length);
    const found = await readBeat(files, layout, instance);
    if (found?.receiver === receiver) beats.set(instance, found.beat);
  }
  return beats;
}
