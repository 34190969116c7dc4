// What a start makes of the spool as it lies on the disk. Takes any state; may itself be cut off at every call and starts again.
//
// Invariants:
// 1. Nothing counts as durable before its folder was synced here: the last process may have been killed between rename and sync.
//    Receipts that the snapshot knows were synced before their line of it was written.
// 2. `staging/`: a folder that holds only what a sealing writes is ours and was never claimed; it is removed, because a sealing
//    cannot be continued and the camera still has the original. Everything else there goes to the quarantine.
// 3. `ready/`: a folder that is whole (names, lengths, manifest) is a recording. An odd one goes to the quarantine as it is.
//    Unfinished receipts in a whole one are removed, unknown files in it go to the quarantine, and it stays a recording.
// 4. `released/`: what the rows of the last run name is believed to be there as it was then. Of anything else, a payload that still lies beside its four documents is removed: its reclaim had begun. Without them: quarantine.
// 5. Nothing is deleted because it is odd. Names in the spool's own folder that are not ours stay untouched.
// 6. A step that the disk refuses is reported and not repeated; what it concerns is no recording until a later start.
// 7. Payloads are not read: the time grows with the number of names, not with bytes.
// 8. What was read of a manifest is believed where its signature verified. What does not verify at three looks goes to the quarantine, but for what another
//    key signed: that is as whole as it was, and waits for that key.
import { basename, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PublicKey } from '../../protocol/documents/minisign.ts';
import { UNFINISHED_SUFFIX, unlinkIfThere } from '../../protocol/format/durable.ts';
import { describeError, DockError, isMachineShort, systemCode } from '../../protocol/format/errors.ts';
import { isRecordingId, type RecordingId } from '../../protocol/format/ids.ts';
import type { Files } from '../../protocol/format/ports.ts';
import { inParallel } from '../platform/in-parallel.ts';
import { Catalogue } from './catalogue.ts';
import type { Findings } from './findings.ts';
import { judgeReady, readFacts } from './judge.ts';
import {
  CHUNKS_NAME,
  PAYLOAD_NAME,
  RECEIPT_NAME,
  RECEIPT_SIGNATURE_NAME,
  RELEASED_NAMES,
  SEALED_NAMES,
  sortNames,
  spoolFolders,
  type SpoolLayout,
} from './layout.ts';
import { OwnKeys } from './own-keys.ts';
import { nameBefore, type Quarantine } from './quarantine.ts';
import type { ReadyLooks } from './ready-looks.ts';
import { RecordingRows } from './recording-rows.ts';
import type { ReleasedRows } from './released-rows.ts';
import type { CatalogueEntry, RecordingFacts, SpoolState } from './spooled-recording.ts';

/** Folders looked at at one time: enough to keep the disk busy, few enough for 1,024 file handles. */
const AT_ONCE = 32;
/** Moves to the quarantine in one start and folder: a million odd names must not hold up a station. */
const MOVES_MAX = 1000;
/** Things in the quarantine that are read. */
const ASIDE_MAX = 1000;
const NOT_VERIFIED = 'the signature of its manifest does not verify';
/** Rows, and names of released recordings, that are looked up in one go. */
const NAMES_AT_ONCE = 2000;
/** Names in the spool's folder that are no place of its layout. */
const OTHER_NAMES: ReadonlySet<string> = new Set(['lost+found', 'keys', 'control.sock']);
/** Caches of earlier versions. */
const EARLIER_FILES = ['index.jsonl', 'released.jsonl', 'custody-index.jsonl'];

/** What recovery works with. */
export interface RecoveryDeps {
  readonly files: Files;
  readonly layout: SpoolLayout;
  readonly quarantine: Quarantine;
  readonly findings: Findings;
  /** The one that signs now first; without any nothing is verified. */
  readonly stationKeys: readonly PublicKey[];
  /** What the snapshot knows, or undefined where there is none; what of it turns out to be so is the catalogue. */
  readonly index: RecordingRows | undefined;
  /** What the last run knew of released recordings; brought up to date here. */
  readonly rows: ReleasedRows;
}

/** Makes folders that are missing; what lies in their place is moved aside. Errors: the system's. */
export async function makeFolders(files: Files, layout: SpoolLayout, findings: Findings): Promise<void> {
  let changed = false;
  for (const folder of spoolFolders(layout)) {
    const found = await files.stat(folder);
    if (found?.kind === 'folder') continue;
    if (found !== undefined) {
      const aside = await freeName(files, `${folder}.odd`);
      await files.rename(folder, aside);
      findings.add('left', aside.slice(layout.root.length + 1), 'was not a folder');
    }
    await files.makeFolder(folder);
    changed = true;
  }
  if (changed) await files.syncFolder(layout.root);
}

/** A name that nothing has yet. Errors: the system's. */
export async function freeName(files: Files, wanted: string): Promise<string> {
  let path = wanted;
  for (let count = 2; (await files.stat(path)) !== undefined; count++) path = `${wanted}.${count}`;
  return path;
}

/** One recovery: `run` once, or `lookAgain`. */
export class Recovery {
  readonly #deps: RecoveryDeps;
  /** Until its recordings were looked at, what the snapshot says. */
  readonly #rows: RecordingRows;
  readonly #catalogue: Catalogue;
  readonly #ownKeys: OwnKeys;
  /** What the snapshot said of those that are not as it says, or not in `ready/`. */
  readonly #known = new Map<RecordingId, { readonly facts: RecordingFacts; readonly state: SpoolState }>();
  readonly #moves = new Map<string, number>();
  readonly #asideReceipted: RecordingFacts[] = [];
  readonly #unfinished = new Set<RecordingId>();
  #read = 0;
  #isAgain = false;

  constructor(deps: RecoveryDeps) {
    this.#deps = deps;
    this.#rows = deps.index ?? new RecordingRows();
    this.#ownKeys = new OwnKeys(deps.stationKeys);
    this.#catalogue = new Catalogue(deps.layout, this.#rows, this.#ownKeys);
  }

  /** Facts that the snapshot did not know: with many of them it is worth writing it anew. */
  get factsRead(): number {
    return this.#read;
  }

  /** Recordings in the quarantine of which the store gave a receipt: a file that is still on a camera is taken anew in their place. */
  get asideReceipted(): readonly RecordingFacts[] {
    return this.#asideReceipted;
  }

  /** Released recordings in whose folder something is left that the disk did not let go: the next start looks at them again. */
  get unfinished(): ReadonlySet<RecordingId> {
    return this.#unfinished;
  }

  /** Errors: the system's where a folder of the spool cannot be listed or synced; the machine's ("EMFILE" ...). */
  async run(ready: ReadyLooks): Promise<Catalogue> {
    const { files, layout } = this.#deps;
    for (const folder of [layout.root, layout.ready, layout.staging, layout.released])
      await files.syncFolder(folder);
    await this.#each(layout.staging, await files.list(layout.staging), (name, path) =>
      this.#staged(name, path),
    );
    await this.#each(layout.ready, await this.#notKnownWhole(ready), (name, path) => this.#ready(name, path));
    await this.#each(layout.released, await this.#unknownReleased(), (name, path) =>
      this.#released(name, path),
    );
    await this.#root();
    await this.#readAside();
    return this.#catalogue;
  }

  /**
   * Looks again at a folder in `ready/` that was no recording until now. Any receipt in it is removed: the store may have been restored since, and
   * gives the same one again. Shape: the recording, where it is one; else it went to the quarantine, or stays where it is. Errors: the machine's.
   */
  async lookAgain(recording: RecordingId): Promise<CatalogueEntry | undefined> {
    this.#isAgain = true;
    await this.#each(this.#deps.layout.ready, [recording], (name, path) => this.#ready(name, path));
    return this.#catalogue.get(recording);
  }

  async #each(
    folder: string,
    names: readonly string[],
    step: (name: string, path: string) => Promise<void>,
  ): Promise<void> {
    await inParallel(names, AT_ONCE, async (name) => {
      const path = join(folder, name);
      try {
        await step(name, path);
      } catch (error) {
        if (isMachineShort(error)) throw error;
        this.#deps.findings.add('failed', name, describeError(error));
      }
    });
    const left = (this.#moves.get(folder) ?? 0) - MOVES_MAX;
    if (left > 0) this.#deps.findings.add('left', folder, `${left} more odd names: too many for one start`);
  }

  /** Moves to the quarantine, as long as this folder has not given too much of it. */
  async #aside(folder: string, path: string, name: string, reason: string): Promise<void> {
    const moves = (this.#moves.get(folder) ?? 0) + 1;
    this.#moves.set(folder, moves);
    if (moves > MOVES_MAX) return;
    const moved = await this.#deps.quarantine.move(path, reason, name);
    if (moved === undefined) this.#deps.findings.add('left', name, `${reason}; its name cannot be used`);
    else this.#deps.findings.add('quarantined', moved, reason);
  }

  async #staged(name: string, path: string): Promise<void> {
    const { files, layout, findings } = this.#deps;
    const reason = await this.#strangeStaging(name, path);
    if (reason !== undefined) return this.#aside(layout.staging, path, name, reason);
    await files.removeTree(path);
    findings.add('discarded', name, 'unfinished sealing');
  }

  async #strangeStaging(name: string, path: string): Promise<string | undefined> {
    const { files } = this.#deps;
    if (!isRecordingId(name)) return 'not a recording id';
    if ((await files.stat(path))?.kind !== 'folder') return 'not a folder';
    const { unknown } = sortNames(await files.list(path), SEALED_NAMES);
    return unknown.length > 0 ? 'holds files that no sealing writes' : undefined;
  }

  async #ready(name: string, path: string): Promise<void> {
    const { files, layout, stationKeys } = this.#deps;
    if (!isRecordingId(name)) return this.#aside(layout.ready, path, name, 'not a recording id');
    const known = this.#known.get(name);
    const judgement = await judgeReady(files, path, name, known?.facts, stationKeys);
    if (judgement.verdict === 'odd') {
      if (known?.state === 'receipted') this.#asideReceipted.push(known.facts);
      return this.#aside(layout.ready, path, name, judgement.reason);
    }
    const { names, facts, isVerified } = judgement;
    if (!isVerified && !this.#ownKeys.isOther(facts.keyId))
      return this.#aside(layout.ready, path, name, NOT_VERIFIED);
    const receipt = this.#isAgain && names.receipted ? [RECEIPT_SIGNATURE_NAME, RECEIPT_NAME] : [];
    const isClean = await this.#clean(path, name, [...receipt, ...names.leftovers], names.unknown);
    if (receipt.length > 0 && !isClean) return;
    const receipted =
      names.receipted &&
      !this.#isAgain &&
      (known?.state === 'receipted' || (await this.#syncReceipt(path, name)));
    this.#add(facts, receipted ? 'receipted' : 'spooled', known !== undefined);
  }

  /** Leaves in the rows those recordings that the snapshot knows and one look shows to be whole; gives the other names in `ready/`. */
  async #notKnownWhole(ready: ReadyLooks): Promise<string[]> {
    const whole = new Set<string>();
    let looked = 0;
    for (const part of ready.knownWhole(this.#rows))
      for (const name of part) {
        whole.add(name);
        if (++looked % NAMES_AT_ONCE === 0) await nextTurn();
      }
    for (const row of this.#rows.downwards()) {
      if (++looked % NAMES_AT_ONCE === 0) await nextTurn();
      const recording = this.#rows.idAt(row);
      if (whole.has(recording)) continue;
      this.#known.set(recording, { facts: this.#rows.factsAt(row), state: this.#rows.stateAt(row) });
      this.#rows.remove(row);
    }
    return ready.names.filter((name) => !whole.has(name));
  }

  /** A receipt that the snapshot does not know may have been renamed by a process that was killed before its sync. */
  async #syncReceipt(path: string, recording: string): Promise<boolean> {
    try {
      await this.#deps.files.syncFolder(path);
      return true;
    } catch (error) {
      this.#deps.findings.add('failed', recording, `receipt not synced: ${describeError(error)}`);
      return false;
    }
  }

  async #released(name: string, path: string): Promise<void> {
    const { layout } = this.#deps;
    if (!isRecordingId(name)) return this.#aside(layout.released, path, name, 'not a recording id');
    if (this.#catalogue.has(name))
      return this.#aside(layout.released, path, name, 'the same recording lies in ready');
    const found = await this.#lookReleased(name, path, this.#known.get(name)?.facts);
    if (typeof found === 'string') {
      return this.#aside(layout.released, path, name, found);
    }
    this.#read++;
    this.#deps.rows.add(found);
  }

  /** Names in `released/` that the rows do not know; rows whose folder is gone are forgotten. */
  async #unknownReleased(): Promise<string[]> {
    const { files, layout, rows } = this.#deps;
    const unknown: string[] = [];
    const here: RecordingId[] = [];
    const names = await files.list(layout.released);
    for (const [at, name] of names.entries()) {
      if (at % NAMES_AT_ONCE === NAMES_AT_ONCE - 1) await nextTurn();
      if (isRecordingId(name) && rows.has(name) && !this.#catalogue.has(name)) here.push(name);
      else unknown.push(name);
    }
    if (rows.size > here.length) rows.retain(here);
    return unknown;
  }

  /** Of what lies in the quarantine, facts that verify and of which the store gave a receipt. Errors: the machine's. */
  async #readAside(): Promise<void> {
    const { files, quarantine, stationKeys } = this.#deps;
    const names = quarantine.names.filter((name) => isRecordingId(nameBefore(name))).slice(-ASIDE_MAX);
    await inParallel(names, AT_ONCE, async (name) => {
      const folder = join(quarantine.folder, name);
      try {
        if ((await files.stat(join(folder, RECEIPT_NAME)))?.kind !== 'file') return;
        const recording = nameBefore(name) as RecordingId;
        const { facts, isVerified } = await readFacts(files, folder, recording, stationKeys);
        if (isVerified) this.#asideReceipted.push(facts);
      } catch (error) {
        if (isMachineShort(error)) throw error;
      }
    });
  }

  /** Facts of a released recording, its reclaim finished; or why it is odd. */
  async #lookReleased(
    recording: RecordingId,
    path: string,
    known: RecordingFacts | undefined,
  ): Promise<RecordingFacts | string> {
    const { files, findings } = this.#deps;
    try {
      const all = await files.list(path);
      const names = sortNames(all, RELEASED_NAMES, [PAYLOAD_NAME, CHUNKS_NAME]);
      if (names.missing.length > 0) return `missing ${names.missing.join(', ')}`;
      const facts = known ?? (await this.#readFacts(path, recording));
      const rests = [PAYLOAD_NAME, CHUNKS_NAME].filter((rest) => all.includes(rest));
      if (rests.length > 0) findings.add('reclaimed', recording, `removed ${rests.join(', ')}`);
      if (!(await this.#clean(path, recording, [...rests, ...names.leftovers], names.unknown)))
        this.#unfinished.add(recording);
      return facts;
    } catch (error) {
      if (isMachineShort(error) || systemCode(error) !== undefined) throw error;
      return describeError(error);
    }
  }

  /** Removes our own files that nobody needs and moves strangers out. What fails is reported, gives false, and does not make the recording odd. */
  async #clean(
    folder: string,
    recording: string,
    leftovers: readonly string[],
    unknown: readonly string[],
  ): Promise<boolean> {
    if (leftovers.length === 0 && unknown.length === 0) return true;
    const { files, findings } = this.#deps;
    try {
      for (const name of leftovers) await files.unlink(join(folder, name));
      for (const name of unknown)
        await this.#aside(folder, join(folder, name), `${recording}.${name}`, 'not a file of a recording');
      await files.syncFolder(folder);
      return true;
    } catch (error) {
      if (isMachineShort(error)) throw error;
      findings.add('failed', recording, describeError(error));
      return false;
    }
  }

  /** Facts of a manifest. Errors: those of readFacts; "spool.damaged" where it does not verify. */
  async #readFacts(folder: string, recording: RecordingId): Promise<RecordingFacts> {
    const { files, stationKeys } = this.#deps;
    const { facts, isVerified } = await readFacts(files, folder, recording, stationKeys);
    if (isVerified || this.#ownKeys.isOther(facts.keyId)) return facts;
    throw new DockError('spool.damaged', NOT_VERIFIED, { retry: 'never' });
  }

  #add(facts: RecordingFacts, state: 'spooled' | 'receipted', known: boolean): void {
    if (!known) this.#read++;
    this.#catalogue.add(facts, state);
  }

  async #root(): Promise<void> {
    const { files, layout, findings } = this.#deps;
    const { root, ...places } = layout;
    const own = new Set(Object.values(places).map((path) => basename(path)));
    const leftovers = new Set(EARLIER_FILES);
    for (const name of [...own, ...EARLIER_FILES]) leftovers.add(name + UNFINISHED_SUFFIX);
    for (const name of await files.list(root)) {
      if (own.has(name) || OTHER_NAMES.has(name)) continue;
      if (!leftovers.has(name)) findings.add('left', name, 'not ours');
      else await unlinkIfThere(files, join(root, name)).catch(() => undefined);
    }
  }
}
