// What a vault says to each station: the statement that it was restored from a backup (SPEC 4.14, 6.10), and the policy in force (4.16).
// Found in the vault; to verify and to follow them is for the stations.
//
// Invariants:
// 1. A station hears the newest of both before it is answered for its log, as far as the broker goes; and again where it asks.
// 2. What a command or another receiver made is sent within WORDS_LOOK_MS.
import { dirname } from 'node:path';
import { listIfThere } from '../../../protocol/format/durable.ts';
import { isDockError, systemCode } from '../../../protocol/format/errors.ts';
import type { StationId } from '../../../protocol/format/ids.ts';
import type { Clock, Files, Log } from '../../../protocol/format/ports.ts';
import { WORDS_LOOK_MS } from '../limits.ts';
import type { EnteredPolicy } from '../retention/deps.ts';
import { policyInForce } from '../retention/policies.ts';
import type { Sending } from '../transfer/sending.ts';
import type { VaultLayout } from '../vault/vault-layout.ts';
import { readStatements, type Statement } from './restored-statements.ts';

export interface VaultWordsOptions {
  readonly files: Files;
  readonly layout: VaultLayout;
  readonly stations: Iterable<StationId>;
  readonly sending: Pick<Sending, 'restored' | 'policy'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** What stations must hear. */
interface Word {
  readonly what: 'restored' | 'policy';
  /** Other bytes, or signatures that came to them, are another word. */
  readonly id: string;
  readonly send: (station: StationId) => Promise<void>;
}

/** Knows the newest of both, and who has heard of it. */
export class VaultWords {
  readonly #options: VaultWordsOptions;
  readonly #ending = new AbortController();
  /** `station what`: which one it heard last. */
  readonly #told = new Map<string, string>();
  #newest: Statement | undefined;
  /** Names in the folders of policies when the one in force was read last. */
  #policyNames: string | undefined;
  #inForce: EnteredPolicy | undefined;
  #words: readonly Word[] = [];
  #looking: Promise<void> = Promise.resolve();
  #cancel: () => void = () => undefined;

  constructor(options: VaultWordsOptions) {
    this.#options = options;
  }

  /** The statement that counts, as of the last look; undefined where this vault was never restored. */
  get newest(): Statement | undefined {
    return this.#newest;
  }

  /** The policy in force, as of the last look; undefined where there is none. */
  get inForce(): EnteredPolicy | undefined {
    return this.#inForce;
  }

  /** Looks now, and every WORDS_LOOK_MS from then on. Never rejects: what cannot be read is read again. */
  async start(): Promise<void> {
    this.#looking = this.#look();
    await this.#looking;
  }

  /** Resolves when nothing of it runs any more. Never rejects. */
  async stop(): Promise<void> {
    this.#ending.abort(new Error('the receiver stops'));
    this.#cancel();
    await this.#looking;
  }

  /** The station is about to be answered for its log. `isHello`: it asked what is held, so it may be new here. Never rejects. */
  async beforeAnswer(station: StationId, isHello: boolean): Promise<void> {
    for (const word of this.#words)
      if (isHello || this.#told.get(`${station} ${word.what}`) !== word.id) await this.#say(station, word);
  }

  async #look(): Promise<void> {
    const { stations, clock, log } = this.#options;
    const before = new Set(this.#words.map(({ id }) => id));
    for (const read of [() => this.#lookForStatement(), () => this.#lookForPolicy()])
      await read().catch((error: unknown) => log.warn('what the vault says to stations not read', { error }));
    for (const word of this.#words)
      if (!before.has(word.id)) for (const station of stations) await this.#say(station, word);
    if (this.#ending.signal.aborted) return;
    this.#cancel = clock.after(WORDS_LOOK_MS, () => {
      this.#looking = this.#look();
    });
  }

  async #lookForStatement(): Promise<void> {
    const { files, layout, sending, log } = this.#options;
    const newest = (await readStatements(files, layout, log)).at(-1);
    const before = this.#newest;
    if (newest === undefined) return;
    const { document, restored, sha256, signatures } = newest;
    const isSame =
      before?.sha256 === sha256 && (before.signatures === undefined) === (signatures === undefined);
    if (isSame) return;
    this.#newest = newest;
    const { restored_at, complete_until } = restored;
    const isSigned = signatures !== undefined;
    log.warn('this vault was restored from a backup: stations are told', {
      restored_at,
      complete_until,
      isSigned,
    });
    const id = `${sha256} ${isSigned}`;
    this.#says({ what: 'restored', id, send: (station) => sending.restored(station, document, signatures) });
  }

  /** The log is only read where another one was placed, or a part of one came back. One that is placed at this moment is not entered yet. */
  async #lookForPolicy(): Promise<void> {
    const { files, layout, sending } = this.#options;
    const numbers = (await listIfThere(files, dirname(layout.policy(1))))
      .map(Number)
      .filter(Number.isInteger);
    const lists = numbers.map((each) => listIfThere(files, layout.policy(each)).catch(() => ['odd']));
    const names = [numbers, await Promise.all(lists)].join();
    if (names === this.#policyNames) return;
    const found = await policyInForce({ files, layout, signal: this.#ending.signal }).catch(
      (error: unknown) => {
        const isMissing = isDockError(error, 'policy.missing') || systemCode(error) === 'ENOENT';
        if (isMissing) this.#policyNames = names; // said once, until something is put there
        throw error;
      },
    );
    const number = found?.policy.number ?? 0;
    if (numbers.every((each) => each <= number)) this.#policyNames = names;
    if (found === undefined) return;
    this.#inForce = found;
    this.#says({ what: 'policy', id: found.sha256, send: (station) => sending.policy(station, found) });
  }

  #says(word: Word): void {
    this.#words = [...this.#words.filter(({ what }) => what !== word.what), word];
  }

  /** A station that is away hears it when it asks. */
  async #say(station: StationId, { what, id, send }: Word): Promise<void> {
    try {
      await send(station);
      this.#told.set(`${station} ${what}`, id);
    } catch (error) {
      this.#options.log.debug('what the vault says not sent', { station, what, error });
    }
  }
}
