// Shows one look after the other: in place on a terminal, elsewhere only the lines that are new.
import { fill } from '../page/language.ts';

/** Where it is shown. */
export interface Terminal {
  readonly isTerminal: boolean;
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
  readonly #more: string;
  #before: readonly string[] | undefined;

  /** `now` is asked at each look: a terminal may change its size. `more` says that {} lines are not shown. */
  constructor(now: () => Terminal, out: (text: string) => void, more: string) {
    this.#now = now;
    this.#out = out;
    this.#more = more;
  }

  show(lines: readonly string[]): void {
    if (this.#now().isTerminal) this.#redraw(lines);
    else this.#printNew(lines);
    this.#before = lines;
  }

  /** The last look stays above the prompt. */
  end(): void {
    if (this.#now().isTerminal) this.#out('\n');
  }

  #redraw(lines: readonly string[]): void {
    const fitting = this.#fitting(lines);
    const start = this.#before === undefined ? `${CLEAR}${HOME}` : HOME;
    this.#out(`${start}${fitting.map((line) => `${line}${ERASE_LINE}`).join('\n')}${ERASE_BELOW}`);
  }

  /** The terminal would scroll, and the next look would not cover this one. */
  #fitting(lines: readonly string[]): readonly string[] {
    const { rows = Infinity } = this.#now();
    const room = rows - 1;
    if (lines.length <= room) return lines;
    const shown = lines.slice(0, Math.max(0, room - 1));
    return [...shown, fill(this.#more, lines.length - shown.length)];
  }

  #printNew(lines: readonly string[]): void {
    const before = new Set(this.#before);
    const fresh = this.#before === undefined ? lines : lines.filter((line) => !before.has(line));
    if (fresh.length > 0) this.#out(`${fresh.join('\n')}\n`);
  }
}
