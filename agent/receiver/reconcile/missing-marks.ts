// What was receipted and is not in this vault (SPEC 6.10), as small files `<vault>/.missing/<station>/<recording>.json`. A mark says what an
// entry of the station's log said; whether it still holds is for others to look at.
import { join } from 'node:path';
import * as z from 'zod';
import { encodeUtf8, parseUtf8 } from '../../../protocol/format/bytes.ts';
import * as d from '../../../protocol/documents/document.ts';
import {
  ensureFolder,
  listIfThere,
  readIfThere,
  unlinkIfThere,
  writeAnew,
} from '../../../protocol/format/durable.ts';
import { DockError, systemCode } from '../../../protocol/format/errors.ts';
import {
  isRecordingId,
  isStationId,
  type ReceiverId,
  type RecordingId,
  type StationId,
} from '../../../protocol/format/ids.ts';
import type { Files } from '../../../protocol/format/ports.ts';
import type { RecordingName } from '../vault/vault.ts';
import { TEMPORARY, type VaultLayout } from '../vault/vault-layout.ts';
import type { LoggedReceipt } from './log-fates.ts';

const SUFFIX = '.json';
const MARK_BYTES_MAX = 4096;
/** Marks of one station; what is missing beyond them is told to the log, and `reconcile` lists all of it. */
export const MISSING_PER_STATION_MAX = 10_000;

const markSchema = z.strictObject({
  receiver: d.receiverIdSchema,
  receipt_sha256: d.sha256Schema,
  receipted_at: d.instantSchema,
  found_at: d.instantSchema,
  /** A person has seen that it is lost. */
  acknowledged: z.strictObject({ at: d.instantSchema, reason: z.string().max(64) }).nullable(),
});
/** One mark; `receipted_at` is the time of the log's entry. */
export type MissingMark = z.infer<typeof markSchema>;

/** The mark of what was given that receipt, found to be missing at `foundMs` (UTC). */
export function markOf(
  { receiver, sha256, at }: LoggedReceipt,
  foundMs: number,
  acknowledged: MissingMark['acknowledged'] = null,
): MissingMark {
  return {
    receiver: receiver as ReceiverId,
    receipt_sha256: sha256,
    receipted_at: at,
    found_at: new Date(foundMs).toISOString(),
    acknowledged,
  };
}

/** The marks of one vault. Errors of all: the system's. */
export class MissingMarks {
  readonly #files: Files;
  readonly #layout: VaultLayout;

  constructor(files: Files, layout: VaultLayout) {
    this.#files = files;
    this.#layout = layout;
  }

  /** Stations with marks. */
  async stations(): Promise<StationId[]> {
    return (await listIfThere(this.#files, this.#layout.missing)).filter(isStationId);
  }

  /** All marks of a station, at most MISSING_PER_STATION_MAX; what does not parse is none. */
  async of(station: StationId): Promise<Map<RecordingId, MissingMark>> {
    return (await this.read(station)).marks;
  }

  /** The same, with the names of those that do not parse: these recordings are missing, and only the log can say what was given for them. */
  async read(
    station: StationId,
  ): Promise<{ readonly marks: Map<RecordingId, MissingMark>; readonly damaged: Set<RecordingId> }> {
    const folder = this.#folder(station);
    const marks = new Map<RecordingId, MissingMark>();
    const damaged = new Set<RecordingId>();
    for (const name of (await listIfThere(this.#files, folder)).toSorted()) {
      const recording = name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : '';
      if (!isRecordingId(recording) || marks.size + damaged.size >= MISSING_PER_STATION_MAX) continue;
      const mark = await this.#read(join(folder, name));
      if (mark === undefined) damaged.add(recording);
      else if (mark !== 'gone') marks.set(recording, mark);
    }
    return { marks, damaged };
  }

  /** Makes marks durable; one that is there is replaced. */
  async put(station: StationId, marks: Iterable<readonly [RecordingId, MissingMark]>): Promise<void> {
    const folder = this.#folder(station);
    await ensureFolder(this.#files, this.#layout.missing);
    await ensureFolder(this.#files, folder);
    for (const [recording, mark] of marks) {
      const path = join(folder, recording + SUFFIX);
      await writeAnew(this.#files, path + TEMPORARY, encodeUtf8(JSON.stringify(mark)));
      await this.#makeWay(path);
      await this.#files.rename(path + TEMPORARY, path);
    }
    for (const path of [folder, this.#layout.missing, this.#layout.root]) await this.#files.syncFolder(path);
  }

  /** Removes a mark durably; that it is not there is no error. */
  async remove({ station, recording }: RecordingName): Promise<void> {
    const folder = this.#folder(station);
    await unlinkIfThere(this.#files, join(folder, recording + SUFFIX));
    await this.#files.syncFolder(folder);
  }

  /** What is no file is moved aside: a file cannot take its place. */
  async #makeWay(path: string): Promise<void> {
    const found = await this.#files.stat(path);
    if (found !== undefined && found.kind !== 'file') await this.#files.rename(path, `${path}.odd`);
  }

  /** Undefined where the mark is damaged; 'gone' where it was removed meanwhile. Errors: the system's, of a disk that cannot read now. */
  async #read(path: string): Promise<MissingMark | 'gone' | undefined> {
    try {
      const bytes = await readIfThere(this.#files, path, MARK_BYTES_MAX);
      return bytes === undefined ? 'gone' : parse(bytes);
    } catch (error) {
      if (['EFBIG', 'EISDIR', 'ELOOP'].includes(systemCode(error) ?? '')) return undefined;
      throw error;
    }
  }

  #folder(station: StationId): string {
    return join(this.#layout.missing, station);
  }
}

function parse(bytes: Uint8Array): MissingMark | undefined {
  try {
    return markSchema.safeParse(JSON.parse(parseUtf8(bytes) ?? '')).data;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof DockError) return undefined;
    throw error;
  }
}
