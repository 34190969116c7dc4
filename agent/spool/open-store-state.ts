// What a start makes of what the last run knew of the store: recordings that the store lacks for good are withdrawn, and what 0.1.0 had marked as
// asked for again is offered again, once.
import { join } from 'node:path';
import { describeError, isMachineShort } from '../../protocol/format/errors.ts';
import type { RecordingId } from '../../protocol/format/ids.ts';
import type { PublicKey } from '../../protocol/documents/minisign.ts';
import type { Files } from '../../protocol/format/ports.ts';
import type { Catalogue } from './catalogue.ts';
import { freeName } from './recovery.ts';
import type { Findings } from './findings.ts';
import { readFacts } from './judge.ts';
import type { SpoolLayout } from './layout.ts';
import { removeReceipt } from './receipts.ts';
import type { ReleasedRows } from './released-rows.ts';
import { CatalogueEntry } from './spooled-recording.ts';
import { readMarks, readStoreState, removeMarks, writeStoreState, type StoreState } from './store-state.ts';
import type { Withdrawn } from './withdrawn.ts';

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
  if ((await files.stat(layout.store))?.kind === 'folder') {
    await files.rename(layout.store, await freeName(files, `${layout.store}.odd`));
    findings.add('left', 'store.json', 'was not a file');
  }
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
