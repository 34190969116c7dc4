// Notices a disk that fails: every call of the spool's files and of the sealing passes through here, and those that end with an error of
// the device are counted. It changes nothing of any call.
import { systemCode } from '../../protocol/errors.ts';
import { aroundCalls } from '../../protocol/around-calls.ts';
import type { Clock, Conditions, Files } from '../../protocol/ports.ts';
import type { Bulk } from '../bulk/bulk.ts';

const CONDITION = 'disk.failing';
/** So long without another error, and the disk counts as well again; one that fails at times stays shown. */
const WELL_MS = 3_600_000;
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

  /** Once a minute. */
  look(): void {
    if (this.#errors === 0 || this.#clock.monotonicMs() - this.#lastMs < WELL_MS) return;
    this.#errors = 0;
    this.#conditions.clear(CONDITION, null);
  }

  /** The same files, and whatever they open; errors of the disk are seen on their way. */
  files(files: Files): Files {
    return this.#watched(files, ['create', 'open']);
  }

  /** The same sealing, in whatever thread. */
  bulk(bulk: Bulk): Bulk {
    return this.#watched(bulk, ['startSeal']);
  }

  #watched<Port extends object>(port: Port, opening: readonly (keyof Port)[] = []): Port {
    const watched = <T>(call: Promise<T>): Promise<T> =>
      call.catch((error: unknown) => {
        this.saw(error);
        throw error;
      });
    return aroundCalls(port, watched, opening);
  }
}
