// The statements that this vault was restored from a backup (SPEC 4.14, 6.10): found in the vault, and told to each station. What they say is for
// the stations to follow, and to verify.
//
// Invariants:
// 1. A station hears the newest statement before it is answered for its log, as far as the broker goes; and again where it asks.
// 2. A statement that a command or another receiver made is told within RESTORED_LOOK_MS.
import { join } from 'node:path';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { listIfThere } from '../../../protocol/format/durable.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { isReceiverId, type StationId } from '../../../protocol/format/ids.ts';
import type { Clock, Files, Log } from '../../../protocol/format/ports.ts';
import { parseRestored, RESTORED_BYTES_MAX, type Restored } from '../../../protocol/documents/restored.ts';
import { RESTORED_LOOK_MS } from '../limits.ts';
import { readDocument } from '../vault/vault-dockings.ts';
import type { VaultLayout } from '../vault/vault-layout.ts';
import type { SignedDocument } from '../vault/vault.ts';
import type { Sending } from '../transfer/sending.ts';

const NAME = /^[0-9a-f]{16}\.json$/;

/** One statement of a vault. */
export interface Statement {
  readonly document: SignedDocument;
  readonly restored: Restored;
  readonly sha256: string;
}

/** All statements in a vault, the one that counts last. One that cannot be read is told to the log and left out. Errors: the system's. */
export async function readStatements(files: Files, layout: VaultLayout, log: Log): Promise<Statement[]> {
  const found: Statement[] = [];
  for (const receiver of (await files.list(layout.root)).filter(isReceiverId))
    for (const name of await listIfThere(files, layout.restored(receiver))) {
      if (!NAME.test(name)) continue;
      const path = join(layout.restored(receiver), name);
      const document = await readDocument(files, path, RESTORED_BYTES_MAX);
      const restored = document && parsed(document);
      if (document === undefined || restored === undefined)
        log.error('statement that the store was restored cannot be read', { receiver, name });
      else found.push({ document, restored, sha256: sha256Hex(document.bytes) });
    }
  return found.toSorted((a, b) => (a.restored.restored_at < b.restored.restored_at ? -1 : 1));
}

function parsed({ bytes }: SignedDocument): Restored | undefined {
  try {
    return parseRestored(bytes);
  } catch (error) {
    if (error instanceof DockError) return undefined;
    throw error;
  }
}

export interface RestoredStatementsOptions {
  readonly files: Files;
  readonly layout: VaultLayout;
  readonly stations: Iterable<StationId>;
  readonly sending: Pick<Sending, 'restored'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Knows the newest one, and who has heard of it. */
export class RestoredStatements {
  readonly #options: RestoredStatementsOptions;
  /** By station: which one was told last. */
  readonly #told = new Map<StationId, string>();
  #newest: Statement | undefined;
  #looking: Promise<void> = Promise.resolve();
  #cancel: () => void = () => undefined;
  #isStopped = false;

  constructor(options: RestoredStatementsOptions) {
    this.#options = options;
  }

  /** The one that counts, as of the last look; undefined where this vault was never restored. */
  get newest(): Statement | undefined {
    return this.#newest;
  }

  /** Looks now, and every RESTORED_LOOK_MS from then on. Never rejects: what cannot be read is read again. */
  async start(): Promise<void> {
    this.#looking = this.#look();
    await this.#looking;
  }

  /** Resolves when nothing of it runs any more. Never rejects. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await this.#looking;
  }

  /** The station is about to be answered for its log. `isHello`: it asked what is held, so it may be new here. Never rejects. */
  async beforeAnswer(station: StationId, isHello: boolean): Promise<void> {
    const newest = this.#newest;
    if (newest !== undefined && (isHello || this.#told.get(station) !== newest.sha256))
      await this.#say(station, newest);
  }

  async #look(): Promise<void> {
    const { files, layout, stations, clock, log } = this.#options;
    try {
      const newest = (await readStatements(files, layout, log)).at(-1);
      const isNews = newest !== undefined && newest.sha256 !== this.#newest?.sha256;
      this.#newest = newest ?? this.#newest;
      if (isNews) {
        const { restored_at, complete_until } = newest.restored;
        log.warn('this vault was restored from a backup: stations are told', { restored_at, complete_until });
        for (const station of stations) await this.#say(station, newest);
      }
    } catch (error) {
      log.warn('statements that the vault was restored were not looked for', { error });
    }
    if (this.#isStopped) return;
    this.#cancel = clock.after(RESTORED_LOOK_MS, () => {
      this.#looking = this.#look();
    });
  }

  /** A station that is away hears it when it asks. */
  async #say(station: StationId, { document, sha256 }: Statement): Promise<void> {
    const { sending, log } = this.#options;
    try {
      await sending.restored(station, document);
      this.#told.set(station, sha256);
    } catch (error) {
      log.debug('statement that the vault was restored not sent', { station, error });
    }
  }
}
