// The group `pipeline`: every party takes the same files, turn by turn, so that a busy minute of the machine meets all of them.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findTool } from '../fakes/stock-tools.ts';
import { sum, type PartyResult, type Sample } from './figures.ts';
import { LoadWatch } from './load.ts';
import type { Progress } from './outcome.ts';
import { bareParty } from './parties/bare.ts';
import { bodydockParty } from './parties/bodydock.ts';
import { chainParty } from './parties/chain.ts';
import { httpsParty } from './parties/https.ts';
import type { Party } from './parties/party.ts';
import { rsyncParty } from './parties/rsync.ts';
import { tusParty } from './parties/tus.ts';
import { warm, type Work } from './work.ts';

const run = promisify(execFile);
/** A repetition that takes longer has hung. */
const REPETITION_MS = 15 * 60_000;

/** All of them, in the order of the table. */
export function allParties(): Party[] {
  return [
    bodydockParty({ name: 'bodydock', title: 'bodydock: one camera', cameras: 1, tls: false }),
    bodydockParty({ name: 'bodydock-4', title: 'bodydock-4: four cameras', cameras: 4, tls: false }),
    bodydockParty({
      name: 'bodydock-tls',
      title: 'bodydock-tls: one camera, TLS to the broker',
      cameras: 1,
      tls: true,
    }),
    bodydockParty({
      name: 'bodydock-tls-4',
      title: 'bodydock-tls-4: four cameras, TLS to the broker',
      cameras: 4,
      tls: true,
    }),
    bareParty('bare', 'bare: what these bytes take at least on this way', false),
    bareParty('bare-tls', 'bare-tls: the same, TLS to the broker', true),
    chainParty('chain', 'chain: sha256sum, age, minisign, rsync, sha256sum', 1),
    chainParty('chain-2', 'chain-2: the same, two files at a time', 2),
    rsyncParty('rsync', 'rsync: over ssh, sha256sum at both ends'),
    httpsParty('https', 'https: PUT with curl to nginx, sha256sum at both ends'),
    tusParty('tus', 'tus: Node client and server, TLS, sha256sum at both ends'),
  ];
}

/** Programs that this machine lacks and the party needs. */
export function missingTools(party: Party): string[] {
  return party.tools.filter((tool) => findTool(tool) === undefined);
}

/** `repetitions` of each; a party that fails is not tried again. Errors: the signal's reason. */
export async function measurePipeline(
  parties: readonly Party[],
  work: Work,
  repetitions: number,
  signal: AbortSignal,
  progress: Progress,
): Promise<PartyResult[]> {
  const samples = new Map<string, Sample[]>(parties.map(({ name }) => [name, []]));
  const errors = new Map<string, string>();
  for (let number = 0; number < repetitions; number++) {
    // Each time another one begins: nobody always comes after the same neighbour.
    const start = number % Math.max(parties.length, 1);
    for (const party of [...parties.slice(start), ...parties.slice(0, start)]) {
      if (errors.has(party.name)) continue;
      progress(`${number + 1}/${repetitions} ${party.title}`);
      try {
        samples.get(party.name)?.push(await measureOnce(party, work, signal));
      } catch (error) {
        signal.throwIfAborted();
        errors.set(party.name, error instanceof Error ? error.message : String(error));
      }
    }
  }
  return parties.map(({ name, title }) => {
    const error = errors.get(name);
    return { name, title, samples: samples.get(name) ?? [], ...(error === undefined ? {} : { error }) };
  });
}

/** Errors: what the party failed with, or which bytes were wrong; the signal's reason. */
export async function measureOnce(party: Party, work: Work, ending: AbortSignal): Promise<Sample> {
  const signal = AbortSignal.any([ending, AbortSignal.timeout(REPETITION_MS)]);
  const repetition = await party.prepare(work);
  try {
    await warm(work, signal);
    await run('sync'); // what the one before left behind is not this one's to write
    const watch = new LoadWatch();
    const measured = await repetition.run(signal);
    const load = watch.close(sum(measured.cpuSeconds));
    await repetition.verify(signal);
    return { measured, load };
  } finally {
    await repetition.close();
  }
}
