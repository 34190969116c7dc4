// Receipts that stations do not count any more because we asked for what they were given for (SPEC 6.10), as small files
// `<vault>/.missing/<station>/<recording>.asked`: a digest a line. Only a station's own log makes one, so nobody else takes a receipt back.
import { join } from 'node:path';
import { encodeUtf8, parseUtf8 } from '../../../protocol/format/bytes.ts';
import { ensureFolder, listIfThere, readIfThere, writeAnew } from '../../../protocol/format/durable.ts';
import { systemCode } from '../../../protocol/format/errors.ts';
import type { RecordingId, StationId } from '../../../protocol/format/ids.ts';
import type { Files } from '../../../protocol/format/ports.ts';
import type { RecordingName } from '../vault/vault.ts';
import { TEMPORARY, type VaultLayout } from '../vault/vault-layout.ts';
import { MISSING_PER_STATION_MAX } from './missing-marks.ts';

const SUFFIX = '.asked';
/** A vault is put back seldom. */
const DIGESTS_MAX = 32;
const FILE_BYTES_MAX = DIGESTS_MAX * 65;

/** Of one vault. Errors of all: the system's. */
export class TakenBack {
  readonly #files: Files;
  readonly #layout: VaultLayout;

  constructor(files: Files, layout: VaultLayout) {
    this.#files = files;
    this.#layout = layout;
  }

  /** Digests of receipts of that name that count no more; a file that cannot be read names none. */
  async of(name: RecordingName): Promise<ReadonlySet<string>> {
    try {
      const bytes = await readIfThere(this.#files, this.#path(name), FILE_BYTES_MAX);
      return new Set((parseUtf8(bytes ?? new Uint8Array(0)) ?? '').split('\n').filter((line) => line !== ''));
    } catch (error) {
      if (['EFBIG', 'EISDIR', 'ELOOP'].includes(systemCode(error) ?? '')) return new Set();
      throw error;
    }
  }

  /** Makes them durable. Where a station has very many, what is more is not kept: its log is hostile, or its store was put back for years. */
  async put(station: StationId, taken: ReadonlyMap<RecordingId, ReadonlySet<string>>): Promise<void> {
    const folder = join(this.#layout.missing, station);
    await ensureFolder(this.#files, this.#layout.missing);
    await ensureFolder(this.#files, folder);
    const names = await listIfThere(this.#files, folder);
    let room = MISSING_PER_STATION_MAX - names.filter((name) => name.endsWith(SUFFIX)).length;
    for (const [recording, digests] of taken) {
      const known = await this.of({ station, recording });
      const all = new Set([...known, ...digests]);
      if (all.size === known.size || (known.size === 0 && room-- <= 0)) continue;
      const path = this.#path({ station, recording });
      const lines = [...all].slice(-DIGESTS_MAX).map((line) => `${line}\n`);
      await writeAnew(this.#files, path + TEMPORARY, encodeUtf8(lines.join('')));
      await this.#files.rename(path + TEMPORARY, path);
    }
    for (const path of [folder, this.#layout.missing, this.#layout.root]) await this.#files.syncFolder(path);
  }

  #path({ station, recording }: RecordingName): string {
    return join(this.#layout.missing, station, recording + SUFFIX);
  }
}
