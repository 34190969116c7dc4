// What the lamps of the bays say before a station is up: nothing. An agent that was killed leaves its last light standing, and "safe to take" would
// then be said of every camera that is put in, for as long as no station comes up: its disk may be gone for good. Dark although a camera is in
// tells staff to call someone.
import type { StationConfig } from '../../config/station-config.ts';
import type { Clock, Log } from '../../protocol/format/ports.ts';
import { isSpoolLocked } from '../spool/lock.ts';
import type { Lamp } from './bay-lamp.ts';

/** A lamp that takes longer is left alone: it must not hold up the start. */
const LAMP_MS = 2000;

export interface DarkLampsDeps {
  readonly lampOf: (names: readonly string[]) => Lamp;
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Log;
}

/** Switches the lamps of all bays off, unless another agent works on this spool and shows its own lights. Never rejects. */
export async function darkenLamps(
  { bays, spool }: Pick<StationConfig, 'bays' | 'spool'>,
  { lampOf, clock, log }: DarkLampsDeps,
): Promise<void> {
  const lit = bays.filter(({ leds }) => leds.length > 0);
  if (lit.length === 0 || (await isSpoolLocked(spool.path))) return;
  const dark = Promise.all(
    lit.map(({ id, leds }) =>
      lampOf(leds)
        .show('off')
        .catch((error: unknown) => log.debug('lamp of a bay not switched', { bay: id, light: 'off', error })),
    ),
  );
  await new Promise<void>((resolve) => {
    const cancel = clock.after(LAMP_MS, resolve);
    void dark.then(() => {
      cancel();
      resolve();
    });
  });
}
