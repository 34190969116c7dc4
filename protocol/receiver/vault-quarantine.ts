// Where a vault puts what is odd or refused, each with a note that says what it was and why. Nothing here is ever removed by us.
import { basename, join, relative } from 'node:path';
import { encodeUtf8 } from '../bytes.ts';
import { ensureFolder, writeAnew } from '../durable.ts';
import { makeSessionId } from '../ids.ts';
import type { Clock, Files, Log, Random } from '../ports.ts';
import type { FolderSyncs } from '../folder-syncs.ts';
import { NOTES_MAX } from './limits.ts';
import type { VaultLayout } from './vault-layout.ts';

const NOTE_SUFFIX = '.json';

export interface QuarantineOptions {
  readonly files: Files;
  readonly layout: VaultLayout;
  readonly syncs: FolderSyncs;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** The vault's quarantine. */
export class VaultQuarantine {
  readonly #options: QuarantineOptions;
  #notes = 0;
  #listed: Promise<void> | undefined;

  constructor(options: QuarantineOptions) {
    this.#options = options;
  }

  /** Moves a file or folder of the vault here. Errors: the system's. */
  async setAside(path: string, reason: string): Promise<void> {
    const { files, layout, syncs, random, log } = this.#options;
    const from = relative(layout.root, path);
    const name = `${makeSessionId(random)}-${basename(path).slice(0, 64)}`;
    log.warn('set aside', { from, reason, quarantine: name });
    await ensureFolder(files, layout.quarantine);
    await this.#write(name, { from, reason });
    await files.rename(path, join(layout.quarantine, name));
    await syncs.sync(layout.quarantine);
  }

  /** Writes a note, and the bytes that it is about, unless there are NOTES_MAX already. Errors: the system's. */
  async note(facts: Readonly<Record<string, string | number | null>>, bytes?: Uint8Array): Promise<void> {
    const { files, layout, syncs, random } = this.#options;
    await ensureFolder(files, layout.quarantine);
    await this.#countOnce();
    if (this.#notes >= NOTES_MAX) return;
    this.#notes++; // before the next wait: others come meanwhile
    const name = makeSessionId(random);
    if (bytes !== undefined) await writeAnew(files, join(layout.quarantine, name), bytes);
    await this.#write(name, facts);
    await syncs.sync(layout.quarantine);
  }

  /** A count that failed is none: the next note tries again. */
  async #countOnce(): Promise<void> {
    const { files, layout } = this.#options;
    this.#listed ??= files.list(layout.quarantine).then((names) => {
      this.#notes = names.length;
    });
    await this.#listed.catch((error: unknown) => {
      this.#listed = undefined;
      throw error;
    });
  }

  async #write(name: string, facts: Readonly<Record<string, string | number | null>>): Promise<void> {
    const { files, layout, clock } = this.#options;
    const note = { at: new Date(clock.wallMs()).toISOString(), ...facts };
    await writeAnew(files, join(layout.quarantine, name + NOTE_SUFFIX), encodeUtf8(JSON.stringify(note)));
  }
}
