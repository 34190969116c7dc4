// Disclosures (SPEC 4.11): those that the store's log keeps are listed, and those that no receiver has entered yet are reported once they wait for
// more than a day.
import { join } from 'node:path';
import { isLeftName } from '../../../protocol/documents/left-document.ts';
import { type Disclosure, ORDER_BYTES_MAX, parseDisclosure } from '../../../protocol/documents/order.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { isSessionId } from '../../../protocol/format/ids.ts';
import { listFolder, oddName, type ReadFiles, readSmall } from './read-files.ts';
import { below, finding, note, type Remark } from './remark.ts';
import type { LoggedDisclosure } from './store-log.ts';

/** Where they wait in a vault. */
export const DISCLOSURES = '.disclosures';
/** A receiver that runs enters them within a minute. */
const PENDING_MS = 86_400_000;
const SUFFIX = '.json';

/** One note for each disclosure in the log. */
export function disclosureRemarks(where: string, disclosures: readonly LoggedDisclosure[]): Remark[] {
  return disclosures.map(({ station, recording, command, reason, askedAt }) => {
    const message = `recording ${recording} of ${station}: ${command} at ${askedAt} for ${reason}`;
    return note('disclosure.made', where, message, { recording, command, reason, asked_at: askedAt });
  });
}

/** Disclosures below a vault that wait for more than a day at `nowMs` (ms since 1970). Errors: only those of the machine. */
export async function pendingDisclosures(files: ReadFiles, vault: string, nowMs: number): Promise<Remark[]> {
  const folder = join(vault, DISCLOSURES);
  const names = await listFolder(files, folder, DISCLOSURES);
  if (names === undefined) return [];
  if (!Array.isArray(names)) return [names];
  const remarks: Remark[] = [];
  for (const name of names) {
    if (isLeftName(name)) continue; // counts for nothing before the receiver places it
    if (!isDisclosureName(name)) remarks.push(oddName(DISCLOSURES, name, isDisclosureName));
    else remarks.push(...(await pending(files, folder, name, nowMs)));
  }
  return remarks;
}

function isDisclosureName(name: string): boolean {
  return name.endsWith(SUFFIX) && isSessionId(name.slice(0, -SUFFIX.length));
}

async function pending(files: ReadFiles, folder: string, name: string, nowMs: number): Promise<Remark[]> {
  const where = below(DISCLOSURES, name);
  const read = await readSmall(files, join(folder, name), ORDER_BYTES_MAX);
  if (read.kind === 'missing') return []; // a receiver has just entered it
  if (read.kind !== 'bytes') return [finding('disclosure.refused', where, `${name}: ${read.why}`)];
  const disclosure = parse(read.bytes);
  if (typeof disclosure === 'string') return [finding('disclosure.refused', where, `${name}: ${disclosure}`)];
  const { disclosure: id, recording, command, asked_at: at, reason } = disclosure;
  if (name !== id + SUFFIX) {
    const message = `${name}: it names disclosure ${id}, and no receiver enters it by another name`;
    return [finding('disclosure.refused', where, message, { recording, command, asked_at: at })];
  }
  if (nowMs - Date.parse(at) <= PENDING_MS) return [];
  const message = `recording ${recording}: ${command} at ${at} for ${reason}, not in the store's log yet`;
  return [note('disclosure.pending', where, message, { recording, command, asked_at: at })];
}

function parse(bytes: Uint8Array): Disclosure | string {
  try {
    return parseDisclosure(bytes);
  } catch (error) {
    if (error instanceof DockError) return error.message;
    throw error;
  }
}
