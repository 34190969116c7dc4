// `npm run test:planted`: plants one bug after the other into a copy of the project and runs the suites that must catch it. Ends with 1 where
// one was missed. In CI, whose time is limited, every twelfth is planted, always the same.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { shareOfRun, takesShare } from '../../fakes/share-of-run.ts';
import { PLANTED_BUGS } from './bugs.ts';
import type { PlantedBug } from './planted-bug.ts';
import { ProjectCopy } from './project-copy.ts';
import { runAttacks, runSuites } from './run-suites.ts';

const SHARES = 12;
const HELP = `npm run test:planted [-- --only ID[,ID...]]

Plants bugs into a copy of the project, one at a time, and runs the suites that must catch each. The table is test/faults/planted/bugs-*.ts.
`;

/** This file lies three folders below the project when it was compiled, and it never runs otherwise. */
const project = fileURLToPath(new URL('../../../../', import.meta.url));

function chosen(only: string): readonly PlantedBug[] {
  if (only !== '') {
    const ids = only.split(',');
    const unknown = ids.filter((id) => PLANTED_BUGS.every((bug) => bug.id !== id));
    if (unknown.length > 0) throw new RangeError(`no planted bug is called ${unknown.join(', ')}`);
    return PLANTED_BUGS.filter(({ id }) => ids.includes(id));
  }
  const isOfShare = (at: number): boolean => !takesShare || at % SHARES === shareOfRun % SHARES;
  return PLANTED_BUGS.filter((bug, at) => isOfShare(at) && isShownHere(bug));
}

function isShownHere({ id, nodeFrom = 0 }: PlantedBug): boolean {
  const isShown = nodeFrom <= Number.parseInt(process.versions.node, 10);
  if (!isShown) console.log(`not planted: ${id}, Node shows it from version ${nodeFrom} on`);
  return isShown;
}

async function main(args: string[]): Promise<number> {
  let bugs: readonly PlantedBug[];
  try {
    const { values } = parseArgs({
      args,
      options: { only: { type: 'string', default: '' }, help: { type: 'boolean', short: 'h' } },
    });
    if (values.help === true) {
      console.log(HELP);
      return 0;
    }
    bugs = chosen(values.only);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${HELP}`);
    return 2;
  }
  const copy = await ProjectCopy.of(project);
  try {
    return await plantAll(copy, bugs);
  } finally {
    await copy.close();
  }
}

async function plantAll(copy: ProjectCopy, bugs: readonly PlantedBug[]): Promise<number> {
  // What is red without a bug shows nothing.
  const suites = [...new Set(bugs.flatMap((bug) => bug.suites))];
  const attacks = [...new Set(bugs.flatMap(({ attack = [] }) => attack))];
  let before = await runSuites(copy.folder, suites);
  if (before.verdict === 'green') before = await runAttacks(copy.folder, attacks);
  if (before.verdict !== 'green') {
    console.error(`the suites are ${before.verdict} without any bug: ${before.said}`);
    return 1;
  }
  const startedMs = performance.now();
  let caught = 0;
  for (const bug of bugs) {
    const { suites: own, attack } = bug;
    const { verdict, said } = await copy.with(bug, async () => {
      const ran = await runSuites(copy.folder, own);
      return ran.verdict === 'red' && attack !== undefined ? runAttacks(copy.folder, [attack]) : ran;
    });
    if (verdict === 'red') caught++;
    console.log(
      verdict === 'red'
        ? `caught  ${bug.id}: ${said.split('\n', 1)[0] ?? ''}`
        : `MISSED  ${bug.id} (${bug.what}): ${own.join(', ')}, ${attack ?? 'no attack'} ${verdict}\n${said}`,
    );
  }
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
  console.log(
    `planted: ${caught} of ${bugs.length} bugs caught (${PLANTED_BUGS.length} in the table) in ${seconds} s`,
  );
  return caught === bugs.length ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
