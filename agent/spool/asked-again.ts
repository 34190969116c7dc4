// What the store asked for again although it had given its receipt (SPEC 6.10): its vault was put back to an earlier state. Such a receipt
// still proves that the store had the recording, and allows nothing any more.
//
// Invariants:
// 1. A copy that is here counts as asked for at once: not to reclaim it and not to erase is always safe. Its mark `asked/<recording>` is durable
//    before `ask` resolves, and goes only once another receipt is durable and logged, or the copy was set aside. Until the disk took the mark
//    `ask` is called again.
// 2. With a mark, a recording whose copy is here counts as spooled, whatever receipt lies beside it; one of which only the documents are
//    left is not known any more: its file on a camera is pulled as a new recording. A copy whose reclaim the disk refused is here: it goes
//    back to `ready/`, where the disk refuses that too with the next start (recovery.ts).
// 3. The mark says which receipts were taken back; it becomes `asked/<recording>.over` when it goes, so that none of them ever counts again.
import { join } from 'node:path';
import { listIfThere, readIfThere, replaceDurable } from '../../protocol/format/durable.ts';
import { isMachineShort } from '../../protocol/format/errors.ts';
import { isRecordingId, type CameraId, type RecordingId } from '../../protocol/format/ids.ts';
import type { PublicKey } from '../../protocol/documents/minisign.ts';
import type { Files } from '../../protocol/format/ports.ts';
import { readMark } from './asked-marks.ts';
import type { Catalogue } from './catalogue.ts';
import { RECEIPT_BYTES_MAX } from '../../protocol/documents/receipt.ts';
import { inParallel } from '../platform/in-parallel.ts';
import { readFacts } from './judge.ts';
import { RECEIPT_NAME, type SpoolLayout } from './layout.ts';
import { withReserve } from './receipts.ts';
import { moveBackToReady } from './reclaim.ts';
import {
  assertCounts,
  encodeRefused,
  joinedRefused,
  withRefused,
  type RefusedReceipt,
} from './refused-receipts.ts';
import type { ReleasedRows } from './released-rows.ts';
import type { GivesSpace } from '../platform/reserve.ts';
import { CatalogueEntry, type SpooledRecording } from './spooled-recording.ts';

/** What became of being asked: the copy `waits` for another receipt, only documents are left (`gone`), or nothing follows (`other`). */
export type AskedOutcome = 'waits' | 'gone' | 'other';

/** Behind the name of a mark whose recording has another receipt. */
const OVER_SUFFIX = '.over';
/** Marks read at one time, as in recovery.ts: a store that was put back may have asked for all that is here. */
const AT_ONCE = 32;

export interface AskedAgainDeps {
  readonly files: Files;
  readonly layout: SpoolLayout;
  readonly catalogue: Catalogue;
  readonly rows: ReleasedRows;
  readonly stationKeys: readonly PublicKey[];
}

/** The marks of one spool. The caller runs one step at a time for each recording. */
export class AskedAgain {
  readonly #deps: AskedAgainDeps;
  /** Those whose copy is here, with the receipts of them that count no more. */
  readonly #waiting = new Map<RecordingId, readonly RefusedReceipt[]>();
  /** Those of them whose mark is not durable: what was taken back of them before may be missing beside them. */
  readonly #unmarked = new Set<RecordingId>();
  /** Those that waited before: another receipt came, and what was taken back stays so when that one is damaged. */
  readonly #over = new Set<string>();
  /** Recordings whose documents are left, and that do not stand for a file on a camera any more. */
  readonly #withdrawn = new Map<RecordingId, SpooledRecording>();

  private constructor(deps: AskedAgainDeps) {
    this.#deps = deps;
  }

  /**
   * Takes over the marks of earlier runs, durably: the last one may have been killed between rename and sync. Errors: the system's where their
   * folder cannot be synced or listed, the machine's where documents cannot be read.
   */
  static async open(deps: AskedAgainDeps): Promise<AskedAgain> {
    const asked = new AskedAgain(deps);
    const { files, layout } = deps;
    const names = await listIfThere(files, layout.asked);
    if (names.length > 0) await files.syncFolder(layout.asked);
    for (const name of names)
      if (name.endsWith(OVER_SUFFIX)) asked.#over.add(name.slice(0, -OVER_SUFFIX.length));
    const found = new Map<RecordingId, readonly [CatalogueEntry, readonly RefusedReceipt[]]>();
    const marked = names.filter(isRecordingId).sort();
    await inParallel(marked, AT_ONCE, async (recording) => {
      const entry = deps.catalogue.get(recording) ?? (await asked.#released(recording));
      if (entry !== undefined) found.set(recording, [entry, await asked.#refused(entry)]);
    });
    for (const recording of marked) {
      const [entry, refused] = found.get(recording) ?? [];
      if (entry !== undefined) asked.#apply(entry, refused ?? []);
    }
    return asked;
  }

  /** Recordings whose copy is here and waits for another receipt. */
  get waiting(): Iterable<RecordingId> {
    return this.#waiting.keys();
  }

  waits(recording: RecordingId): boolean {
    return this.#waiting.has(recording);
  }

  /** Of those that wait, the receipt that was taken back last, where it is known. */
  get lastTakenBack(): Map<RecordingId, RefusedReceipt> {
    const last = new Map<RecordingId, RefusedReceipt>();
    for (const [recording, refused] of this.#waiting) {
      const newest = refused.at(-1);
      if (newest !== undefined) last.set(recording, newest);
    }
    return last;
  }

  /** Errors: "receipt.asked-again" for a receipt that was taken back, or that is older than one; those of parsing it; the machine's. */
  async assertCounts(recording: RecordingId, receipt: Uint8Array): Promise<void> {
    const waiting = this.#waiting.get(recording);
    const isPartial = waiting === undefined ? this.#over.has(recording) : this.#unmarked.has(recording);
    const before = isPartial ? await this.#earlier(recording) : [];
    assertCounts(joinedRefused(before, waiting ?? []), receipt);
  }

  /** It counts as asked for, and its mark is not durable. */
  isUnmarked(recording: RecordingId): boolean {
    return this.#unmarked.has(recording);
  }

  /** The store asks for one for which it gave that receipt: a copy that is here counts no more as one that has it. `ask` must follow. */
  hear(entry: CatalogueEntry, receipt: Uint8Array): void {
    const { recording, state } = entry;
    if (state === 'released') return;
    const refused = withRefused(this.#waiting.get(recording) ?? [], receipt);
    this.#unmarked.add(recording);
    this.#apply(entry, refused);
  }

  /**
   * The store asks for one that is receipted or released, or unmarked, and for which it gave that receipt. A full disk gives up its reserve for the
   * mark. Errors: the system's; then its copy stays unmarked, one of which only documents are left was not asked for, and the caller tries it again.
   */
  async ask(entry: CatalogueEntry, receipt: Uint8Array, reserve?: GivesSpace): Promise<AskedOutcome> {
    const { recording } = entry;
    const refused = withRefused(await this.#earlier(recording), receipt);
    await withReserve(reserve, () => this.#mark(recording, refused));
    this.#unmarked.delete(recording);
    const copy = entry.state === 'released' && (await this.#isBack(recording));
    return this.#apply(copy ? this.#cameBack(entry) : entry, refused);
  }

  /** There is another receipt, durable and logged, or the copy went to the quarantine; nothing where it was not asked for. Errors: the system's. */
  async over(recording: RecordingId, reserve?: GivesSpace): Promise<void> {
    const refused = this.#waiting.get(recording);
    if (refused === undefined) return;
    this.#waiting.delete(recording);
    this.#over.add(recording);
    if (this.#unmarked.delete(recording)) {
      const all = joinedRefused(await this.#earlier(recording), refused);
      await withReserve(reserve, () => this.#mark(recording, all));
    }
    const { files, layout } = this.#deps;
    const mark = join(layout.asked, recording);
    await files.rename(mark, mark + OVER_SUFFIX);
    await files.syncFolder(layout.asked);
  }

  /** The store has it, or asked for it, and what is here of it is damaged: a file that is still on a camera is taken anew in its place. */
  withdraw(entry: SpooledRecording): void {
    this.#withdrawn.set(entry.recording, entry);
  }

  /** Recordings that a new one with this original replaces. */
  replacedBy(camera: CameraId, pathSha256: string, originalSha256: string): RecordingId[] {
    return [...this.#withdrawn.values()]
      .filter(
        (each) =>
          each.camera === camera && each.pathSha256 === pathSha256 && each.originalSha256 === originalSha256,
      )
      .map(({ recording }) => recording);
  }

  /** What a reclaim left whole lies in `ready/` again; where the disk refuses that, a later start sees to it. Errors: the machine's. */
  async #isBack(recording: RecordingId): Promise<boolean> {
    const { files, layout, stationKeys } = this.#deps;
    try {
      return await moveBackToReady(files, layout, recording, stationKeys);
    } catch (error) {
      if (isMachineShort(error)) throw error;
      return false;
    }
  }

  #cameBack(entry: CatalogueEntry): CatalogueEntry {
    this.#deps.rows.remove(entry.recording);
    return this.#deps.catalogue.enter(entry, 'spooled');
  }

  #apply(entry: CatalogueEntry, refused: readonly RefusedReceipt[]): AskedOutcome {
    const { recording } = entry;
    if (entry.state === 'released') {
      this.#withdrawn.set(recording, entry);
      this.#deps.rows.remove(recording);
      return 'gone';
    }
    entry.state = 'spooled';
    this.#waiting.set(recording, refused);
    return 'waits';
  }

  /** One of which only the documents are left; where they cannot be used, it is known no more all the same. */
  async #released(recording: RecordingId): Promise<CatalogueEntry | undefined> {
    const { files, layout, rows, stationKeys } = this.#deps;
    if (!rows.has(recording)) return undefined;
    try {
      const folder = join(layout.released, recording);
      const { facts } = await readFacts(files, folder, recording, stationKeys);
      return new CatalogueEntry(facts, 'released', layout);
    } catch (error) {
      if (isMachineShort(error)) throw error;
      rows.remove(recording);
      return undefined;
    }
  }

  /** What was taken back before: a mark of an earlier time, or one that could not be removed. */
  async #earlier(recording: RecordingId): Promise<readonly RefusedReceipt[]> {
    const mark = join(this.#deps.layout.asked, recording);
    return (
      (await readMark(this.#deps.files, mark)) ?? (await readMark(this.#deps.files, mark + OVER_SUFFIX)) ?? []
    );
  }

  /** Where the mark is damaged, at least the receipt beside the copy, which is the one that was taken back last. */
  async #refused({ recording, folder }: CatalogueEntry): Promise<readonly RefusedReceipt[]> {
    const { files, layout } = this.#deps;
    const mark = join(layout.asked, recording);
    const marked = await readMark(this.#deps.files, mark);
    if (marked !== undefined) return marked;
    const earlier = (await readMark(this.#deps.files, mark + OVER_SUFFIX)) ?? [];
    try {
      const receipt = await readIfThere(files, join(folder, RECEIPT_NAME), RECEIPT_BYTES_MAX);
      return receipt === undefined ? earlier : withRefused(earlier, receipt);
    } catch (error) {
      if (isMachineShort(error)) throw error;
      return earlier;
    }
  }

  async #mark(recording: RecordingId, refused: readonly RefusedReceipt[]): Promise<void> {
    const { files, layout } = this.#deps;
    if ((await files.stat(layout.asked)) === undefined) {
      await files.makeFolder(layout.asked);
      await files.syncFolder(layout.root);
    }
    await replaceDurable(files, join(layout.asked, recording), encodeRefused(refused));
    await files.syncFolder(layout.asked);
  }
}
