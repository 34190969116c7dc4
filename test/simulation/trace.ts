// What happened in a simulation, as one digest: two runs of a seed that differ anywhere have different ones. Keeps the last lines for anybody who
// has to understand a failure.
import { createHash } from 'node:crypto';

const LINES_KEPT = 400;
const LINES_PER_UPDATE = 512;

/** Takes lines; holds at most LINES_KEPT of them unless all are asked for. */
export class Trace {
  /** Called with every line. */
  onLine: (line: string) => void = () => undefined;
  readonly #hash = createHash('sha256');
  #kept: string[] = [];
  #waiting: string[] = [];

  add(line: string): void {
    this.#waiting.push(line);
    this.onLine(line);
    if (this.#waiting.length === LINES_PER_UPDATE) this.#flush();
  }

  /** The last lines, oldest first. */
  get last(): readonly string[] {
    return [...this.#kept, ...this.#waiting].slice(-LINES_KEPT);
  }

  /** Ends the trace: lower-case hex. */
  digest(): string {
    this.#flush();
    return this.#hash.digest('hex');
  }

  #flush(): void {
    this.#hash.update(this.#waiting.join('\n')).update('\n');
    this.#kept = this.#waiting;
    this.#waiting = [];
  }
}
