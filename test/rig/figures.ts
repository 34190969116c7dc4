// The line of figures that a rig file ends with: what it measured, then what is counted over all files.
const HEAD = 'figures: ';
const COUNTED = ['recordings receipted', 'pulls'] as const;

/** What is counted over all files. */
export type Counted = (typeof COUNTED)[number];
export type Counts = Record<Counted, number>;

/** Of one file. */
export class Figures {
  readonly #said: string[] = [];
  readonly #counts: Counts = { 'recordings receipted': 0, pulls: 0 };

  say(text: string): void {
    this.#said.push(text);
  }

  count(what: Counted, more = 1): void {
    this.#counts[what] += more;
  }

  countOf(what: Counted): number {
    return this.#counts[what];
  }

  /** Writes the line. */
  print(): void {
    process.stdout.write(`${HEAD}${[...this.#said, ...countTexts(this.#counts)].join('; ')}\n`);
  }
}

/** Adds up what the lines of several files say; all others are passed over. */
export class FigureSums {
  readonly counts: Counts = { 'recordings receipted': 0, pulls: 0 };
  /** By the closing lines of node's own reporter. */
  tests = 0;

  text(): string {
    return countTexts(this.counts).join(', ');
  }

  /** A line without its end. */
  take(line: string): void {
    this.tests += Number(/^ℹ tests (\d+)$/.exec(line)?.[1] ?? 0);
    if (!line.startsWith(HEAD)) return;
    for (const part of line.slice(HEAD.length).split('; ')) {
      const [, count = '', what = ''] = /^(\d+) (.*)$/.exec(part) ?? [];
      const counted = COUNTED.find((each) => each === what);
      if (counted !== undefined) this.counts[counted] += Number(count);
    }
  }
}

function countTexts(counts: Counts): string[] {
  return COUNTED.map((what) => `${counts[what]} ${what}`);
}

/** Says how far the guest came: on a busy machine it takes minutes. */
export function note(what: string): void {
  process.stderr.write(`rig ${seconds(0)} s: ${what}\n`);
}

/** Since that moment of performance.now(). */
export function seconds(sinceMs: number): string {
  return ((performance.now() - sinceMs) / 1000).toFixed(1);
}
