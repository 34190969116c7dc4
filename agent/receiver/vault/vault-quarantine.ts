// Where a vault puts what is odd or refused, each with a note that says what it was and why. Nothing here is ever removed by us.
//
// Notes about what was refused are bounded, as their names tell: `<id>.<signed or claimed>.<station>.json`. What anybody may send has a bound of its
// own, and so has each station: nobody keeps out the evidence about another one, or about himself, by filling the notes first.
import { basename, join, relative } from 'node:path';
import { encodeUtf8 } from '../../../protocol/format/bytes.ts';
import { ensureFolder, writeAnew } from '../../../protocol/format/durable.ts';
import { makeSessionId } from '../../../protocol/format/ids.ts';
import type { Clock, Files, Log, Random } from '../../../protocol/format/ports.ts';
import type { FolderSyncs } from '../../../protocol/format/folder-syncs.ts';
import { NOTES_MAX, NOTES_PER_STATION_MAX } from '../limits.ts';
import type { VaultNote } from './vault.ts';
import type { VaultLayout } from './vault-layout.ts';

const NOTE_SUFFIX = '.json';
/** In place of a station's id, which has no underscore. */
const NO_STATION = '_';
const NOTE_NAME = /^[a-z2-7]{26}\.((?:signed|claimed)\.[a-z0-9_-]{1,32})\.json$/;

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
  /** Of each kind and station, as in a name. */
  readonly #notes = new Map<string, number>();
  #listed: Promise<void> | undefined;

  constructor(options: QuarantineOptions) {
    this.#options = options;
  }

  /** Moves a file or folder of the vault here. Errors: the system's. */
  async setAside(path: string, reason: string): Promise<void> {
    const { files, layout, syncs, random, log } = this.#options;
    const from = relative(layout.root, path);
    const name = `${makeSessionId(random)}-${basename(path).slice(0, 64)}`;
    log.warn('quarantined', { from, reason, quarantine: name });
    await ensureFolder(files, layout.quarantine);
    await this.#write(name, { from, reason });
    await files.rename(path, join(layout.quarantine, name));
    await syncs.sync(layout.quarantine);
  }

  /** Writes a note, and the bytes that it is about, where there is room for more. Errors: the system's. */
  async note({ station, isSigned, facts, bytes }: VaultNote): Promise<void> {
    const { files, layout, syncs, random } = this.#options;
    await ensureFolder(files, layout.quarantine);
    await this.#countOnce();
    const kind = isSigned ? 'signed' : 'claimed';
    const key = `${kind}.${station ?? NO_STATION}`;
    if (!this.#hasRoom(kind, key)) return; // whoever refused it logs it
    this.#count(key); // before the next wait: others come meanwhile
    const name = `${makeSessionId(random)}.${key}`;
    if (bytes !== undefined) await writeAnew(files, join(layout.quarantine, name), bytes);
    await this.#write(name, facts);
    await syncs.sync(layout.quarantine);
  }

  #hasRoom(kind: string, key: string): boolean {
    if ((this.#notes.get(key) ?? 0) >= NOTES_PER_STATION_MAX) return false;
    const all = [...this.#notes].filter(([each]) => each.startsWith(`${kind}.`));
    return all.reduce((sum, [, count]) => sum + count, 0) < NOTES_MAX;
  }

  #count(key: string): void {
    this.#notes.set(key, (this.#notes.get(key) ?? 0) + 1);
  }

  /** A count that failed is none: the next note tries again. */
  async #countOnce(): Promise<void> {
    const { files, layout } = this.#options;
    this.#listed ??= files.list(layout.quarantine).then((names) => {
      for (const name of names) {
        const key = NOTE_NAME.exec(name)?.[1];
        if (key !== undefined) this.#count(key);
      }
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
