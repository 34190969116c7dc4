// What a station must not forget of its store (SPEC 6.10, 8.13). The spool's file `store.json`, which most spools never have: that the store is behind
// what it had signed for, the statement that it was restored, and which recordings it lacks since then for good. `pinned.json`: which vault its
// receipts are of.
import { basename, join } from 'node:path';
import * as z from 'zod';
import * as d from '../../protocol/documents/document.ts';
import type { PublicKey } from '../../protocol/documents/minisign.ts';
import { encodeUtf8, parseUtf8, sha256Hex } from '../../protocol/format/bytes.ts';
import { readIfThere, replaceDurable } from '../../protocol/format/durable.ts';
import { describeError, isMachineShort, systemCode } from '../../protocol/format/errors.ts';
import { isRecordingId, type RecordingId } from '../../protocol/format/ids.ts';
import type { Files } from '../../protocol/format/ports.ts';
import { type GivesSpace, withReserve } from '../platform/reserve.ts';
import type { Catalogue } from './catalogue.ts';
import type { Findings } from './findings.ts';
import { readFacts } from './judge.ts';
import type { SpoolLayout } from './layout.ts';
import type { Withdrawn } from './leaving.ts';
import { freeName } from './recovery.ts';
import type { ReleasedRows } from './released-rows.ts';
import { CatalogueEntry } from './spooled-recording.ts';
import { removeReceipt } from './stored-receipts.ts';

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
});

const pinnedSchema = z.strictObject({
  vault: d.sessionIdSchema,
  receivers: z.array(d.receiverIdSchema),
  /** Of the two above (pinnedDigest): a turned bit must not name another vault, of which no receipt ever comes. */
  sha256: d.sha256Schema,
});
/** The vault of the first receipt that counted, and the receivers that gave one of it. */
export type PinnedVault = Readonly<Omit<z.infer<typeof pinnedSchema>, 'sha256'>>;

/** `pinned` is null until a receipt counts, or where nobody can read it. */
export type StoreState = z.infer<typeof stateSchema> & { readonly pinned: PinnedVault | null };
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
  layout: Pick<SpoolLayout, 'store' | 'pinned'>,
): Promise<StoreState> {
  const pinned = await readPinned(files, layout);
  try {
    const bytes = await readIfThere(files, layout.store, FILE_BYTES_MAX);
    if (bytes === undefined) return { ...NOTHING_KNOWN, pinned };
    const known = stateSchema.safeParse(JSON.parse(parseUtf8(bytes) ?? '')).data ?? DAMAGED;
    return { ...known, pinned };
  } catch (error) {
    const isDamage =
      error instanceof SyntaxError || ['EFBIG', 'EISDIR', 'ELOOP'].includes(systemCode(error) ?? '');
    if (isMachineShort(error) || !isDamage) throw error;
    return { ...DAMAGED, pinned };
  }
}

/** Null where it is not there or cannot be read: the next receipt of a listed receiver pins its vault then. Errors: the machine's. */
async function readPinned(
  files: Pick<Files, 'readAll'>,
  { pinned: path }: Pick<SpoolLayout, 'pinned'>,
): Promise<PinnedVault | null> {
  try {
    const bytes = await readIfThere(files, path, FILE_BYTES_MAX);
    const read = bytes && pinnedSchema.safeParse(JSON.parse(parseUtf8(bytes) ?? '')).data;
    if (read === undefined) return null;
    const { sha256, ...pinned } = read;
    return sha256 === pinnedDigest(pinned) ? pinned : null;
  } catch (error) {
    if (isMachineShort(error)) throw error;
    return null;
  }
}

/** Of its JSON text, vault first. */
function pinnedDigest({ vault, receivers }: PinnedVault): string {
  return sha256Hex(encodeUtf8(JSON.stringify({ vault, receivers })));
}

/** Durably; a full disk gives up its reserve for it. Errors: the system's. */
export async function writeStoreState(
  files: Files,
  { root, store }: Pick<SpoolLayout, 'root' | 'store'>,
  { version, behind, restored, lost }: StoreState,
  reserve?: GivesSpace,
): Promise<void> {
  const known: z.infer<typeof stateSchema> = { version, behind, restored, lost };
  await withReserve(reserve, () => replaceDurable(files, store, encodeUtf8(JSON.stringify(known))));
  await files.syncFolder(root);
}

/** The same of the vault alone. Errors: the system's. */
export async function writePinned(
  files: Files,
  { root, pinned: path }: Pick<SpoolLayout, 'root' | 'pinned'>,
  pinned: PinnedVault,
  reserve?: GivesSpace,
): Promise<void> {
  const text = JSON.stringify({ ...pinned, sha256: pinnedDigest(pinned) });
  await withReserve(reserve, () => replaceDurable(files, path, encodeUtf8(text)));
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

// What a start makes of what the last run knew of the store: recordings that the store lacks for good are withdrawn, and what 0.1.0 had marked as
// asked for again is offered again, once.

interface Recovered {
  readonly files: Files;
  readonly layout: SpoolLayout;
  readonly catalogue: Catalogue;
  readonly rows: ReleasedRows;
  readonly withdrawn: Withdrawn;
  readonly stationKeys: readonly PublicKey[];
  readonly findings: Findings;
}

/** Errors: the machine's; the system's, where the disk does not read. */
export async function openStoreState(spool: Recovered): Promise<StoreState> {
  const { files, layout, findings } = spool;
  let state = await readStoreState(files, layout);
  for (const path of [layout.store, layout.pinned]) {
    if ((await files.stat(path))?.kind !== 'folder') continue;
    await files.rename(path, await freeName(files, `${path}.odd`));
    findings.add('left', basename(path), 'was not a file');
  }
  if (state.pinned === null && (await files.stat(layout.pinned)) !== undefined)
    findings.add(
      'left',
      basename(layout.pinned),
      'cannot be read: the next receipt says again which vault counts',
    );
  state = await takeOverMarks(spool, state);
  for (const recording of state.lost) await withdraw(spool, recording);
  return state;
}

/** Of what the disk does not take now the marks stay for the next start; in this run it counts all the same. Errors: the machine's. */
async function takeOverMarks(spool: Recovered, before: StoreState): Promise<StoreState> {
  const { files, layout, catalogue, rows, findings } = spool;
  let state = before;
  try {
    const marked = await readMarks(files, layout);
    const lost = marked.filter((recording) => rows.has(recording));
    if (lost.length > 0) state = { ...state, lost: [...new Set([...state.lost, ...lost])] };
    const here = marked.flatMap((recording) => catalogue.get(recording) ?? []);
    for (const entry of here) {
      if (entry.state !== 'receipted') continue;
      entry.state = 'spooled';
      await removeReceipt(files, entry.folder);
    }
    if (lost.length > 0) await writeStoreState(files, layout, state);
    await removeMarks(files, layout);
  } catch (error) {
    if (isMachineShort(error)) throw error;
    findings.add('failed', 'asked', `marks of an earlier version stay: ${describeError(error)}`);
  }
  return state;
}

/** One of which only the documents are left; where they cannot be used, it is known no more all the same. */
async function withdraw(spool: Recovered, recording: RecordingId): Promise<void> {
  const { files, layout, rows, withdrawn, stationKeys } = spool;
  if (!rows.has(recording)) return;
  try {
    const { facts } = await readFacts(files, join(layout.released, recording), recording, stationKeys);
    withdrawn.add(new CatalogueEntry(facts, 'released', layout));
  } catch (error) {
    if (isMachineShort(error)) throw error;
  }
  rows.remove(recording);
}
