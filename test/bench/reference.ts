// The file of accepted results, one for each group, as `--json` writes it; and the comparison of a run with one that was accepted earlier.
import { readFile, writeFile } from 'node:fs/promises';
import type { Machine } from './machine.ts';
import type { Disturbance, Figures } from './outcome.ts';
import { figure, renderTable } from './table.ts';

const VERSION = 2;

/** One group, as it was measured. */
export interface GroupResult {
  /** RFC 3339, UTC. */
  readonly measured_at: string;
  readonly machine: Machine;
  readonly quick: boolean;
  readonly good: boolean;
  readonly disturbance: Disturbance;
  /** Null where it was not measured. */
  readonly figures: Readonly<Record<string, number | null>>;
  readonly details: Readonly<Record<string, unknown>>;
}

/** By name of the group. */
export type Results = Readonly<Record<string, GroupResult>>;

/** JSON knows no NaN. */
export function figuresForJson(figures: Figures): Record<string, number | null> {
  return Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [name, Number.isFinite(value) ? value : null]),
  );
}

/** Empty where there is no such file. Errors: a file that is something else. */
export async function readResults(file: string): Promise<Results> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
  const { version, results } = JSON.parse(text) as { version?: unknown; results?: Results };
  if (version !== VERSION || results === undefined)
    throw new Error(`${file} is no file of results of version ${VERSION}: move it away`);
  return results;
}

/** Groups that were measured now take the place of those in the file; the others stay. Errors: as of readResults. */
export async function writeResults(file: string, now: Results): Promise<void> {
  const results = { ...(await readResults(file)), ...now };
  await writeFile(file, `${JSON.stringify({ version: VERSION, results }, undefined, 2)}\n`);
}

/** Every figure that both have, with its ratio; and what makes the two differ beside the product. Empty where there is nothing to compare. */
export function comparisonText(now: Results, reference: Results): string {
  const parts = Object.entries(now).flatMap(([group, result]) => {
    const earlier = reference[group];
    if (earlier === undefined) return [];
    const rows = Object.entries(result.figures).flatMap(([name, value]) => {
      const before = earlier.figures[name];
      if (value === null || before === null || before === undefined || before === 0) return [];
      return [[name, figure(value, 2), figure(before, 2), figure(value / before, 2)]];
    });
    if (rows.length === 0) return [];
    const head = [`${group}, against ${earlier.measured_at.slice(0, 10)}`, 'now', 'then', 'now / then'];
    return [[renderTable([head, ...rows]), ...differences(result, earlier)].join('\n')];
  });
  return parts.join('\n\n');
}

function differences(now: GroupResult, earlier: GroupResult): string[] {
  const same =
    now.machine.cpu_model === earlier.machine.cpu_model && now.machine.cores === earlier.machine.cores;
  const described = `${earlier.machine.cores} x ${earlier.machine.cpu_model}, Node ${earlier.machine.node_version}`;
  return [
    ...(same ? [] : [`ANOTHER MACHINE then: ${described}; only ratios between parties compare`]),
    ...(now.quick === earlier.quick ? [] : [`one of the two was --quick: other amounts of work`]),
  ];
}
