// Collects what is wrong with the files that a configuration names: problems stop a start, warnings do not.
import { DockError } from '../protocol/format/errors.ts';
import { problem, type Problem } from './problems.ts';

/** A remark on something that works today. */
export interface Warning {
  /** Stable, such as "disk.memory". */
  readonly code: string;
  readonly file: string;
  readonly message: string;
}

/** Grows while the files are looked at. */
export class FileFinds {
  readonly problems: Problem[] = [];
  readonly warnings: Warning[] = [];

  /** Returns undefined, so that a reader can end with it. */
  problem(code: string, file: string, message: string, remedy: string): undefined {
    this.problems.push(problem({ code, file, message, remedy }));
  }

  /** For what a reader threw; its message already says what to do. */
  error(file: string, error: unknown): undefined {
    if (!(error instanceof DockError)) throw error;
    const message = error.message.startsWith(file)
      ? error.message.slice(file.length).replace(/^[: ]+/, '')
      : error.message;
    this.problems.push(problem({ code: error.code, file, message }));
  }

  warning(code: string, file: string, message: string): void {
    this.warnings.push({ code, file, message });
  }
}
