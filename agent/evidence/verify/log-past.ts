// What everybody kept of a store's log (SPEC 4.15.16 to 4.15.30): each checkpoint must be that of the tree at its size, and cosignatures, time
// stamps and stations fix its past. The log alone could be cut at its end, or written again, by a person who has its key.
import { join } from 'node:path';
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import { restoredCheckpoint } from '../../../protocol/documents/restored.ts';
import { equalBytes, parseUtf8, sha256Hex } from '../../../protocol/format/bytes.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { LOG } from '../../../protocol/format/file-names.ts';
import { isReceiverId } from '../../../protocol/format/ids.ts';
import {
  type Checkpoint,
  formatProof,
  originKey,
  parseCheckpoint,
} from '../../../protocol/transparency/checkpoint.ts';
import {
  NOTE_BYTES_MAX,
  type NoteKey,
  parseNote,
  verifyNote,
} from '../../../protocol/transparency/signed-note.ts';
import { type ReadStamp, stampsBy } from '../../platform/openssl.ts';
import { parseCheckpointLines } from '../page/checkpoint-sheet.ts';
import type { CustodyFolder } from './found-folders.ts';
import type { FoundRestored } from './restored-check.ts';
import { type LogTree, type TreeLine, TreeReading } from './log-tree.ts';
import {
  listFolder,
  listSorted,
  oddName as unexpectedName,
  type ReadFiles,
  readSmall,
} from './read-files.ts';
import { below, finding, type Finding, note } from './remark.ts';
import { storeKeys, type TrustedKeys } from './trusted-keys.ts';

const DAY_MS = 86_400_000;
const TOP = 'checkpoint';
const COSIGNED = 'cosigned';
const STAMPS = 'timestamps';
const STAMP_BYTES_MAX = 64 * 1024;
const SUFFIX = /^[0-9a-f]{16}$/;
const NOTE_NAME = /^(\d{1,16})\.checkpoint$/;
const STAMP_NAME = /^\d{1,16}\.(?:tsr|checkpoint)$/;
const NAMES: readonly string[] = [TOP, COSIGNED, STAMPS, 'tile'];
/** What a witness cosigned that was silent later. */
const EARLIER = /^cosigned-[0-9a-f]{8}$/;

/** Up to when the past of one log is fixed by somebody outside. */
export interface LogPast {
  readonly origin: string;
  /** Lines that are here, and how many of them are fixed. */
  readonly size: number;
  readonly fixed: number;
  /** When somebody outside said so last (RFC 3339), and who; null where nobody does. */
  readonly at: string | null;
  readonly by: string | null;
}

/** A checkpoint that somebody kept. */
interface Kept {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
  /** Text that is signed, and the whole note. */
  readonly text: string;
  readonly note: string;
  readonly where: string;
  /** For people. */
  readonly by: string;
  /** Where somebody outside says when that was (ms since 1970); `isTimed` by a witness or an authority: a station's clock may be wrong. */
  readonly outside?: { readonly atMs: number; readonly isTimed: boolean };
}

/** What a proof of a receipt rests on: the checkpoint that was cosigned or stamped last, or else the store's own word alone. */
export type ProofKind = 'cosigned' | 'stamped' | 'store';

/** A checkpoint of a log that receipts are proven with; `stamp` is the path of the response of an authority. */
interface ProvingCheckpoint {
  readonly kind: ProofKind;
  readonly kept: Kept;
  readonly stamp: string | undefined;
}

/** A proof that a receipt is in the log, as text of C2SP tlog-proof. */
export interface MadeProof extends Pick<ProvingCheckpoint, 'kind' | 'stamp'> {
  readonly text: string;
}

/** Something that was read and is judged once the lines were, too. */
type Judgement = () => Promise<Finding[]>;

/** All trees of a place, with what was kept of them. */
export class LogPasts {
  readonly #files: ReadFiles;
  readonly #keys: TrustedKeys;
  readonly #vault: string | undefined;
  readonly #stamp: ReadStamp;
  readonly #trees = new Map<string, LogTree>();
  /** Of an origin and who kept it: what was found already, so that it is said once. */
  readonly #found = new Map<string, { size: number; finding: Finding }>();
  /** Boots of the machines on which the store's log was written. */
  readonly #boots = new Set<string>();
  readonly #kept: Kept[] = [];
  /** Digests of receipts that are to be proven, where they are, and by what. */
  readonly #wanted: ReadonlySet<string>;
  readonly #receipts = new Map<string, TreeLine>();
  /** Where deletion records were named first, by receiver and digest. */
  readonly #deletions = new Map<string, TreeLine>();
  /** Of each tree that somebody outside saw. */
  readonly #words = new Map<string, OutsideWords>();
  readonly #proving: ProvingCheckpoint[] = [];
  /** What lies beside the log of a receiver that is read. */
  readonly #beside = new Map<string, Judgement[]>();
  /** Time stamps of which nobody can say whose they are: there is one for each day, so they are said together. */
  #stampsOpen = 0;
  /** Checkpoints of more lines than were read: a running receiver may have entered these since. */
  readonly #longer: Kept[] = [];

  /** `wanted`: digests of receipts that `proofsOf` will be asked for. */
  constructor(
    files: ReadFiles,
    keys: TrustedKeys,
    vault: string | undefined,
    wanted: ReadonlySet<string> = new Set(),
  ) {
    this.#wanted = wanted;
    this.#files = files;
    this.#keys = keys;
    this.#vault = vault;
    this.#stamp = stampsBy(keys.authorities);
  }

  /**
   * Begins with the log of a receiver; `custody` is the folder of its log. What lies beside it is read now: a running receiver makes lines
   * durable before any checkpoint of them. Errors: those of the machine.
   */
  async reading(
    receiver: string,
    custody: CustodyFolder,
    restored: ReadonlySet<string>,
  ): Promise<TreeReading> {
    const folder = join(custody.folder, '..', LOG);
    this.#beside.set(receiver, await this.#readBeside(receiver, folder));
    const { where } = custody;
    return new TreeReading({ receiver, vault: this.#vault, where, restored }, this.#wanted);
  }

  /** An entry of a store's log. */
  storeEntry({ boot }: CustodyEntry): void {
    if (boot !== null) this.#boots.add(boot);
  }

  /** Judges what lies beside the log of a receiver that was read. Errors: those of the machine. */
  async judgeBeside(receiver: string, reading: TreeReading): Promise<Finding[]> {
    reading.close();
    for (const tree of reading.trees) this.#trees.set(tree.origin, tree);
    for (const [receipt, line] of reading.receipts) this.#receipts.set(receipt, line);
    for (const [sha256, line] of reading.deletions) this.#deletions.set(`${receiver} ${sha256}`, line);
    const findings = [...reading.findings];
    for (const judge of this.#beside.get(receiver) ?? []) findings.push(...(await judge()));
    return findings;
  }

  /** A note that the reader brings, or that a station entered in its log: this fixes the past where it was the first to see it, on another machine. */
  async take(text: string, where: string, by: string, entry?: CustodyEntry): Promise<Finding[]> {
    const kept = this.#verified(text, where, by);
    if (!('root' in kept)) return [kept];
    // What is carried on was seen long before.
    if (entry?.event !== 'store-log' || entry.boot === null || this.#boots.has(entry.boot))
      return this.#place(kept);
    return this.#place({ ...kept, outside: { atMs: Date.parse(entry.at), isTimed: false } });
  }

  /** Judges it now, or, where it is of more lines than were read, once these were read again. */
  async #place(kept: Kept): Promise<Finding[]> {
    if (kept.size <= (this.#trees.get(kept.origin)?.size ?? 0)) return this.#judgeNote(kept);
    this.#longer.push(kept);
    return [];
  }

  /** What the reader brings: a note, or lines from paper, for which the reader vouches. */
  async bring(text: string, where: string): Promise<Finding[]> {
    const { checkpoints, unreadable } = parseCheckpointLines(text);
    if (checkpoints.length + unreadable === 0 || parsesAsNote(text)) return this.take(text, where, where);
    const found: Finding[] = [];
    if (unreadable > 0) {
      const message = `${unreadable} lines begin in this text and cannot be read: compare them with the paper`;
      found.push(finding('log.checkpoint', where, message));
    }
    for (const each of checkpoints)
      found.push(...(await this.#place({ ...each, text: '', note: '', where, by: where })));
    return found;
  }

  /** What a statement that the vault was restored says of the tree that it ended; its signature holds. */
  async takeStatement({ restored, where }: FoundRestored): Promise<Finding[]> {
    const named = restoredCheckpoint(restored);
    return named === undefined
      ? []
      : this.#place({ ...named, text: '', note: '', where, by: 'the statement' });
  }

  /** Whether a note, or a line from paper, says that it is of this vault. */
  isOfVault(text: string): boolean {
    return this.#vault === undefined || text.toLowerCase().includes(`bodydock/${this.#vault}/`);
  }

  /** Judges notes of more lines than were read; `again` reads the lines of a receiver once more. Errors: those of it. */
  async judgeLonger(again: (receiver: string) => Promise<TreeReading | undefined>): Promise<Finding[]> {
    const origins = this.#longer.map(({ origin }) => origin).filter((origin) => this.#trees.has(origin));
    for (const receiver of new Set(origins.map((origin) => origin.split('/')[2] ?? '')))
      for (const tree of (await again(receiver))?.trees ?? []) this.#trees.set(tree.origin, tree);
    const found: Finding[] = [];
    for (const kept of this.#longer.splice(0)) found.push(...(await this.#judgeNote(kept)));
    return found;
  }

  /** What was found of checkpoints, each once for who kept it; asked after all of them. */
  findings(): Finding[] {
    const own = [...this.#found.values()].map((each) => each.finding);
    const kept = new Set(this.#kept.map(({ origin }) => origin));
    const bare = [...this.#trees.values()].filter(({ origin, size }) => size > 0 && !kept.has(origin));
    const stamps = `${this.#stampsOpen} time stamps: no certificate of a time-stamp authority is given`;
    return [
      ...own,
      ...(this.#stampsOpen === 0 ? [] : [note('log.timestamp', '.', stamps)]),
      ...bare.map(({ origin, size }) =>
        note(
          'log.no-checkpoint',
          '.',
          `${size} lines of ${origin} are here without a checkpoint of the store's`,
        ),
      ),
    ];
  }

  /**
   * Proofs that a receipt is in its log: by the checkpoint that was cosigned last and by the one that was stamped last, or where neither has its
   * line by the store's newest. Asked after all logs.
   */
  async proofsOf(receipt: string): Promise<MadeProof[]> {
    const place = this.#receipts.get(receipt);
    if (place === undefined) return [];
    const { tree, index } = place;
    const fitting = this.#proving
      .filter(({ kept }) => kept.origin === tree.origin && index < kept.size && kept.size <= tree.size)
      .toSorted((one, other) => other.kept.size - one.kept.size);
    const newest = (wanted: ProofKind): ProvingCheckpoint[] =>
      fitting.filter(({ kind }) => kind === wanted).slice(0, 1);
    const outside = [...newest('cosigned'), ...newest('stamped')];
    const proofs: MadeProof[] = [];
    for (const { kind, kept, stamp } of outside.length > 0 ? outside : newest('store')) {
      const hashes = await tree.proof(index, kept.size);
      proofs.push({ kind, stamp, text: formatProof({ index, hashes, checkpoint: kept.note }) });
    }
    return proofs;
  }

  /** Up to when each log is fixed. */
  pasts(): LogPast[] {
    return [...this.#trees.values()].map(({ origin, size }) => {
      const last = this.#words.get(origin)?.last;
      const at = last === undefined ? null : new Date(last.atMs).toISOString();
      return { origin, size, fixed: last?.size ?? 0, at, by: last?.by ?? null };
    });
  }

  /** The earliest word of a witness or authority on a tree in which that receiver had named that deletion record (digest); asked after all logs. */
  wordOn(receiver: string, deletionSha256: string): OutsideWord | undefined {
    const line = this.#deletions.get(`${receiver} ${deletionSha256}`);
    return line && this.#words.get(line.tree.origin)?.earliestOn(line.index);
  }

  async #names({ folder, where }: CustodyFolder, findings: Finding[]): Promise<string[]> {
    const names = await listFolder(this.#files, folder, where);
    if (Array.isArray(names)) return names;
    if (names !== undefined) findings.push(names);
    return [];
  }

  async #readBeside(receiver: string, folder: string): Promise<Judgement[]> {
    const root = { folder, where: below(receiver, LOG) };
    const findings: Finding[] = [];
    const judgements: Judgement[] = [() => Promise.resolve(findings)];
    const isKnown = (name: string): boolean => NAMES.includes(name) || EARLIER.test(name);
    for (const name of await this.#names(root, findings))
      if (SUFFIX.test(name)) judgements.push(...(await this.#folder(receiver, inside(root, name), name)));
      else if (!isKnown(name)) findings.push(unexpectedName(root.where, name, isKnown));
    return [...judgements, ...(await this.#folder(receiver, root, ''))];
  }

  async #folder(receiver: string, place: CustodyFolder, suffix: string): Promise<Judgement[]> {
    const findings: Finding[] = [];
    const judgements: Judgement[] = [() => Promise.resolve(findings)];
    const earlier = (await this.#names(place, [])).filter((name) => EARLIER.test(name));
    for (const name of [TOP, COSIGNED, ...earlier]) {
      const kept = await this.#note(receiver, suffix, place, name);
      if (kept === undefined) continue;
      if (!('root' in kept)) findings.push(kept);
      else {
        if (name === TOP) this.#kept.push(kept);
        this.#proving.push({ kind: name === TOP ? 'store' : 'cosigned', kept, stamp: undefined });
        judgements.push(() => this.#judgeNote(kept));
      }
    }
    const stamps = inside(place, STAMPS);
    for (const name of await this.#names(stamps, findings)) {
      const size = NOTE_NAME.exec(name)?.[1];
      if (size !== undefined) judgements.push(await this.#stamped(receiver, suffix, stamps, size));
      else if (!STAMP_NAME.test(name))
        findings.push(unexpectedName(stamps.where, name, (whole) => STAMP_NAME.test(whole)));
    }
    return judgements;
  }

  /** A checkpoint file of a log; undefined where there is none. */
  async #note(
    receiver: string,
    suffix: string,
    { folder, where }: CustodyFolder,
    name: string,
  ): Promise<Kept | Finding | undefined> {
    const path = below(where, name);
    const read = await readSmall(this.#files, join(folder, name), NOTE_BYTES_MAX);
    if (read.kind === 'missing') return undefined;
    if (read.kind !== 'bytes') return finding('log.checkpoint', path, `${name}: ${read.why}`);
    const kept = this.#verified(parseUtf8(read.bytes) ?? '', path, 'the store');
    if (!('root' in kept)) return kept;
    const ending = suffix === '' ? `/${receiver}` : `/${receiver}/${suffix}`;
    return kept.origin.endsWith(ending)
      ? kept
      : finding('log.checkpoint', path, `${name}: it is of ${kept.origin}`);
  }

  /** Judges it, and once more for each witness that cosigned it; a line from paper has no signatures. */
  async #judgeNote(kept: Kept): Promise<Finding[]> {
    const findings = await this.#judge(kept);
    for (const witness of kept.note === '' ? [] : this.#keys.witnesses) {
      const at = cosignedAt(kept, witness);
      if (at === undefined) continue;
      if (typeof at === 'string')
        findings.push(finding('log.cosignature', kept.where, `${witness.name}: ${at}`));
      else findings.push(...(await this.#judge(timed(kept, `witness ${witness.name}`, at * 1000))));
    }
    return findings;
  }

  async #stamped(receiver: string, suffix: string, place: CustodyFolder, size: string): Promise<Judgement> {
    const kept = await this.#note(receiver, suffix, place, `${size}.checkpoint`);
    if (kept === undefined) return () => Promise.resolve([]);
    if (!('root' in kept)) return () => Promise.resolve([kept]);
    const message = `${size}.checkpoint: it is of ${kept.size} lines`;
    if (String(kept.size) !== size)
      return () => Promise.resolve([finding('log.checkpoint', kept.where, message)]);
    return () => this.#judgeStamp(kept, place, `${size}.tsr`);
  }

  async #judgeStamp(kept: Kept, { folder, where }: CustodyFolder, name: string): Promise<Finding[]> {
    const findings = await this.#judgeNote(kept);
    const read = await readSmall(this.#files, join(folder, name), STAMP_BYTES_MAX);
    if (read.kind === 'missing') return findings;
    this.#proving.push({ kind: 'stamped', kept, stamp: join(folder, name) });
    if (this.#keys.authorities.length === 0) {
      this.#stampsOpen++;
      return findings;
    }
    const digest = sha256Hex(Buffer.from(kept.text));
    const at = read.kind === 'bytes' ? await this.#stamp(digest, join(folder, name)) : undefined;
    if (at !== undefined) return [...findings, ...(await this.#judge(timed(kept, 'a time stamp', at)))];
    const message = `${name}: no time-stamp authority whose certificate is given stamped this checkpoint`;
    return [...findings, note('log.timestamp', below(where, name), message)];
  }

  /** One that one of the store's keys signed, or the finding that says why not. */
  #verified(text: string, where: string, by: string): Kept | Finding {
    try {
      return { ...signedByStore(text, this.#keys), note: text, where, by };
    } catch (error) {
      if (!(error instanceof DockError)) throw error;
      return finding('log.checkpoint', where, error.message);
    }
  }

  async #judge({ origin, size, root, where, by, outside }: Kept): Promise<Finding[]> {
    const tree = this.#trees.get(origin);
    if (!this.isOfVault(origin)) {
      this.#say(
        `${origin} vault`,
        0,
        note('log.other-vault', where, `a checkpoint of ${origin}, which is of another vault`),
      );
      return [];
    }
    const here = tree?.size ?? 0;
    if (size > here) {
      const message = `${by}: a checkpoint of ${size} lines of ${origin}; ${here} are here`;
      this.#say(`${origin} ${by} shortened`, size, finding('log.shortened', where, message, { size, here }));
      return [];
    }
    if (tree === undefined || size === 0) return [];
    if (!equalBytes(await tree.root(size), root)) {
      const message = `${by}: a checkpoint of ${size} lines of ${origin} that are other ones here`;
      this.#say(`${origin} ${by} forked`, 0, finding('log.forked', where, message, { size }));
      return [];
    }
    if (outside === undefined) return [];
    const words = this.#words.get(origin) ?? new OutsideWords();
    this.#words.set(origin, words);
    words.take({ size, by, atMs: outside.atMs }, outside.isTimed);
    return [];
  }

  /** Of what is found of one kind, the one of the largest size. */
  #say(key: string, size: number, found: Finding): void {
    const known = this.#found.get(key);
    if (known === undefined || known.size < size) this.#found.set(key, { size, finding: found });
  }
}

/** When somebody outside saw a tree at a size, and who. */
export interface OutsideWord {
  readonly size: number;
  readonly atMs: number;
  readonly by: string;
}

/** Of one tree. */
class OutsideWords {
  /** The one of the most lines, and of these the latest. */
  last: OutsideWord | undefined;
  readonly #timed: { readonly size: number; word: OutsideWord }[] = [];
  #isSorted = false;

  take(word: OutsideWord, isTimed: boolean): void {
    const { size, atMs } = word;
    const { last } = this;
    if (last === undefined || size > last.size || (size === last.size && atMs > last.atMs)) this.last = word;
    if (isTimed) this.#timed.push({ size, word });
    this.#isSorted = false;
  }

  /** The earliest one by a witness or an authority on a checkpoint that has the line of that number. */
  earliestOn(index: number): OutsideWord | undefined {
    if (!this.#isSorted) this.#sort();
    let [from, to] = [0, this.#timed.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#timed[middle]?.size ?? 0) > index) to = middle;
      else from = middle + 1;
    }
    return this.#timed[from]?.word;
  }

  /** By size; each has the earliest word of those from it on. */
  #sort(): void {
    this.#timed.sort((one, other) => one.size - other.size);
    let earliest: OutsideWord | undefined;
    for (const each of this.#timed.toReversed()) {
      if (earliest === undefined || each.word.atMs < earliest.atMs) earliest = each.word;
      each.word = earliest;
    }
    this.#isSorted = true;
  }
}

/**
 * A finding for each log that nobody outside has fixed within that time, and one where there is no log that anybody could fix. The trees of one
 * receiver are in their order: nobody fixes one any more that a restored store ended.
 */
export function notFixed(pasts: readonly LogPast[], nowMs: number, withinMs: number): Finding[] {
  if (pasts.length === 0) return [finding('log.not-fixed', '.', 'no log of the store here is a tree')];
  const since = new Date(nowMs - withinMs).toISOString();
  const until = new Date(nowMs + DAY_MS).toISOString(); // a clock outside that is further ahead says nothing of today
  const newest = new Map(pasts.map(({ origin }) => [origin.split('/')[2], origin]));
  return pasts
    .filter(({ origin }) => newest.get(origin.split('/')[2]) === origin)
    .filter(({ at }) => at === null || at < since || at > until)
    .map(({ origin, at, by }) => {
      const last = at === null ? 'nobody outside fixes it' : `fixed last at ${at} by ${by}`;
      return finding('log.not-fixed', '.', `${origin}: ${last}; asked for is since ${since}`, { origin, at });
    });
}

/** As a witness or an authority saw it. */
function timed(kept: Kept, by: string, atMs: number): Kept {
  return { ...kept, by, outside: { atMs, isTimed: true } };
}

/** Errors: "note.malformed", "note.signature", "checkpoint.malformed"; "checkpoint.unsigned" where no key of the store signed it. */
function signedByStore(note: string, keys: TrustedKeys): Checkpoint & Pick<Kept, 'text'> {
  const parsed = parseNote(note);
  const checkpoint = parseCheckpoint(parsed.text);
  const own = storeKeys(keys).map(({ key }) => originKey(checkpoint.origin, key));
  if (verifyNote(parsed, own).length > 0) return { ...checkpoint, text: parsed.text };
  const message = `a checkpoint of ${checkpoint.origin}: no key of the store that is given signed it`;
  throw new DockError('checkpoint.unsigned', message, { retry: 'never' });
}

function parsesAsNote(text: string): boolean {
  try {
    parseNote(text);
    return true;
  } catch (error) {
    if (error instanceof DockError) return false;
    throw error;
  }
}

/** The newest checkpoint of each log in a vault, in the order of their origins. Errors: those of signedByStore; those of the machine. */
export async function newestCheckpoints(
  files: ReadFiles,
  vault: string,
  keys: TrustedKeys,
): Promise<Checkpoint[]> {
  const found: Checkpoint[] = [];
  for (const receiver of ((await listSorted(files, vault)) ?? []).filter(isReceiverId)) {
    const folder = join(vault, receiver, LOG);
    const names = ((await listSorted(files, folder)) ?? []).filter((name) => SUFFIX.test(name));
    for (const name of ['', ...names]) {
      const read = await readSmall(files, join(folder, name, TOP), NOTE_BYTES_MAX);
      const text = read.kind === 'bytes' ? parseUtf8(read.bytes) : undefined;
      if (text !== undefined) found.push(signedByStore(text, keys));
    }
  }
  return found;
}

function inside({ folder, where }: CustodyFolder, name: string): CustodyFolder {
  return { folder: join(folder, name), where: below(where, name) };
}

/** Seconds since 1970 at which a witness cosigned; undefined where it did not, and a text where its signature does not hold. */
export function cosignedAt(
  { note: text }: Pick<Kept, 'note'>,
  witness: NoteKey,
): number | string | undefined {
  try {
    return verifyNote(parseNote(text), [witness])[0]?.time ?? undefined;
  } catch (error) {
    if (error instanceof DockError) return error.message;
    throw error;
  }
}
