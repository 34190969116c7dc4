// What recovery found and did, for the log and the custody log. Bounded, whatever lies on the disk.
import type { Log } from '../../protocol/format/ports.ts';

/**
 * `new-spool`: an empty folder was made a spool; `id-replaced`: spool.json was damaged; `discarded`: an unfinished sealing of ours
 * was removed; `quarantined`: moved aside, `name` is its name there; `left`: not ours, untouched; `reclaimed`: a reclaim that was
 * cut off was finished; `failed`: a step of recovery that the disk refused, what it concerns does
 * not count as durable.
 */
export type FindingKind =
  'new-spool' | 'id-replaced' | 'discarded' | 'quarantined' | 'left' | 'reclaimed' | 'failed';

/** One finding. `name` is a name in the spool, `reason` plain words. */
export interface RecoveryFinding {
  readonly kind: FindingKind;
  readonly name: string;
  readonly reason: string;
}

const FINDINGS_MAX = 1000;
const TEXT_CHARACTERS_MAX = 300;

/** Collects findings and logs each; behind FINDINGS_MAX it only counts. */
export class Findings {
  readonly #log: Log;
  readonly #list: RecoveryFinding[] = [];
  #more = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  add(kind: FindingKind, name: string, reason: string): void {
    if (this.#list.length >= FINDINGS_MAX) {
      this.#more++;
      return;
    }
    const finding = {
      kind,
      name: name.slice(0, TEXT_CHARACTERS_MAX),
      reason: reason.slice(0, TEXT_CHARACTERS_MAX),
    };
    this.#list.push(finding);
    this.#log.warn('spool recovery', { ...finding });
  }

  list(): readonly RecoveryFinding[] {
    if (this.#more > 0) this.#log.warn('spool recovery incomplete', { findings: this.#more });
    return this.#list;
  }
}
