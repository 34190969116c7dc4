// Somebody outside of a store says the time, as far as its log knows.
import type { CustodyEvent } from '../../protocol/custody/custody-entry.ts';
import { openStoreCommand } from '../../agent/receiver/cli/store-command.ts';

/** Program that does it by its own clock; see outside-time-main.ts. */
export const OUTSIDE_TIME = 'test/fakes/outside-time-main.js';

/** Enters a word of a witness, by the clock of this process, into the log of the store of that file; a receiver may run beside it. */
export function saysTime(file: string): Promise<void> {
  const facts = { by: 'witness', name: 'witness.test', said_at: new Date().toISOString(), boot: null };
  return entersAs(file, { event: 'outside-time', facts });
}

/** Enters that into the log of the store of that file. */
export async function entersAs(file: string, event: CustodyEvent): Promise<void> {
  const say = (): void => undefined;
  const { signal } = new AbortController();
  const store = await openStoreCommand(file, { out: say, err: say, signal });
  await store.enter([event]);
}
