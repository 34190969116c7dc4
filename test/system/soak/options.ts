// Command line of the soak.
import { parseArgs } from 'node:util';

export const HELP = `npm run test:soak [-- --minutes N] [--seed N]

Runs agent, receiver and mosquitto for some time while cameras are filled, plugged and unplugged, and broker, line, store and disk fail
and recover. In the end everything must be delivered once, and no program may have grown. Needs mosquitto, age and minisign; the disk
gets full only where root may mount one.

  --minutes N  how long; 30 by default
  --seed N     what happens when; drawn and printed where it is not given
`;

export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
}

/** Undefined where only help is asked for. Errors: what is wrong with an argument. */
export function parseOptions(args: readonly string[]): SoakOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '30' },
      seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) return undefined;
  return { minutes: positive('--minutes', values.minutes), seed: positive('--seed', values.seed) };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new Error(`${name} takes a number above 0, not "${text}"`);
}
