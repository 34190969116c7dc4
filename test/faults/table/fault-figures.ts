// One line of figures at the end of the fault suites: points tried and failing, in all and by suite.
import { basename } from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';

/** What became of one test of a suite. */
export interface TriedTest {
  /** File of the test. */
  readonly file: string;
  readonly state: 'passed' | 'failed' | 'skipped' | 'pending';
  /** Cuts, failing calls, kills, generated inputs. */
  readonly points: number;
  /** Those of them at which a rule was broken. */
  readonly failedPoints: number;
}

interface Sum {
  tried: number;
  failing: number;
}

/** The line. A test that failed counts one failing point where it counted none. */
export function figuresLine(tests: readonly TriedTest[]): string {
  const suites = new Map<string, Sum>();
  for (const { file, state, points, failedPoints } of tests) {
    const name = basename(file).replace(/\.test\.ts$/, '');
    const sum = suites.get(name) ?? { tried: 0, failing: 0 };
    sum.tried += points;
    sum.failing += state === 'failed' ? Math.max(1, failedPoints) : 0;
    suites.set(name, sum);
  }
  const count = (state: TriedTest['state']): number => tests.filter((each) => each.state === state).length;
  const total = [...suites.values()].reduce(
    (all, each) => ({ tried: all.tried + each.tried, failing: all.failing + each.failing }),
    { tried: 0, failing: 0 },
  );
  const told = [...suites].map(([name, { tried, failing }]) => `${name} ${tried}/${failing}`).join(', ');
  return `faults: ${suites.size} suites, ${count('passed')} tests passed, ${count('failed')} failed, ${count('skipped')} skipped; ${total.tried} points tried, ${total.failing} failing (${told})`;
}

/** Prints the line when all is over. Named last among the reporters. */
export class FaultFigures implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) =>
      [...module.children.allTests()].map((each) => {
        const { points = 0, failedPoints = 0 } = each.meta();
        return { file: module.moduleId, state: each.result().state, points, failedPoints };
      }),
    );
    process.stdout.write(`${figuresLine(tests)}\n`);
  }
}
