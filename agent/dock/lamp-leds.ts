// A lamp made of one or two LEDs that the kernel knows, below /sys/class/leds (SPEC 7). Blinking is the kernel's work (its timer), so that
// it goes on whatever this process does.
//
// | light        | one LED                 | two LEDs                                |
// |--------------|-------------------------|-----------------------------------------|
// | safe to take | on                      | first on, second off                    |
// | do not take  | slow blink, 1 s and 1 s | first off, second on                    |
// | call someone | fast blink, 0.2 s       | first off, second fast blink, 0.2 s     |
// | off          | off                     | both off                                |
//
// A pattern and not only a colour, for people who tell red from green by their place alone. What cannot blink, because the kernel has no
// timer for LEDs, goes dark: on would say "safe to take".
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StationConfig } from '../../config/station-config.ts';
import { DockError, systemCode } from '../../protocol/format/errors.ts';
import type { Clock, Log } from '../../protocol/format/ports.ts';
import { isSpoolLocked } from '../spool/lock.ts';
import type { BayLight, Lamp } from './bay-lamp.ts';

const LEDS_FOLDER = '/sys/class/leds';
/** Above any driver's; most have 1 or 255. */
const BRIGHTNESS_MAX = 65_535;
/** Files of the timer appear with it, and belong to root until udev has given them to the service: so often, and so long between. */
const TRIES_MAX = 10;
const TRY_MS = 100;

/** Resolves after that many ms. */
export type Wait = (ms: number) => Promise<void>;

/** What one LED does. */
type Glow = 'on' | 'off' | 'slow' | 'fast';

const HALF_MS: Readonly<Record<'slow' | 'fast', number>> = { slow: 1000, fast: 200 };
const ONE: Readonly<Record<BayLight, readonly [Glow]>> = {
  'safe-to-take': ['on'],
  'do-not-take': ['slow'],
  'call-someone': ['fast'],
  off: ['off'],
};
const TWO: Readonly<Record<BayLight, readonly [Glow, Glow]>> = {
  'safe-to-take': ['on', 'off'],
  'do-not-take': ['off', 'on'],
  'call-someone': ['off', 'fast'],
  off: ['off', 'off'],
};

/**
 * A lamp of one LED, or of two: the one that says "safe", and the one for all else. Shape: names as in /sys/class/leds.
 * Errors of `show`: the system's; "lamp.refused" where the kernel does not blink.
 * Source: Documentation/leds/leds-class.rst of the kernel (brightness, trigger; delay_on and delay_off in ms with the timer trigger).
 */
export function ledLamp(names: readonly string[], wait: Wait, folder = LEDS_FOLDER): Lamp {
  return {
    show: async (light) => {
      const glows = names.length === 1 ? ONE[light] : TWO[light];
      // What is to go dark goes first: at no moment do both say something.
      const each = names.map((name, at) => ({ led: join(folder, name), glow: glows[at] ?? 'off' }));
      for (const { led, glow } of each) if (glow === 'off') await setGlow(led, glow, wait);
      for (const { led, glow } of each) if (glow !== 'off') await setGlow(led, glow, wait);
    },
  };
}

/** The same with the machine's clock. */
export function clockedLamp(clock: Pick<Clock, 'after'>): (names: readonly string[]) => Lamp {
  return (names) => ledLamp(names, (ms) => new Promise((resolve) => void clock.after(ms, () => resolve())));
}

async function setGlow(led: string, glow: Glow, wait: Wait): Promise<void> {
  if (glow === 'slow' || glow === 'fast') return blink(led, HALF_MS[glow], wait);
  await put(led, 'trigger', 'none');
  await put(led, 'brightness', glow === 'on' ? String(await brightest(led)) : '0');
}

async function blink(led: string, halfMs: number, wait: Wait): Promise<void> {
  try {
    await put(led, 'trigger', 'timer');
    await putSoon(led, 'delay_on', String(halfMs), wait);
    await putSoon(led, 'delay_off', String(halfMs), wait);
  } catch (error) {
    await setGlow(led, 'off', wait);
    throw new DockError(
      'lamp.refused',
      'the LED does not blink: no timer in the kernel, or no right to set it',
      {
        cause: error,
        retry: 'later',
      },
    );
  }
}

async function brightest(led: string): Promise<number> {
  const value = Number((await readFile(join(led, 'max_brightness'), 'utf8')).trim());
  return Number.isInteger(value) && value >= 1 && value <= BRIGHTNESS_MAX ? value : 1;
}

async function putSoon(led: string, attribute: string, value: string, wait: Wait): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await put(led, attribute, value);
    } catch (error) {
      if (systemCode(error) !== 'EACCES' || tries === TRIES_MAX) throw error;
      await wait(TRY_MS);
    }
  }
}

/** Opens what is there and makes nothing: a wrong name must not leave a file somewhere. */
async function put(led: string, attribute: string, value: string): Promise<void> {
  await writeFile(join(led, attribute), `${value}\n`, { flag: 'r+' });
}

// What the lamps of the bays say before a station is up: nothing. An agent that was killed leaves its last light on, and "safe to take" would
// then be said of every camera that is put in, for as long as no station comes up: its disk may be gone for good. Dark although a camera is in
// tells staff to call someone.

/** A lamp that takes longer is left alone: it must not hold up the start. */
const LAMP_MS = 2000;

interface DarkLampsDeps {
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
