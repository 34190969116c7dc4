// Makes the daily witness (SPEC 4.10) of every day that is over and has none, in the order of the days, and enters each into the store's
// log. What a cut left out is made up for by the next call.
import { dirname, join } from 'node:path';
import {
  dayAfter,
  dayOf,
  daySchema,
  encodeWitness,
  parseWitness,
  type Witness,
  WITNESS_AFTER_MS,
  WITNESS_BYTES_MAX,
  WITNESS_TRUSTED_COMMENT,
  witnessRoot,
} from '../../../protocol/custody/witness.ts';
import { encodeUtf8, sha256Hex } from '../../../protocol/format/bytes.ts';
import { ensureFolder, listIfThere, writeAnew } from '../../../protocol/format/durable.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { WITNESS } from '../../../protocol/format/file-names.ts';
import type { ReceiverId, SessionId } from '../../../protocol/format/ids.ts';
import type { Clock, Files } from '../../../protocol/format/ports.ts';
import { SIGNATURE_SUFFIX, VaultLayout } from '../vault/vault-layout.ts';
import { type LockDeps, underLock } from '../vault/vault-lock.ts';
import { isEntered as eventIsEntered } from './log-read.ts';
import { appendStoreEvents, type StoreLogDeps, storeLogFolder } from './store-log.ts';
import { WitnessKeepers } from './witness-keepers.ts';

// The witnesses of one receiver in its vault: `<vault>/<receiver>/witness/<day>.json` with their signatures.
//
// Invariants:
// 1. A witness is put in place once and never replaced, whoever makes it at the same time.
// 2. Its signature is there before it: a witness without one is nobody's of ours.

const SUFFIX = '.json';

/** Where a receiver's witnesses lie. */
function witnessFolder(vaultPath: string, receiver: ReceiverId): string {
  return join(vaultPath, receiver, WITNESS);
}

/** The witness that the next one follows. */
interface LastWitness {
  readonly day: string;
  readonly sha256: string;
}

/** Reads and places witnesses. Errors of all: the system's. */
class WitnessFolder {
  readonly #deps: LockDeps;
  readonly #folder: string;
  readonly #lock: string;

  constructor(deps: LockDeps, vaultPath: string, receiver: ReceiverId) {
    this.#deps = deps;
    this.#folder = witnessFolder(vaultPath, receiver);
    this.#lock = join(new VaultLayout(vaultPath).leases, `witness-${receiver}`);
  }

  /** The witness of the latest day; undefined where there is none. Errors: those of parseWitness where it was damaged. */
  async last(): Promise<LastWitness | undefined> {
    const names = await listIfThere(this.#deps.files, this.#folder);
    const days = names.filter((name) => name.endsWith(SUFFIX)).map((name) => name.slice(0, -SUFFIX.length));
    const day = days
      .filter((text) => daySchema.safeParse(text).success)
      .sort()
      .at(-1);
    if (day === undefined) return undefined;
    const bytes = await this.#deps.files.readAll(this.#path(day), WITNESS_BYTES_MAX);
    parseWitness(bytes);
    return { day, sha256: sha256Hex(bytes) };
  }

  /** Puts a witness in place, durably; false where its day has one. Errors: "lock.held", the signal's reason. */
  async place(day: string, bytes: Uint8Array, signature: string): Promise<boolean> {
    const { files } = this.#deps;
    for (const path of [dirname(this.#lock), dirname(this.#folder), this.#folder])
      await ensureFolder(files, path);
    for (const path of [dirname(dirname(this.#folder)), dirname(this.#folder)]) await files.syncFolder(path);
    return underLock(this.#deps, this.#lock, async (workFolder) => {
      if ((await files.stat(this.#path(day))) !== undefined) return false;
      await this.#move(workFolder, `${day}${SUFFIX}${SIGNATURE_SUFFIX}`, encodeUtf8(signature));
      await this.#move(workFolder, day + SUFFIX, bytes);
      return true;
    });
  }

  /** Durably and whole. */
  async #move(workFolder: string, name: string, bytes: Uint8Array): Promise<void> {
    const { files } = this.#deps;
    await writeAnew(files, join(workFolder, name), bytes);
    await files.rename(join(workFolder, name), join(this.#folder, name));
    await files.syncFolder(this.#folder);
  }

  #path(day: string): string {
    return join(this.#folder, day + SUFFIX);
  }
}

// Whether a witness stands in the store's log.

/** `folder` is that of the store's log. Errors: "store-log.oversize"; the system's. */
function isEntered(files: Files, folder: string, { day, sha256 }: LastWitness): Promise<boolean> {
  return eventIsEntered(files, folder, { event: 'witnessed', facts: { day, sha256 } }, sha256);
}

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
 * Errors: "witness.too-many"; "witness.ahead"; "canonical.refused", "document.refused" where the last witness was damaged; "lock.held"; the
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
