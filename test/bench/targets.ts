// The numbers that the finished product has to reach, as data, and what a run says of each. Never an exit code: a busy machine is no defect.
import type { Figures } from './outcome.ts';
import { figure, renderTable } from './table.ts';

/** One bound on one figure. */
export interface Target {
  /** For people. */
  readonly what: string;
  /** Name of the figure. */
  readonly figure: string;
  /** Of the figure: "times", "MiB". */
  readonly unit: string;
  /** The group that measures it. */
  readonly group: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** Wanted beyond the bound, in its direction. */
  readonly goal?: number;
}

/** Ways of the product that are held against the same bounds: without TLS and with it, by number of cameras. */
const PLAIN = [
  ['bodydock', 'one camera'],
  ['bodydock-4', 'four cameras'],
] as const;
const TLS = [
  ['bodydock-tls', 'one camera'],
  ['bodydock-tls-4', 'four cameras'],
] as const;

const SPEED: readonly Target[] = [
  ...PLAIN.flatMap(([name, cameras]) => [
    ratio(`${cameras}: as fast as the chain, two at a time`, `${name}.times_chain-2`, 1.3),
    ratio(`${cameras}: as fast as rsync over ssh`, `${name}.times_rsync`, 2),
  ]),
  ...TLS.map(([name, cameras]) => ratio(`${cameras}, TLS: as fast as HTTPS PUT`, `${name}.times_https`, 1.1)),
];

const COST: readonly Target[] = PLAIN.flatMap(([name, cameras]) => [
  most(`${cameras}: CPU of all programs`, `${name}.cpu_s_per_gb`, 's/GB', 5.0, 4.5),
  most(`${cameras}: CPU of the agent`, `${name}.agent.cpu_s_per_gb`, 's/GB', 2.8, 2.4),
]);

const MEMORY: readonly Target[] = [
  ...PLAIN.flatMap(([name, cameras]) => [
    most(`${cameras}: memory of the agent`, `${name}.agent.peak_mib`, 'MiB', 128),
    most(`${cameras}: memory of the receiver`, `${name}.receiver.peak_mib`, 'MiB', 96),
  ]),
  { ...most('any file size: memory of the agent', 'memory.agent.peak_mib', 'MiB', 128), group: 'memory' },
  {
    ...most('any file size: memory of the receiver', 'memory.receiver.peak_mib', 'MiB', 96),
    group: 'memory',
  },
];

const STATION: readonly Target[] = [
  { ...most('CPU at rest', 'station.idle_cpu_percent', '% of a core', 0.5), group: 'station' },
  { ...most('ready with 10,000 recordings', 'station.ready_filled_ms', 'ms', 1000), group: 'station' },
];

const FAIRNESS: readonly Target[] = [
  most('a ninth camera is identified', 'fairness.identified_ms', 'ms', 1000),
  most('event loop held up, 99.9 %', 'fairness.loop_p999_ms', 'ms', 20),
  most('... without standstills of the machine', 'fairness.loop_own_p999_ms', 'ms', 20),
  most('health comes late by', 'fairness.health_late_ms', 'ms', 1000),
  most('a limit of rate is kept, off by', 'fairness.rate_off_percent', '%', 5),
].map((target) => ({ ...target, group: 'fairness' }));

const STATIONS: readonly Target[] = [
  most('800 recordings of 100 stations at once', 'stations.total_s', 's', 30),
  most('... without a receipt for', 'stations.longest_gap_s', 's', 3),
].map((target) => ({ ...target, group: 'stations' }));

/** All of them, in the order of the table. */
export const TARGETS: readonly Target[] = [
  ...SPEED,
  ...COST,
  ...MEMORY,
  ...STATION,
  ...FAIRNESS,
  ...STATIONS,
];

function ratio(what: string, name: string, atLeast: number): Target {
  return { what, figure: name, unit: 'times', group: 'pipeline', atLeast };
}

function most(what: string, name: string, unit: string, atMost: number, goal?: number): Target {
  return { what, figure: name, unit, group: 'pipeline', atMost, ...(goal === undefined ? {} : { goal }) };
}

/** What a run says of one target. `margin` is the share by which it is better than the bound, negative where it is not reached. */
export type Verdict =
  | { readonly kind: 'reached' | 'missed'; readonly value: number; readonly margin: number }
  | { readonly kind: 'not-measured' };

/** Equal counts as reached. */
export function judge(target: Target, figures: Figures): Verdict {
  const value = figures[target.figure];
  if (value === undefined || !Number.isFinite(value)) return { kind: 'not-measured' };
  const margin =
    target.atLeast === undefined ? 1 - value / (target.atMost ?? Number.NaN) : value / target.atLeast - 1;
  return { kind: margin >= 0 ? 'reached' : 'missed', value, margin };
}

function meetsGoal({ goal, atLeast }: Target, value: number): boolean {
  if (goal === undefined) return false;
  return atLeast === undefined ? value <= goal : value >= goal;
}

/** What the bare way (parties/bare.ts) says of the same; undefined where it has no such figure. */
function bareValue({ figure: name }: Target, figures: Figures): number | undefined {
  const [, tls = '', rest = ''] = /^bodydock(-tls)?(?:-4)?(\..+)$/.exec(name) ?? [];
  return figures[`bare${tls}${rest}`];
}

/** One target a line, beside it what the bare way reached. Those of groups that did not run name their command instead of a verdict. */
export function targetsText(targets: readonly Target[], figures: Figures): string {
  const rows = targets.map((target) => {
    const { what, unit, atLeast, atMost, goal, group } = target;
    const bound = atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`;
    const wanted = `${bound}${goal === undefined ? '' : ` (goal ${goal})`} ${unit}`;
    const verdict = judge(target, figures);
    if (verdict.kind === 'not-measured') return [what, wanted, '-', '-', `not measured here: group ${group}`];
    const { kind, value, margin } = verdict;
    const shown = (number: number): string => figure(number, number < 100 ? 2 : 0);
    const percent = `${figure(Math.abs(margin) * 100, 0)} %`;
    const words =
      kind === 'missed'
        ? `NOT REACHED, by ${percent}`
        : `${meetsGoal(target, value) ? 'goal ' : ''}reached, by ${percent}`;
    return [what, wanted, shown(value), shown(bareValue(target, figures) ?? Number.NaN), words];
  });
  return renderTable([['target', 'wanted', 'measured', 'bare way', 'verdict'], ...rows]);
}
