// `npm run test:faults`: the fault suites, which end with one line of figures. What else is given, vitest takes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { QUICK_VARIABLE } from './quick.ts';

const HELP = `npm run test:faults [-- --quick] [PATH...]

Power cuts, disk errors, kills, stops and torn writes at every call of station and store on their disks, in all modes; with the real tools as root.
Hours. Ends with one line of figures.
  --quick   of long lists the share that CI takes in a day
`;

/** This file lies three folders below the project when it was compiled, and it never runs otherwise. */
const project = fileURLToPath(new URL('../../../', import.meta.url));

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(HELP);
    return 0;
  }
  const passed = args.filter((each) => each !== '--quick');
  const quick = passed.length < args.length ? { [QUICK_VARIABLE]: '1' } : {};
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/vitest.faults.config.ts'];
  const child = spawn(process.execPath, [...vitest, ...passed], {
    cwd: project,
    stdio: 'inherit',
    env: { ...process.env, ...quick },
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

process.exitCode = await main(process.argv.slice(2));
