// What a start finds in `docked/`: journals of dockings that a cut left open, and what is not whole. Takes any state.
//
// Invariants:
// 1. Unfinished writes, records that were being made and removed ones are ours and were claimed to nobody: they are removed.
// 2. A damaged journal goes to the quarantine; its docking is told all the same, for the record that the custody log can still prove.
// 3. Names that are not ours go to the quarantine. Nothing else is deleted.
import { join } from 'node:path';
import { UNFINISHED_SUFFIX } from '../../protocol/format/durable.ts';
import { describeError, isMachineShort } from '../../protocol/format/errors.ts';
import { isDockingId, type DockingId } from '../../protocol/format/ids.ts';
import type { Files, Log } from '../../protocol/format/ports.ts';
import { lookPatiently } from '../platform/look-patiently.ts';
import { Findings, type RecoveryFinding } from '../spool/findings.ts';
import { GOING_SUFFIX, MAKING_SUFFIX, type DocumentSpool } from '../spool/document-store.ts';
import {
  INVENTORY_SUFFIX,
  OPENING_SUFFIX,
  readInventory,
  readOpening,
  type StoredInventory,
  type JournalOpening,
} from './journal-files.ts';

/** Journals that one start takes; a station has a few bays, and each leaves one. More names than that were not made by us. */
const JOURNALS_MAX = 1000;

export interface JournalRecoveryDeps {
  readonly files: Files;
  readonly spool: DocumentSpool;
  readonly log: Log;
}

/** A docking that has no end yet, with what of its journal is whole. */
export interface OpenDocking {
  readonly docking: DockingId;
  readonly opening: JournalOpening | undefined;
  readonly inventory: StoredInventory | undefined;
}

/** Errors: the system's where the folder cannot be listed; the machine's ("EMFILE" ...). */
export async function recoverJournals(
  deps: JournalRecoveryDeps,
): Promise<{ open: readonly OpenDocking[]; findings: readonly RecoveryFinding[] }> {
  const recovery = new JournalRecovery(deps);
  const open = await recovery.run();
  return { open, findings: recovery.findings.list() };
}

class JournalRecovery {
  readonly findings: Findings;
  readonly #deps: JournalRecoveryDeps;

  constructor(deps: JournalRecoveryDeps) {
    this.#deps = deps;
    this.findings = new Findings(deps.log);
  }

  async run(): Promise<OpenDocking[]> {
    const { files, spool } = this.#deps;
    const { docked } = spool.layout;
    const found = new Set<DockingId>();
    let moves = 0;
    for (const name of (await files.list(docked)).sort()) {
      const path = join(docked, name);
      if (isUnfinished(name)) await this.#remove(path, name);
      else if (ownerOf(name) !== undefined && found.size < JOURNALS_MAX)
        found.add(ownerOf(name) as DockingId);
      else if (moves++ < JOURNALS_MAX) await this.#aside(path, name, 'not a journal of a docking');
    }
    const open: OpenDocking[] = [];
    for (const docking of found) open.push(await this.#read(docking));
    return open;
  }

  async #read(docking: DockingId): Promise<OpenDocking> {
    const { files, spool } = this.#deps;
    const { docked } = spool.layout;
    return {
      docking,
      opening: await this.#whole(docking + OPENING_SUFFIX, () => readOpening(files, docked, docking)),
      inventory: await this.#whole(docking + INVENTORY_SUFFIX, () => readInventory(files, docked, docking)),
    };
  }

  /** What the file holds; undefined where there is none. A damaged one is moved aside. Errors: the machine's. */
  async #whole<T>(name: string, read: () => Promise<T | undefined>): Promise<T | undefined> {
    const { files, spool } = this.#deps;
    const path = join(spool.layout.docked, name);
    try {
      const found = await lookPatiently(async () =>
        (await files.stat(path)) === undefined ? 'none' : { whole: await read() },
      );
      if (found === 'none') return undefined;
      if (found.whole === undefined) await this.#aside(path, name, 'damaged journal of a docking');
      return found.whole;
    } catch (error) {
      if (isMachineShort(error)) throw error;
      await this.#aside(path, name, `unreadable journal of a docking: ${describeError(error)}`);
      return undefined;
    }
  }

  async #remove(path: string, name: string): Promise<void> {
    try {
      await this.#deps.files.removeTree(path);
    } catch (error) {
      this.findings.add('failed', name, describeError(error));
    }
  }

  async #aside(path: string, name: string, reason: string): Promise<void> {
    try {
      const moved = await this.#deps.spool.setAside(path, reason, name);
      if (moved === undefined) this.findings.add('left', name, `${reason}; its name cannot be used`);
      else this.findings.add('quarantined', moved, reason);
    } catch (error) {
      this.findings.add('failed', name, describeError(error));
    }
  }
}

function isUnfinished(name: string): boolean {
  const suffix = [MAKING_SUFFIX, GOING_SUFFIX].find((each) => name.endsWith(each));
  if (suffix !== undefined) return isDockingId(name.slice(0, -suffix.length));
  return name.endsWith(UNFINISHED_SUFFIX) && ownerOf(name.slice(0, -UNFINISHED_SUFFIX.length)) !== undefined;
}

/** The docking whose journal has that name. */
function ownerOf(name: string): DockingId | undefined {
  const suffix = [OPENING_SUFFIX, INVENTORY_SUFFIX].find((each) => name.endsWith(each));
  const docking = suffix === undefined ? '' : name.slice(0, -suffix.length);
  return isDockingId(docking) ? docking : undefined;
}
