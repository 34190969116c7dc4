// Exclusive leases over all receivers on one vault of files.
//
// Invariants:
// 1. What is leased is a folder that holds one folder named `<epoch>.<holder>`. Taking the lease is one rename of that inner folder, so
//    of several takers one succeeds, and the path of whoever held it before is gone.
// 2. Who let go in order left the holder `free`. Any other name there, of one who ended or of `dirty`, says that it is not known what of the
//    bytes reached the medium: a sync that failed is told once, to a process that may be gone.
// 3. An epoch is higher than all before it; the wall clock lifts it above what a vault restored from a backup has forgotten.
import { basename, dirname, join } from 'node:path';
import { ensureFolder, listIfThere } from '../../../protocol/format/durable.ts';
import { systemCode } from '../../../protocol/format/errors.ts';
import type { SessionId } from '../../../protocol/format/ids.ts';
import type { Clock, Files } from '../../../protocol/format/ports.ts';
import type { VaultBeats } from './vault-beats.ts';
import {
  DIRTY,
  encodeWorkName,
  FREE,
  parseWorkName,
  type VaultLayout,
  type WorkName,
} from './vault-layout.ts';
import type { VaultQuarantine } from './vault-quarantine.ts';

export interface LeasesOptions {
  readonly files: Files;
  readonly layout: VaultLayout;
  readonly clock: Clock;
  readonly beats: VaultBeats;
  readonly quarantine: VaultQuarantine;
  /** This run of the receiver. */
  readonly instance: SessionId;
}

/** What taking a lease gives. */
export interface TakenLease {
  /** Higher than all before it. */
  readonly epoch: number;
  /** The last holder let go in order, or there was none. */
  readonly clean: boolean;
}

/** Takes and gives back leases on folders below `.incoming/<station>`. */
export class VaultLeases {
  readonly #options: LeasesOptions;

  constructor(options: LeasesOptions) {
    this.#options = options;
  }

  /** Undefined while another living receiver holds it, or was faster. Errors: the system's. */
  async take(folder: string): Promise<TakenLease | undefined> {
    try {
      return await this.#take(folder);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined; // renamed by another receiver in between
      throw error;
    }
  }

  /** Whether this run still holds it. Errors: the system's. */
  async holds(folder: string, epoch: number): Promise<boolean> {
    const path = join(folder, encodeWorkName({ epoch, holder: this.#options.instance }));
    return (await this.#options.files.stat(path)) !== undefined;
  }

  /** Never rejects: what cannot be given back ages. */
  async giveBack(folder: string, { epoch, clean }: TakenLease): Promise<void> {
    const from = join(folder, encodeWorkName({ epoch, holder: this.#options.instance }));
    const to = join(folder, encodeWorkName({ epoch, holder: clean ? FREE : DIRTY }));
    await this.#options.files.rename(from, to).catch(() => undefined);
  }

  async #take(folder: string): Promise<TakenLease | undefined> {
    const { files, beats, clock, instance } = this.#options;
    const found = await this.#newest(folder);
    if (found !== undefined && !(await beats.mayTake(found.holder))) return undefined;
    const epoch = Math.max((found?.epoch ?? 0) + 1, Math.floor(clock.wallMs()));
    const held = encodeWorkName({ epoch, holder: instance });
    if (found === undefined) return (await this.#begin(folder, held)) ? { epoch, clean: true } : undefined;
    await files.rename(join(folder, encodeWorkName(found)), join(folder, held));
    return { epoch, clean: found.holder === FREE };
  }

  /** What begins is prepared aside and put in place by one rename, which only the first receiver can do. */
  async #begin(folder: string, held: string): Promise<boolean> {
    const { files, layout, instance } = this.#options;
    const station = basename(dirname(folder));
    const prepared = join(layout.preparing, `${instance}-${station}-${basename(folder)}`);
    await ensureFolder(files, prepared);
    await ensureFolder(files, join(prepared, held));
    try {
      await files.rename(prepared, folder);
      return true;
    } catch (error) {
      await files.removeTree(prepared);
      if (['ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '')) return false;
      throw error;
    }
  }

  /** What lies there. Odd names, and what is older than the newest, are set aside. */
  async #newest(folder: string): Promise<WorkName | undefined> {
    const entries = await listIfThere(this.#options.files, folder);
    const works = entries.map(parseWorkName).filter((work) => work !== undefined);
    const newest = works.toSorted((a, b) => b.epoch - a.epoch)[0];
    const kept = newest === undefined ? undefined : encodeWorkName(newest);
    for (const entry of entries)
      if (entry !== kept)
        await this.#options.quarantine.setAside(join(folder, entry), 'no work of this recording');
    return newest;
  }
}
