// Shows one look after the other in place on a terminal.

/** Where it is shown. */
export interface Terminal {
  readonly columns: number;
  /** Undefined where it has no end. */
  readonly rows: number | undefined;
  readonly colour: boolean;
}

/** Cursor home; each line ends with "erase to its end", the last one with "erase below". Nothing flickers, nothing of before is left. */
const HOME = '\x1b[H';
const CLEAR = '\x1b[2J';
const ERASE_LINE = '\x1b[K';
const ERASE_BELOW = '\x1b[J';

/** Looks of one call. */
export class Frames {
  readonly #now: () => Terminal;
  readonly #out: (text: string) => void;
  readonly #more: (count: number) => string;
  #isDrawn = false;

  /** `now` is asked at each look: a terminal may change its size. `more` says how many lines are not shown. */
  constructor(now: () => Terminal, out: (text: string) => void, more: (count: number) => string) {
    this.#now = now;
    this.#out = out;
    this.#more = more;
  }

  show(lines: readonly string[]): void {
    const start = this.#isDrawn ? HOME : `${CLEAR}${HOME}`;
    this.#isDrawn = true;
    const drawn = this.#fitting(lines).map((line) => `${line}${ERASE_LINE}`);
    this.#out(`${start}${drawn.join('\n')}${ERASE_BELOW}`);
  }

  /** The last look stays above the prompt. */
  end(): void {
    this.#out('\n');
  }

  /** The terminal would scroll, and the next look would not cover this one. */
  #fitting(lines: readonly string[]): readonly string[] {
    const { rows = Infinity } = this.#now();
    const room = rows - 1;
    if (lines.length <= room) return lines;
    const shown = lines.slice(0, Math.max(0, room - 1));
    return [...shown, this.#more(lines.length - shown.length)];
  }
}
