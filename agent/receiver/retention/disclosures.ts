// Takes what `open` and `export` left in the vault into the store's log (SPEC 4.11). Whoever may open recordings may write here, so what
// lies here is looked at like any foreign file.
//
// Invariants:
// 1. A disclosure is removed only after its entry is durable; one whose entry is there already is only removed.
// 2. What cannot be read, a document that was left among it (left-documents.ts takes the others), or is about nothing that the vault holds, stays as
//    it is and is told. However much of that lies here keeps nothing else out of the log.
import { join } from 'node:path';
import type { CustodyEvent } from '../../../protocol/custody/custody-entry.ts';
import { isLeftName } from '../../../protocol/documents/left-document.ts';
import { type Disclosure, ORDER_BYTES_MAX, parseDisclosure } from '../../../protocol/documents/order.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { listIfThere, readIfThere, unlinkIfThere } from '../../../protocol/format/durable.ts';
import { DockError, isMachineShort, systemCode } from '../../../protocol/format/errors.ts';
import { isSessionId } from '../../../protocol/format/ids.ts';
import { MANIFEST_BYTES_MAX } from '../../../protocol/format/limits.ts';
import type { Files } from '../../../protocol/format/ports.ts';
import { readStoreLog } from '../custody/log-read.ts';
import { appendStoreEvents, type StoreLogDeps, storeLogFolder } from '../custody/store-log.ts';
import { DOCKING, MANIFEST, type VaultLayout } from '../vault/vault-layout.ts';
import { DISCLOSURES_MAX } from './deps.ts';
import { readLeft } from './left-documents.ts';

const SUFFIX = '.json';
/** How a file is called until it is whole. */
const UNFINISHED = /\.(?:new|tmp)$/;
/** The log is read from so long before the oldest disclosure on: clocks of other machines may differ. */
const EARLIER_MS = 86_400_000;

/** What one go did. */
export interface TakenDisclosures {
  readonly entered: number;
  /** Names that stay because they say nothing that counts. */
  readonly refused: readonly string[];
  /** There are more than one go takes. */
  readonly more: boolean;
}

/** Enters and removes what lies there. Errors: those of appendStoreEvents; the system's. */
export async function takeDisclosures(
  deps: StoreLogDeps & { readonly layout: VaultLayout },
): Promise<TakenDisclosures> {
  const { files, layout } = deps;
  const names = (await listIfThere(files, layout.disclosures)).filter((name) => !UNFINISHED.test(name));
  const refused: string[] = [];
  const found: Disclosure[] = [];
  let looked = 0;
  for (const name of names.toSorted()) {
    if (found.length === DISCLOSURES_MAX) break;
    looked++;
    deps.signal.throwIfAborted();
    const disclosure = isLeftName(name)
      ? (await readLeft(deps, name)) && 'gone'
      : await readDisclosure(deps, name);
    if (disclosure === undefined) refused.push(name.slice(0, 64));
    else if (disclosure !== 'gone') found.push(disclosure);
  }
  const fresh = await notEntered(deps, found);
  if (fresh.length > 0) await appendStoreEvents(deps, fresh.map(eventOf));
  for (const { disclosure } of found)
    await unlinkIfThere(files, join(layout.disclosures, disclosure + SUFFIX));
  if (found.length > 0) await files.syncFolder(layout.disclosures);
  return { entered: fresh.length, refused, more: names.length > looked };
}

/** Undefined where it counts for nothing; `gone` where another process took it. */
async function readDisclosure(
  { files, layout }: { readonly files: Files; readonly layout: VaultLayout },
  name: string,
): Promise<Disclosure | 'gone' | undefined> {
  try {
    const bytes = await readIfThere(files, join(layout.disclosures, name), ORDER_BYTES_MAX);
    if (bytes === undefined) return 'gone';
    const id = name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : '';
    const disclosure = parseDisclosure(bytes);
    if (!isSessionId(id) || disclosure.disclosure !== id) return undefined;
    const folder = layout.recording(disclosure);
    const document =
      (await readIfThere(files, join(folder, MANIFEST), MANIFEST_BYTES_MAX)) ??
      (await readIfThere(files, join(folder, DOCKING), MANIFEST_BYTES_MAX));
    return document !== undefined && sha256Hex(document) === disclosure.manifest_sha256
      ? disclosure
      : undefined;
  } catch (error) {
    const isOfFile = systemCode(error) !== undefined && !isMachineShort(error);
    if (error instanceof DockError || isOfFile) return undefined;
    throw error;
  }
}

/** A cut between entry and removal leaves both. */
async function notEntered(deps: StoreLogDeps, found: readonly Disclosure[]): Promise<Disclosure[]> {
  if (found.length === 0) return [];
  const entered = new Set<unknown>();
  const fromMs = Math.min(...found.map(({ asked_at: at }) => Date.parse(at))) - EARLIER_MS;
  await readStoreLog(deps, storeLogFolder(deps.vaultPath, deps.receiver), fromMs, ({ event, facts }) => {
    if (event === 'disclosed') entered.add(facts['disclosure']);
  });
  return found.filter(({ disclosure }) => !entered.has(disclosure));
}

function eventOf({ station, recording, disclosure, command, reason, asked_at }: Disclosure): CustodyEvent {
  return { event: 'disclosed', facts: { station, recording, disclosure, command, reason, asked_at } };
}
