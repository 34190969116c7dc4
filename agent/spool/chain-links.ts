// What the manifests that are here say of each other: which of them are ends of chains. Only what verified has a say: what did not, or could not be read,
// is in `unread`, and may be an end or no manifest of ours at all.
//
// Invariants:
// 1. Quarantined manifests were durable, so a chain that leads through them must not fork: they count, those that go there in this run, too.
// 2. Of released manifests only ends are read. What the others name stands in their rows.
import { join } from 'node:path';
import { describeError, isMachineShort } from '../../protocol/format/errors.ts';
import { isRecordingId, type RecordingId } from '../../protocol/format/ids.ts';
import { keyIdHex, type PublicKey } from '../../protocol/documents/minisign.ts';
import type { Files } from '../../protocol/format/ports.ts';
import { InDoubt } from './in-doubt.ts';
import type { Catalogue } from './catalogue.ts';
import { inParallel } from '../platform/in-parallel.ts';
import { readFacts } from './judge.ts';
import { DOCKING_NAME, RECEIPT_NAME, type SpoolLayout } from './layout.ts';
import { nameBefore, type Quarantine } from './quarantine.ts';
import type { ReleasedRows } from './released-rows.ts';
import { digestKey } from './row-table.ts';
import type { LinkFacts, RecordingFacts } from './spooled-recording.ts';

/** Manifests read at one time. */
const AT_ONCE = 32;
/** Quarantined manifests that are read for the chains. */
const APART_MAX = 1000;

export interface ChainLinksDeps {
  readonly files: Files;
  readonly layout: Pick<SpoolLayout, 'released'>;
  readonly quarantine: Pick<Quarantine, 'names' | 'folder'>;
  readonly catalogue: Catalogue;
  readonly rows: ReleasedRows;
  /** The one that signs now first; without any nothing is verified. */
  readonly stationKeys: readonly PublicKey[];
}

/** One per spool. */
export class ChainLinks {
  /** What is a recording by its name, and of which no manifest could be read, or none that verifies. */
  readonly unread = new InDoubt<RecordingId>();
  readonly #deps: ChainLinksDeps;
  /** Facts that verified, of what is neither in the catalogue nor in the rows: most of it lies in the quarantine. */
  readonly #apart = new Map<RecordingId, LinkFacts>();

  constructor(deps: ChainLinksDeps) {
    this.#deps = deps;
  }

  /** Reads what lies in the quarantine. Shape: those that verify and of which the store gave a receipt. Errors: the machine's. */
  async readApart(): Promise<RecordingFacts[]> {
    const { files, quarantine, catalogue, rows, stationKeys } = this.#deps;
    const receipted: RecordingFacts[] = [];
    const named = quarantine.names.flatMap((name) => {
      const recording = nameBefore(name);
      return isRecordingId(recording) ? [{ name, recording }] : [];
    });
    for (const { recording } of named.slice(0, -APART_MAX)) this.unread.add(recording);
    await inParallel(named.slice(-APART_MAX), AT_ONCE, async ({ name, recording }) => {
      const folder = join(quarantine.folder, name);
      const read = await readFacts(files, folder, recording, stationKeys).catch(() => undefined);
      if (read === undefined) {
        const names = await files.list(folder).catch((): string[] => []);
        if (!names.includes(DOCKING_NAME)) this.unread.add(recording);
        return;
      }
      if (!read.isVerified) {
        this.unread.add(recording);
        return;
      }
      this.#apart.set(recording, read.facts);
      if (!catalogue.has(recording) && !rows.has(recording)) this.unread.delete(recording);
      const receipt = await files.stat(join(folder, RECEIPT_NAME)).catch(() => undefined);
      if (receipt?.kind === 'file') receipted.push(read.facts);
    });
    return receipted;
  }

  /** A recording is in the catalogue no more, or is not there although it verifies: it goes to the quarantine, or the start was not shown it. */
  outOfPlace(facts: LinkFacts): void {
    if (!this.unread.isUnsure(facts.recording)) this.#apart.set(facts.recording, facts);
  }

  /** Tells the catalogue the ends of all chains. Shape: released ones that may be ends and could not be read, and why. Errors: the machine's. */
  async setEnds(): Promise<{ readonly recording: RecordingId; readonly reason: string }[]> {
    const { files, layout, catalogue, rows, stationKeys } = this.#deps;
    const unsure = this.unread.unsure();
    const facts = [...this.#factsBeside()];
    const named = new Set(rows.previous(unsure));
    for (const previous of catalogue.previous(unsure)) named.add(previous);
    for (const { previousManifestSha256: previous } of facts)
      if (previous !== null) named.add(digestKey(previous));
    const ends = facts.filter(({ manifestSha256 }) => !named.has(digestKey(manifestSha256)));
    ends.push(...catalogue.unnamed(named, unsure));
    const released = [...rows.ends(named)].filter((recording) => !this.unread.isUnsure(recording));
    const failed: { recording: RecordingId; reason: string }[] = [];
    await inParallel(released, AT_ONCE, async (recording) => {
      try {
        const read = await readFacts(files, join(layout.released, recording), recording, stationKeys);
        if (read.isVerified) ends.push(read.facts);
        else this.unread.add(recording);
      } catch (error) {
        if (isMachineShort(error)) throw error;
        this.unread.add(recording);
        failed.push({ recording, reason: describeError(error) });
      }
    });
    const [own] = stationKeys;
    catalogue.setEnds(ends, own && keyIdHex(own.keyId));
    return failed;
  }

  /** Whether a manifest that verified names the one of that digest. Looks through all of them: it is asked seldom. */
  isNamed(sha256: string): boolean {
    for (const facts of this.#factsBeside()) if (facts.previousManifestSha256 === sha256) return true;
    const unsure = this.unread.unsure();
    if (this.#deps.catalogue.isNamed(sha256, unsure)) return true;
    const key = digestKey(sha256);
    for (const previous of this.#deps.rows.previous(unsure)) if (previous === key) return true;
    return false;
  }

  /** Of all that verified and is in no row, or need not be. What was an end keeps its say, wherever it went since. */
  *#factsBeside(): Generator<LinkFacts> {
    yield* this.#deps.catalogue.ends();
    yield* this.#apart.values();
  }
}
