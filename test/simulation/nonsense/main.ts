// `npm run test:nonsense`: every fuzzer of the project for ten minutes, one after the other (CAM-25), and how much each did. Ends with 1 where
// one failed; fast-check names seed and path then, which go into the kept seeds of that suite.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const HELP = `npm run test:nonsense [-- --minutes N] [--only SUITE[,SUITE...]] [--seed N]

  --minutes N  for each suite, shared by its properties; 10 by default
  --only       some of the suites below
  --seed N     the first seed; another one each time by default
`;
const MINUTE_MS = 60_000;
/** Kept seeds, shrinking, and a loaded machine. */
const GRACE_MS = 300_000;

interface Suite {
  readonly name: string;
  readonly file: string;
  readonly config: string;
  /** Properties that share the time. */
  readonly properties: number;
}

const QUICK = 'test/vitest.config.ts';
const SUITES: readonly Suite[] = [
  {
    name: 'ptp-nonsense',
    file: 'test/station/ptp-nonsense.long.test.ts',
    config: 'test/vitest.e2e.config.ts',
    properties: 1,
  },
  { name: 'ptp/fuzz', file: 'test/unit/drivers/ptp/fuzz.test.ts', config: QUICK, properties: 5 },
  { name: 'smp/fuzz', file: 'test/unit/drivers/serial/smp/fuzz.test.ts', config: QUICK, properties: 2 },
  { name: 'ambarella/fuzz', file: 'test/unit/drivers/ambarella/fuzz.test.ts', config: QUICK, properties: 1 },
  { name: 'ambarella/wire', file: 'test/unit/drivers/ambarella/wire.test.ts', config: QUICK, properties: 5 },
];

/** This file lies three folders below the project when it was compiled, and it never runs otherwise. */
const project = fileURLToPath(new URL('../../../../', import.meta.url));

/** What one property did. */
interface Done {
  readonly name: string;
  readonly runs: number;
  readonly ms: number;
}

async function main(args: string[]): Promise<number> {
  let minutes: number;
  let suites: readonly Suite[];
  let seed: string | undefined;
  try {
    const { values } = parseArgs({
      args,
      options: {
        minutes: { type: 'string', default: '10' },
        only: { type: 'string', default: '' },
        seed: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help === true) {
      console.log(`${HELP}\n${SUITES.map(({ name }) => `  ${name}`).join('\n')}`);
      return 0;
    }
    ({ seed } = values);
    minutes = positive('--minutes', values.minutes);
    suites = chosen(values.only);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${HELP}`);
    return 2;
  }
  let failed = 0;
  for (const suite of suites) if (!(await runSuite(suite, minutes * MINUTE_MS, seed))) failed++;
  console.log(failed === 0 ? 'no fuzzer failed' : `${failed} of ${suites.length} suites failed`);
  return failed === 0 ? 0 : 1;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 24 * 60) return value;
  throw new RangeError(`${name} takes minutes of a day at most, not "${text}"`);
}

function chosen(only: string): readonly Suite[] {
  if (only === '') return SUITES;
  const names = only.split(',');
  const unknown = names.filter((name) => SUITES.every((suite) => suite.name !== name));
  if (unknown.length > 0) throw new RangeError(`no fuzzer is called ${unknown.join(', ')}`);
  return SUITES.filter(({ name }) => names.includes(name));
}

async function runSuite(suite: Suite, lastsMs: number, seed: string | undefined): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'bodydock-nonsense-'));
  const out = join(folder, 'done.jsonl');
  const propertyMs = Math.ceil(lastsMs / suite.properties);
  const vitest = join(project, 'node_modules/vitest/vitest.mjs');
  const args = ['run', '--config', suite.config, '--testTimeout', `${propertyMs + GRACE_MS}`, suite.file];
  const env = {
    ...process.env,
    BODYDOCK_NONSENSE_MS: `${propertyMs}`,
    BODYDOCK_NONSENSE_OUT: out,
    ...(seed !== undefined && { BODYDOCK_NONSENSE_SEED: seed }),
  };
  try {
    const child = spawn(process.execPath, [vitest, ...args], {
      cwd: project,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-20_000)));
    const [code] = (await once(child, 'close')) as [number | null];
    for (const done of await doneIn(out)) console.log(lineOf(done));
    if (code !== 0) console.log(`${suite.name} failed\n${said}`);
    return code === 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function doneIn(file: string): Promise<Done[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Done);
}

function lineOf({ name, runs, ms }: Done): string {
  return `${name}: ${runs} in ${Math.round(ms / 1000)} s, ${Math.round((runs * 1000) / ms)} a second`;
}

process.exitCode = await main(process.argv.slice(2));
