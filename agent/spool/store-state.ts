// What a station must not forget of its store (SPEC 6.10, 8.13), in the spool's file `store.json`: which vault its receipts are of, that it is behind
// what it had signed for, the statement that it was restored, and which recordings it lacks since then for good.
import * as z from 'zod';
import * as d from '../../protocol/documents/document.ts';
import { encodeUtf8, parseUtf8 } from '../../protocol/format/bytes.ts';
import { readIfThere, replaceDurable } from '../../protocol/format/durable.ts';
import { isMachineShort, systemCode } from '../../protocol/format/errors.ts';
import { isRecordingId, type RecordingId } from '../../protocol/format/ids.ts';
import type { Files } from '../../protocol/format/ports.ts';
import { withReserve } from '../platform/reserve.ts';
import type { GivesSpace } from '../platform/reserve.ts';
import type { SpoolLayout } from './layout.ts';

/** Recordings whose copy was reclaimed between two backups: weeks of a busy station. */
export const STORE_LOST_MAX = 50_000;
const FILE_BYTES_MAX = 4 * 1024 * 1024;

const stateSchema = z.strictObject({
  version: z.literal(1),
  /** The store signs for entry `shown` of a segment of our log, and had signed for `acknowledged`; nulls where this file was damaged. */
  behind: z
    .strictObject({
      segment: d.segmentIdSchema.nullable(),
      acknowledged: z.int().nullable(),
      shown: z.int().nullable(),
    })
    .nullable(),
  /** The newest statement that is followed; `offered`: all that was here then was taken back. */
  restored: z
    .strictObject({
      receiver: d.receiverIdSchema,
      vault: d.sessionIdSchema,
      sha256: d.sha256Schema,
      restored_at: d.instantSchema,
      complete_until: d.instantSchema,
      offered: z.boolean(),
    })
    .nullable(),
  /** Receipted after `complete_until`, and reclaimed: only a camera may still have the file. */
  lost: z.array(d.recordingIdSchema).max(STORE_LOST_MAX),
  /** The vault of the first receipt that counted, and the receivers that gave one of it; null until then. */
  pinned: z
    .strictObject({ vault: d.sessionIdSchema, receivers: z.array(d.receiverIdSchema) })
    .nullable()
    .default(null),
});
export type StoreState = z.infer<typeof stateSchema>;
/** A statement that is followed. */
export type FollowedStatement = NonNullable<StoreState['restored']>;

export const NOTHING_KNOWN: StoreState = { version: 1, behind: null, restored: null, lost: [], pinned: null };
/** As long as nobody knows whether the store is behind it counts as that. The store says its statement again at each connect. */
const DAMAGED: StoreState = {
  ...NOTHING_KNOWN,
  behind: { segment: null, acknowledged: null, shown: null },
};

/** What the last run knew. Errors: the machine's; the system's, where the disk does not read. */
export async function readStoreState(
  files: Pick<Files, 'readAll'>,
  { store }: Pick<SpoolLayout, 'store'>,
): Promise<StoreState> {
  try {
    const bytes = await readIfThere(files, store, FILE_BYTES_MAX);
    if (bytes === undefined) return NOTHING_KNOWN;
    return stateSchema.safeParse(JSON.parse(parseUtf8(bytes) ?? '')).data ?? DAMAGED;
  } catch (error) {
    if (error instanceof SyntaxError) return DAMAGED;
    if (isMachineShort(error) || !['EFBIG', 'EISDIR', 'ELOOP'].includes(systemCode(error) ?? '')) throw error;
    return DAMAGED;
  }
}

/** Durably; a full disk gives up its reserve for it. Errors: the system's. */
export async function writeStoreState(
  files: Files,
  { root, store }: Pick<SpoolLayout, 'root' | 'store'>,
  state: StoreState,
  reserve?: GivesSpace,
): Promise<void> {
  await withReserve(reserve, () => replaceDurable(files, store, encodeUtf8(JSON.stringify(state))));
  await files.syncFolder(root);
}

/**
 * What 0.1.0 marked in `asked/` because its store had asked for it again: names of recordings without another receipt. The marks go with
 * `removeMarks`. Errors: the system's.
 */
export async function readMarks(files: Files, { asked }: Pick<SpoolLayout, 'asked'>): Promise<RecordingId[]> {
  if ((await files.stat(asked))?.kind !== 'folder') return [];
  return (await files.list(asked)).filter(isRecordingId);
}

/** Errors: the system's. */
export async function removeMarks(
  files: Files,
  { root, asked }: Pick<SpoolLayout, 'root' | 'asked'>,
): Promise<void> {
  if ((await files.stat(asked)) === undefined) return;
  await files.removeTree(asked);
  await files.syncFolder(root);
}
