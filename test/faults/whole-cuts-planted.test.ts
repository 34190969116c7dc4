// Bugs in the order of writing and telling, planted by hand into a copy of what was built: the cuts of whole programs must find them.
import { describe, expect, test } from 'vitest';
import { lacksTools } from '../fakes/stock-tools.ts';
import { today } from '../fakes/today.ts';
import { lackingForCuts, lackingForStrict } from './fault-tools.ts';
import type { CutMode } from './cut-disk.ts';
import { isQuick } from './quick.ts';
import type { Side } from './sides.ts';
import { withBug, withBuiltBug, type BuiltBug } from './whole-cuts-planted.ts';
import type { CutPoint } from './whole-cuts-points.ts';
import { sweepCuts } from './whole-cuts-sweep.ts';

interface PlantedBug extends BuiltBug {
  readonly what: string;
  readonly side: Side;
  /** `ext4` by default. */
  readonly mode?: CutMode;
  /** Points at which it can show; one of them is enough. */
  readonly at: (point: CutPoint) => boolean;
}

const BUGS: readonly PlantedBug[] = [
  {
    what: 'small files of the spool are renamed without a sync',
    side: 'agent',
    file: 'protocol/durable.js',
    find: '        await file.sync();\n',
    put: '',
    at: ({ op, pathClass, start }) =>
      start === 1 && op === 'rename' && pathClass === 'spool/ready/*/receipt.json',
  },
  {
    what: 'a receipt is given before it is durable in the vault',
    side: 'receiver',
    file: 'protocol/receiver/receipts.js',
    find: "        await vault.storeReceipt(subject, document);\n        log.info('receipt given', logName(subject));\n",
    put: '        await this.give(subject, document);\n        await vault.storeReceipt(subject, document);\n',
    at: ({ op, pathClass }) => op === 'fsync' && pathClass === 'vault/townhall-#/*/receipt.json.tmp',
  },
  {
    what: 'a receipt is given although the payload was not synced',
    side: 'receiver',
    file: 'protocol/receiver/vault-work.js',
    find: 'Promise.all([this.#payload.sync(), this.#chunks.sync(), this.#options.ensureStation()]);',
    put: 'this.#options.ensureStation();',
    at: ({ op, pathClass }) => op === 'create' && pathClass.endsWith('.docking/docking.json'),
  },
  {
    what: 'a receipt is given although the name of the folder in the vault was not synced',
    side: 'receiver',
    mode: 'strict',
    file: 'protocol/receiver/vault-work.js',
    find: 'await Promise.all([syncs.sync(layout.station(lease.station)), syncs.sync(from)]);',
    put: '',
    at: ({ op, pathClass }) => op === 'create' && pathClass.endsWith('.docking/docking.json'),
  },
];
const lacking = lackingForCuts() ?? lackingForStrict();
const TIMEOUT_MS = 600_000;
/** In CI, whose time is limited, one of them, another one each day. */
const ofThisRun = isQuick ? BUGS.slice(today % BUGS.length).slice(0, 1) : BUGS;

test('the place of each bug stands in what was built, also of those that have another day', async () => {
  for (const bug of BUGS) expect(await withBug(bug), bug.what).not.toContain(bug.find);
});

describe.skipIf((lacking !== undefined || lacksTools('mosquitto')) && process.env['CI'] === undefined)(
  `power cuts of whole programs find${lacking === undefined ? '' : ` (missing: ${lacking})`}`,
  () => {
    for (const bug of ofThisRun)
      test(`that ${bug.what}`, { timeout: TIMEOUT_MS }, async () => {
        const { mode = 'ext4' } = bug;
        const { failing } = await withBuiltBug(bug, () =>
          sweepCuts(bug.side, { share: 0, of: 1 }, { mode, courses: ['day'], only: bug.at, enough: 1 }),
        );
        expect(failing.size).toBeGreaterThan(0);
      });
  },
);
