// Notices a disk that fails: every call on it passes through here, and those that end with an error of the device are counted. It changes
// nothing of any call.
import { systemCode } from './errors.ts';
import { FilesAround, type Around } from './files-around.ts';
import type { Clock, Conditions, Files } from './ports.ts';

const CONDITION = 'disk.failing';
/** So long without another error, and the disk counts as well again; one that fails at times stays shown. */
const WELL_MS = 3_600_000;
/** A look at whether it counts as well again comes that often. */
export const LOOK_MS = 60_000;
/** Device error, damaged file system, one that the kernel made read-only because of errors, and a disk that went. */
const DISK_ERRORS: ReadonlySet<string> = new Set(['EIO', 'EUCLEAN', 'EROFS', 'ENXIO', 'ENODEV']);

/** One disk. */
export class DiskWatch {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #conditions: Conditions;
  #errors = 0;
  #lastMs = 0;

  constructor(deps: { readonly clock: Pick<Clock, 'monotonicMs'>; readonly conditions: Conditions }) {
    this.#clock = deps.clock;
    this.#conditions = deps.conditions;
  }

  /** A call on the disk failed. Never throws. */
  saw(error: unknown): void {
    const code = systemCode(error);
    if (code === undefined || !DISK_ERRORS.has(code)) return;
    this.#errors++;
    this.#lastMs = this.#clock.monotonicMs();
    this.#conditions.raise(CONDITION, null, { errors: this.#errors, reason: code });
  }

  /** Is to be called once a minute or so. */
  look(): void {
    if (this.#errors === 0 || this.#clock.monotonicMs() - this.#lastMs < WELL_MS) return;
    this.#errors = 0;
    this.#conditions.clear(CONDITION, null);
  }

  /** The same files, and whatever they open; errors of the disk are seen on their way. */
  files(files: Files): Files {
    return new FilesAround(files, this.around);
  }

  /** One call that works on the disk, in whatever thread. Gives what it gives, errors too. */
  readonly around: Around = (call) =>
    call.catch((error: unknown) => {
      this.saw(error);
      throw error;
    });
}
