// Somebody outside of a store says the time, as far as its log knows.
import { openStoreCommand } from '../../agent/receiver/cli/store-command.ts';

/** Program that does it by its own clock; see outside-time-main.ts. */
export const OUTSIDE_TIME = 'test/fakes/outside-time-main.js';

/** Enters a word of a witness, by the clock of this process, into the log of the store of that file; a receiver may run beside it. */
export async function saysTime(file: string): Promise<void> {
  const say = (): void => undefined;
  const store = await openStoreCommand(file, {
    out: say,
    err: say,
    signal: new AbortController().signal,
  });
  const facts = { by: 'witness', name: 'witness.test', said_at: new Date().toISOString(), boot: null };
  await store.enter([{ event: 'outside-time', facts }]);
}
