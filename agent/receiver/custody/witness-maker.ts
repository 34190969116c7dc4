// Makes the daily witness (SPEC 4.10) of every day that is over and has none, in the order of the days, and enters each into the store's
// log. What a cut left out is made up for by the next call.
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import type { SessionId } from '../../../protocol/format/ids.ts';
import type { Clock } from '../../../protocol/format/ports.ts';
import {
  dayAfter,
  dayOf,
  encodeWitness,
  WITNESS_AFTER_MS,
  WITNESS_TRUSTED_COMMENT,
  witnessRoot,
  type Witness,
} from '../../../protocol/custody/witness.ts';
import { storeLogFolder, appendStoreEvents, type StoreLogDeps } from './store-log.ts';
import { isEntered } from './witness-entered.ts';
import { WitnessFolder, type LastWitness } from './witness-folder.ts';
import { WitnessKeepers } from './witness-keepers.ts';

/** Witnesses of one call: a month that was missed. The next call goes on. */
const DAYS_PER_CALL_MAX = 31;

export interface WitnessDeps extends StoreLogDeps {
  /** The vault's id. */
  readonly vault: SessionId;
}

/** The last UTC day that is over, and long enough for its witness. */
export function lastDayOver(clock: Pick<Clock, 'wallMs'>): string {
  return dayAfter(dayOf(clock.wallMs() - WITNESS_AFTER_MS), -1);
}

/** What one call made. */
export interface MadeWitnesses {
  readonly made: readonly Witness[];
  /** More days wait: another call goes on with them. */
  readonly more: boolean;
}

/**
 * Makes what is due. Several processes may call it at one time: each day gets one witness.
 * Errors: "witness.too-many"; "witness.ahead"; "canonical.refused", "document.refused" where the last witness was damaged; "lock.held", "lock.lost"; the
 * signer's, the system's, the signal's reason.
 */
export function makeWitnesses(deps: WitnessDeps): Promise<MadeWitnesses> {
  return new Making(deps).run();
}

class Making {
  readonly #deps: WitnessDeps;
  readonly #folder: WitnessFolder;
  readonly #keepers: WitnessKeepers;

  constructor(deps: WitnessDeps) {
    this.#deps = deps;
    this.#folder = new WitnessFolder(deps, deps.vaultPath, deps.receiver);
    this.#keepers = new WitnessKeepers(deps);
  }

  async run(): Promise<MadeWitnesses> {
    let last = await this.#folder.last();
    if (last !== undefined) await this.#makeUpEntry(last);
    const over = lastDayOver(this.#deps.clock);
    if (last !== undefined && last.day > dayAfter(over, 1)) throw ahead(last.day, over);
    if (last !== undefined && last.day >= over) return { made: [], more: false };
    const from = last?.day ?? '';
    const days = await this.#keepers.ofDays((day) => day > from && day <= over);
    const made: Witness[] = [];
    for (const day of [...days.keys()].sort().slice(0, DAYS_PER_CALL_MAX)) {
      const witness = await this.#make(day, days.get(day) ?? [], last);
      if (witness === undefined) return { made, more: true }; // another process works on the same days
      last = { day, sha256: sha256Hex(encodeWitness(witness)) };
      made.push(witness);
    }
    return { made, more: made.length > 0 && (last?.day ?? '') < over };
  }

  /** Undefined where the day has one already. */
  async #make(
    day: string,
    stations: Witness['keepers'],
    last: LastWitness | undefined,
  ): Promise<Witness | undefined> {
    const { receiver, vault, clock, signer, log } = this.#deps;
    const own = await this.#keepers.own();
    const keepers = own === undefined ? stations : [...stations, own].sort(byKeeper);
    const witness: Witness = {
      type: 'witness',
      version: 1,
      receiver,
      vault,
      day,
      previous_sha256: last?.sha256 ?? null,
      keepers,
      root: witnessRoot(keepers),
      made_at: new Date(clock.wallMs()).toISOString(),
    };
    const bytes = encodeWitness(witness);
    const signature = await signer.sign(bytes, WITNESS_TRUSTED_COMMENT);
    if (!(await this.#folder.place(day, bytes, signature))) return undefined;
    await this.#enter({ day, sha256: sha256Hex(bytes) });
    log.info('witness made', { day, keepers: keepers.length, root: witness.root });
    return witness;
  }

  async #enter({ day, sha256 }: LastWitness): Promise<void> {
    await appendStoreEvents(this.#deps, [{ event: 'witnessed', facts: { day, sha256 } }]);
  }

  /** A cut between a witness and its entry leaves the entry out: only that of the last one can be missing. */
  async #makeUpEntry(last: LastWitness): Promise<void> {
    const { files, vaultPath, receiver } = this.#deps;
    if (!(await isEntered(files, storeLogFolder(vaultPath, receiver), last))) await this.#enter(last);
  }
}

/** Not for a clock that is set back over midnight. */
function ahead(day: string, over: string): DockError {
  const message = `there is a witness of ${day}, and by the clock ${over} is the last day that is over: the clock is wrong, or was when that witness was made; until that day no other one follows it`;
  return new DockError('witness.ahead', message, { retry: 'person' });
}

function byKeeper(a: Witness['keepers'][number], b: Witness['keepers'][number]): number {
  return a.keeper < b.keeper ? -1 : 1;
}
