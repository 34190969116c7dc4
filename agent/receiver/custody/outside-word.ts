// Has the store's log fixed from outside (SPEC 4.15.24 to 4.15.34): each hour and at the stop by the witnesses that the file names, once a day
// by its time-stamp authority. What they gave is kept beside the log.
//
// Invariants:
// 1. Nothing is kept that does not verify: a cosignature by the witness's key, a time stamp by its status and digest (its authority's key is the
//    verifier's business).
// 2. One round at a time; whatever fails is said as a condition and tried again an hour later, and never ends the receiver.
// 3. A witness that saw another log than ours is never called good again by this process: a person decides.
import { join } from 'node:path';
import type { TimestampsConfig, WitnessConfig } from '../../../config/receiver-config.ts';
import type { PublicKey } from '../../../protocol/documents/minisign.ts';
import { encodeUtf8, parseUtf8, sha256 } from '../../../protocol/format/bytes.ts';
import { ensureFolder, readIfThere, replaceDurable } from '../../../protocol/format/durable.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { CHECKPOINT, COSIGNED, TIMESTAMPS } from '../../../protocol/format/file-names.ts';
import type { Clock, Conditions, Files, Log } from '../../../protocol/format/ports.ts';
import { type Checkpoint, originKey, parseCheckpoint } from '../../../protocol/transparency/checkpoint.ts';
import {
  formatNoteKey,
  NOTE_BYTES_MAX,
  type NoteKey,
  noteKeyId,
  parseNote,
  verifyNote,
} from '../../../protocol/transparency/signed-note.ts';
import { nodesOfTiles } from '../../../protocol/transparency/tiles.ts';
import {
  addCheckpoint,
  readWitnessAnswer,
  WITNESS_ANSWER_BYTES_MAX,
} from '../../../protocol/transparency/witness-protocol.ts';
import type { Post } from '../../platform/http-post.ts';
import { provenBeginning, readTile } from './log-tree.ts';

/** The first round, after the start: what stations wait for goes first. */
export const OUTSIDE_FIRST_MS = 30_000;
export const OUTSIDE_ROUND_MS = 3_600_000;
/** A witness or an authority has so long to answer, at the stop less. */
const ANSWER_MS = 10_000;
const LAST_ANSWER_MS = 2500;
const DAY_MS = 86_400_000;
/** Tries in a row that may fail before anybody is told: a line that is down for an hour is nothing that a person must fix. */
const FAILED_MAX = 3;
/** Once a day, and sooner by so much that the time that it says is never a day old. */
const STAMPED_MS = DAY_MS - OUTSIDE_ROUND_MS;
/** Of one round: the size that it saw last is learned by the first answer, and may have grown since. */
const ASKED_MAX = 3;
const TOKEN_BYTES_MAX = 64 * 1024;
/** An RFC 3161 request for a SHA-256 that wants the authority's certificates, up to the digest and after it. */
const REQUEST_HEAD = Buffer.from('30390201013031300d060960864801650304020105000420', 'hex');
const REQUEST_END = Buffer.from('0101ff', 'hex');
const FORKED = 'log.witness-forked';
const SILENT = 'log.witness-silent';
const UNSTAMPED = 'log.not-stamped';

export interface OutsideWordOptions {
  readonly witnesses: readonly WitnessConfig[];
  readonly timestamps: Pick<TimestampsConfig, 'url'> | null;
  /** Folder of the tree that the store's log has now. Errors: the system's. */
  readonly folder: () => Promise<string>;
  /** The store's. */
  readonly publicKey: PublicKey;
  readonly post: Post;
  readonly files: Files;
  readonly clock: Clock;
  readonly log: Log;
  readonly conditions: Conditions;
}

/** The newest checkpoint. */
interface Newest extends Checkpoint {
  readonly folder: string;
  readonly note: string;
  readonly text: string;
}

/** What is known of one witness. Times are of the wall clock, in ms since 1970. */
interface WitnessState {
  seen: number;
  cosignedMs: number | undefined;
  isForked: boolean;
  /** Tries in a row without an answer that counts. */
  failed: number;
}

/** Of one running receiver. */
export class OutsideWord {
  readonly #options: OutsideWordOptions;
  readonly #stop = new AbortController();
  readonly #states = new Map<WitnessConfig, WitnessState>();
  #cancel: (() => void) | undefined;
  #round: Promise<void> = Promise.resolve();
  #stampedMs: number | undefined;
  #notStamped = 0;

  constructor(options: OutsideWordOptions) {
    this.#options = options;
  }

  /** Begins, where the file names anybody. */
  start(): void {
    const { witnesses, timestamps } = this.#options;
    if (witnesses.length > 0 || timestamps !== null) this.#arm(OUTSIDE_FIRST_MS);
  }

  /** Asks the witnesses once more: what came since the last hour is fixed then. Never rejects. */
  async stop(): Promise<void> {
    this.#cancel?.();
    this.#stop.abort(new Error('the receiver stops'));
    await this.#round;
    if (this.#cancel !== undefined) await this.#look(false, AbortSignal.timeout(LAST_ANSWER_MS));
  }

  #arm(ms: number): void {
    const { signal } = this.#stop;
    if (signal.aborted) return;
    this.#cancel = this.#options.clock.after(ms, () => {
      this.#round = this.#look(true, signal).then(() => this.#arm(OUTSIDE_ROUND_MS));
    });
  }

  /** Never rejects. */
  async #look(isHourly: boolean, signal: AbortSignal): Promise<void> {
    const { witnesses, timestamps, log } = this.#options;
    try {
      const newest = await this.#newest();
      if (newest === undefined) return;
      await this.#learn(newest);
      const lines = await Promise.all(witnesses.map((witness) => this.#ask(witness, newest, signal)));
      await this.#keep(newest, lines.join(''));
      if (isHourly && timestamps !== null) await this.#stamp(timestamps, newest, signal);
    } catch (error) {
      if (!signal.aborted) log.warn('log not fixed from outside', { error });
    }
  }

  async #newest(): Promise<Newest | undefined> {
    const folder = await this.#options.folder();
    const note = await this.#readNote(join(folder, CHECKPOINT));
    if (note === undefined) return undefined;
    const { text } = parseNote(note);
    return { folder, note, text, ...parseCheckpoint(text) };
  }

  async #readNote(path: string): Promise<string | undefined> {
    const bytes = await readIfThere(this.#options.files, path, NOTE_BYTES_MAX);
    return bytes && parseUtf8(bytes);
  }

  /** What witnesses saw before this start: the note that is kept says it. One that cannot be read says nothing. */
  async #learn({ folder, origin }: Newest): Promise<void> {
    const { witnesses, publicKey, log } = this.#options;
    if (this.#states.size > 0 || witnesses.length === 0) return;
    const key = originKey(origin, publicKey.key);
    log.info('key of the store log, as its witnesses must know it', { public_key: formatNoteKey(key) });
    for (const witness of witnesses)
      this.#states.set(witness, { seen: 0, cosignedMs: undefined, isForked: false, failed: 0 });
    const newest = await this.#readNote(join(folder, COSIGNED));
    for (const [{ key: witness }, state] of this.#states) {
      const known =
        cosignedBy(newest, witness) ??
        cosignedBy(await this.#readNote(join(folder, earlierName(witness))), witness);
      if (known !== undefined) [state.seen, state.cosignedMs] = [known.size, known.ms];
    }
  }

  /** The signature line of a witness; empty where it gave none. Errors: the machine's. */
  async #ask(witness: WitnessConfig, newest: Newest, signal: AbortSignal): Promise<string> {
    const { name } = witness.key;
    const { conditions, clock, log } = this.#options;
    const state = this.#states.get(witness);
    if (state === undefined) return '';
    const reason = await this.#cosign(witness, state, newest, signal).catch((error: unknown) => {
      log.warn('witness not asked', { witness: name, error });
      return error instanceof DockError ? error.code : 'failed';
    });
    if (typeof reason === 'object') {
      state.cosignedMs = reason.time * 1000;
      state.seen = newest.size;
      state.failed = 0;
      conditions.clear(SILENT, name);
      return reason.line;
    }
    const silentMs = clock.wallMs() - (state.cosignedMs ?? 0);
    if (!signal.aborted && ++state.failed >= FAILED_MAX && silentMs > DAY_MS)
      conditions.raise(SILENT, name, { reason });
    return '';
  }

  /** The line and its time, else why there is none. Errors: "log.tile", "http.failed", the system's. */
  async #cosign(
    { key, url }: WitnessConfig,
    state: WitnessState,
    newest: Newest,
    stop: AbortSignal,
  ): Promise<{ readonly line: string; readonly time: number } | string> {
    const { files, post } = this.#options;
    const { folder, note, size } = newest;
    const read = nodesOfTiles(size, (tile) => readTile(files, folder, tile));
    let old = Math.min(state.seen, size);
    for (let asked = 0; asked < ASKED_MAX; asked++) {
      const body = encodeUtf8(addCheckpoint(old, await provenBeginning(old, newest, read), note));
      const signal = AbortSignal.any([stop, AbortSignal.timeout(ANSWER_MS)]);
      const request = { url: `${url.replace(/\/$/, '')}/add-checkpoint`, contentType: 'text/plain', body };
      const answered = await post({ ...request, bytesMax: WITNESS_ANSWER_BYTES_MAX, signal });
      const answer = readWitnessAnswer(answered, note, key);
      if (answer.kind === 'cosigned') return answer;
      // Without a size it says that the lines of this size are other ones.
      const isOther = answer.kind === 'refused' && answer.status === 409 && old === size;
      if (answer.kind === 'refused' && !isOther) return `refused with ${answer.status}`;
      if (answer.kind !== 'conflict' || answer.size > size || answer.size === old) {
        this.#forked(key.name, state, { size, witness_size: answer.kind === 'conflict' ? answer.size : old });
        return 'it saw another log';
      }
      old = answer.size;
    }
    return 'its size changed each time';
  }

  /** It saw more lines than we have, or others: they were taken away here, or the log was copied and went on in two places. */
  #forked(witness: string, state: WitnessState, facts: Readonly<Record<string, number>>): void {
    const { conditions, log } = this.#options;
    if (!state.isForked)
      log.error(
        'a witness saw another log than the store has: lines were taken away, or the log was copied',
        {
          witness,
          ...facts,
        },
      );
    state.isForked = true;
    conditions.raise(FORKED, witness, facts);
  }

  async #keep({ folder, note }: Newest, lines: string): Promise<void> {
    if (lines === '') return;
    const { files, witnesses } = this.#options;
    const [path, next] = [join(folder, COSIGNED), note + lines];
    const before = await this.#readNote(path);
    for (const { key } of witnesses)
      if (
        before !== undefined &&
        cosignedBy(before, key) !== undefined &&
        cosignedBy(next, key) === undefined
      )
        await replaceDurable(files, join(folder, earlierName(key)), encodeUtf8(before));
    await replaceDurable(files, path, encodeUtf8(next));
    await files.syncFolder(folder);
  }

  /** Once a day. Errors: the system's. */
  async #stamp({ url }: Pick<TimestampsConfig, 'url'>, newest: Newest, stop: AbortSignal): Promise<void> {
    const { clock, conditions, log, post, files } = this.#options;
    if (
      this.#stampedMs !== undefined &&
      clock.monotonicMs() - this.#stampedMs < STAMPED_MS - OUTSIDE_ROUND_MS / 2
    )
      return;
    const folder = join(newest.folder, TIMESTAMPS);
    const path = join(folder, String(newest.size));
    if ((await files.stat(`${path}.tsr`)) !== undefined) return;
    const digest = sha256(encodeUtf8(newest.text));
    try {
      const answer = await post({
        url,
        contentType: 'application/timestamp-query',
        body: Buffer.concat([REQUEST_HEAD, digest, REQUEST_END]),
        bytesMax: TOKEN_BYTES_MAX,
        signal: AbortSignal.any([stop, AbortSignal.timeout(ANSWER_MS)]),
      });
      if (answer.status !== 200 || !isGranted(answer.body, digest))
        throw new DockError(
          'timestamp.refused',
          `the authority answered ${answer.status}, and gave no token`,
          {
            retry: 'later',
          },
        );
      await ensureFolder(files, folder);
      await replaceDurable(files, `${path}.checkpoint`, encodeUtf8(newest.note));
      await replaceDurable(files, `${path}.tsr`, answer.body);
      for (const each of [folder, newest.folder]) await files.syncFolder(each);
      this.#stampedMs = clock.monotonicMs();
      this.#notStamped = 0;
      conditions.clear(UNSTAMPED, null);
    } catch (error) {
      if (stop.aborted) return;
      log.warn('no time stamp', { error });
      const code = error instanceof DockError ? error.code : 'failed';
      if (++this.#notStamped < FAILED_MAX) return;
      conditions.raise(UNSTAMPED, null, {
        reason: code,
        host: new URL(url).host,
      });
    }
  }
}

/** What a witness cosigned that is silent now, while others cosigned more. */
function earlierName(witness: NoteKey): string {
  return `${COSIGNED}-${noteKeyId(witness)}`;
}

/** Which size a witness cosigned by a note, and when; undefined where it did not, and where the note cannot be read. */
function cosignedBy(
  note: string | undefined,
  witness: NoteKey,
): { readonly size: number; readonly ms: number } | undefined {
  if (note === undefined) return undefined;
  try {
    const parsed = parseNote(note);
    const time = verifyNote(parsed, [witness])[0]?.time;
    return typeof time === 'number'
      ? { size: parseCheckpoint(parsed.text).size, ms: time * 1000 }
      : undefined;
  } catch (error) {
    if (error instanceof DockError) return undefined;
    throw error;
  }
}

/** An RFC 3161 response that begins with a status of granted (0, or 1 with changes) and has the digest in its token. */
function isGranted(response: Uint8Array, digest: Uint8Array): boolean {
  const bytes = Buffer.from(response);
  const at = bytes.indexOf(Buffer.from([0x02, 0x01]), 2);
  const isOk = bytes[0] === 0x30 && at > 0 && at < 10 && (bytes[at + 2] ?? 2) <= 1;
  return isOk && bytes.includes(Buffer.from(digest));
}
