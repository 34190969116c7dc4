// `npm run fault-table`: runs the suites with their results kept, and writes test/FAULTS.md from them and from test/acceptance.md.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAcceptance } from './acceptance-lines.ts';
import { faultTable } from './fault-table.ts';
import { RESULTS_VARIABLE, sharedSuites } from './kept-results.ts';
import { readResults } from './test-results.ts';

const SCRIPTS = ['test', 'test:e2e', 'test:faults'];
const HELP = `npm run fault-table [-- --kept]

Runs ${SCRIPTS.join(', ')} one after the other and writes test/FAULTS.md: hours; with CI=1, which takes shares of long lists, some 25 minutes.
  --kept   runs nothing: takes the results that lie in out/results; suites put them there, or parts of them, when they are run with
           ${RESULTS_VARIABLE}=$PWD/out/results
`;

/** This file lies three folders below the project when it was compiled, and it never runs otherwise. */
const project = fileURLToPath(new URL('../../../../', import.meta.url));
const tests = join(project, 'test');
const folder = join(project, 'out/results');

async function runAll(): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const script of SCRIPTS) {
    const env = { ...process.env, [RESULTS_VARIABLE]: folder };
    const child = spawn('npm', ['run', '-s', script], { cwd: project, stdio: 'inherit', env });
    await once(child, 'exit'); // a red suite is a line of the table, not the end of it
  }
}

async function main(args: readonly string[]): Promise<number> {
  if (args.length > 1 || (args.length === 1 && args[0] !== '--kept')) {
    process.stderr.write(HELP);
    return 2;
  }
  if (args.length === 0) await runAll();
  const reports = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  const entries = await readdir(tests, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(tests, join(entry.parentPath, entry.name)));
  const results = await readResults(
    reports.map((name) => join(folder, name)),
    tests,
  );
  const list = parseAcceptance(await readFile(join(tests, 'acceptance.md'), 'utf8'));
  await writeFile(
    join(tests, 'FAULTS.md'),
    faultTable({ list, files, results, shared: sharedSuites(reports) }),
  );
  const failed = [...results.values()].reduce((sum, each) => sum + each.failed, 0);
  console.log(
    `test/FAULTS.md: ${list.lines.length} lines, ${results.size} test files, ${failed} failed tests`,
  );
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
