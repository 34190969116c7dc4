// Recordings that the index knows are looked at many in one go. What a start makes of them is what it makes of them one by one, without an index.
import { beforeAll, describe, expect, test } from 'vitest';
import type { FolderLooks } from '../../../agent/spool/ready-looks.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { bulkInline } from '../../fakes/bulk-inline.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { freshDisk, type Opened, openSpool, prepare, receiptOne, ROOT, spoolOne } from './scenario.ts';

/** More than are looked at in one go. */
const RECORDINGS = 70;
/** Each third one has its receipt. */
const RECEIPTED_EACH = 3;
let disk: CrashDisk;
let recordings: readonly string[];

beforeAll(async () => {
  const made = await freshDisk();
  const { spool } = await openSpool(made);
  const names: string[] = [];
  for (let number = 0; number < RECORDINGS; number++) {
    const prepared = prepare(seededRandom(number));
    await spoolOne(made, spool, prepared);
    if (number % RECEIPTED_EACH === 0) await receiptOne(spool, prepared);
    names.push(prepared.recording);
  }
  await spool.close();
  disk = made.crash(made.steps, 'everything');
  recordings = names;
});

const copyOf = (from: CrashDisk): CrashDisk => from.crash(from.steps, 'everything');
const pathOf = (number: number, name: string): string => `${ROOT}/ready/${recordings[number]}/${name}`;

/** What a start made of that disk. */
function told({ spool, findings }: Opened): unknown {
  const states = [...spool.recordings()].map(({ recording, state }) => `${recording} ${state}`);
  return { states: states.toSorted(), findings: findings.map((each) => JSON.stringify(each)).toSorted() };
}

const alterations: [string, (altered: CrashDisk) => Promise<void>][] = [
  ['nothing', async () => undefined],
  ['a folder that is gone', (altered) => altered.removeTree(`${ROOT}/ready/${recordings[1]}`)],
  ['a folder without its manifest', (altered) => altered.unlink(pathOf(1, 'manifest.json'))],
  ['a folder without its payload', (altered) => altered.unlink(pathOf(69, 'payload.age'))],
  [
    'a payload that is shorter',
    async (altered) => altered.corrupt(pathOf(1, 'payload.age'), (bytes) => bytes.subarray(1)),
  ],
  [
    'a payload that is no file',
    async (altered) => {
      await altered.unlink(pathOf(1, 'payload.age'));
      altered.plantFolder(pathOf(1, 'payload.age'));
    },
  ],
  ['a strange file', async (altered) => altered.plant(pathOf(1, 'holiday.jpg'), 'x')],
  ['an unfinished receipt', async (altered) => altered.plant(pathOf(1, 'receipt.json.new'), '{')],
  ['a receipt without its signature', (altered) => altered.unlink(pathOf(0, 'receipt.json.minisig'))],
  [
    'a receipt that is gone',
    async (altered) => {
      for (const name of ['receipt.json', 'receipt.json.minisig']) await altered.unlink(pathOf(0, name));
    },
  ],
  [
    'a receipt that the index does not know',
    async (altered) => {
      for (const name of ['receipt.json', 'receipt.json.minisig'])
        altered.plant(pathOf(1, name), altered.peek(pathOf(0, name)) ?? '');
    },
  ],
  ['a strange folder beside them', async (altered) => altered.plantFolder(`${ROOT}/ready/holiday`)],
  [
    'a file in the place of a folder',
    async (altered) => {
      await altered.removeTree(`${ROOT}/ready/${recordings[1]}`);
      altered.plant(`${ROOT}/ready/${recordings[1]}`, 'x');
    },
  ],
];

describe('a start makes the same of a spool with an index and without', () => {
  for (const [what, alter] of alterations)
    test(what, async () => {
      const [altered, without] = [copyOf(disk), copyOf(disk)];
      for (const each of [altered, without]) await alter(each);
      await without.unlink(`${ROOT}/ledger.jsonl`);
      expect(told(await openSpool(altered))).toEqual(told(await openSpool(without)));
    });
});

/** What a start makes of it whose looks go through `look`, and how many folders it looked into one by one. */
async function startWith(
  look: (real: () => Promise<FolderLooks>) => Promise<FolderLooks>,
): Promise<{ readonly opened: Opened; readonly oneByOne: number }> {
  const copy = copyOf(disk);
  const bulk = bulkInline({ files: copyOf(disk), random: seededRandom(1) });
  const before = copy.calls('list');
  const opened = await openSpool(copy, { bulk: { lookInto: (wanted) => look(() => bulk.lookInto(wanted)) } });
  return { opened, oneByOne: copy.calls('list') - before };
}

describe('many in one go', () => {
  test('spare the look at each', async () => {
    const { opened, oneByOne } = await startWith((real) => real());
    expect([...opened.spool.recordings()].length).toBe(RECORDINGS);
    expect(oneByOne).toBeLessThan(20);
  });

  for (const [what, look] of [
    ['are refused by the disk', () => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' }))],
    [
      'are lost with their thread',
      () => Promise.reject(new DockError('worker.died', 'gone', { retry: 'later' })),
    ],
    [
      'are not all answered',
      async () => ({ kinds: [], kindOf: new Uint32Array(), sizesBytes: new Float64Array() }),
    ],
  ] as const)
    test(`that ${what} are looked at one by one`, async () => {
      const { opened, oneByOne } = await startWith(look);
      expect([...opened.spool.recordings()].length).toBe(RECORDINGS);
      expect(opened.findings).toEqual([]);
      expect(oneByOne).toBeGreaterThanOrEqual(RECORDINGS);
    });
});
