// Notices that this vault was put back to an earlier state, or lost something: stations' logs tell of receipts for what is not here. Marks
// it, asks for it again, and says what will not come (SPEC 6.10). The vault's documents decide; a log only says where to look.
//
// Invariants:
// 1. A mark is durable before the entry that tells of the receipt is, so a cut in between loses none.
// 2. A station is asked for all that was marked until then before it is answered for the entry, as far as the broker goes.
// 3. Nothing is removed, and no receipt is made here. A mark goes once what it names is in place, or was replaced.
import { isRecordingId, type RecordingId, type StationId } from '../../../protocol/format/ids.ts';
import type { AgainBody } from '../../../protocol/transfer/messages.ts';
import type { Conditions, Log } from '../../../protocol/format/ports.ts';
import * as limits from '../limits.ts';
import { logName } from '../transfer/sending.ts';
import type { RecordingName } from '../vault/vault.ts';
import { InVault, type InVaultOptions } from './in-vault.ts';
import { LogFates, whereabouts, type Whereabouts } from './log-fates.ts';
import { markOf, MISSING_PER_STATION_MAX, MissingMarks, type MissingMark } from './missing-marks.ts';
import { fatesIn, readStationLog } from './station-log.ts';
import { supersededIn } from './superseded.ts';
import { TakenBack } from './taken-back.ts';

const AHEAD_CODE = 'vault.station-ahead';
const LOST_CODE = 'vault.recordings-lost';

export interface MissingWatchOptions extends InVaultOptions {
  readonly stations: Iterable<StationId>;
  /** Signs and publishes. */
  readonly ask: (body: AgainBody) => Promise<void>;
  readonly log: Log;
  readonly conditions: Conditions;
}

/** What is known of one station. */
interface Missing {
  readonly marks: Map<RecordingId, MissingMark>;
  /** As the log told at the last look; what was marked since may come from anywhere. */
  where: ReadonlyMap<RecordingId, Whereabouts>;
  /** Found in this run: a mark that was read before it was removed is none. */
  readonly found: Set<RecordingId>;
  /** Compared in this run with what is in place: whether that replaces it. What comes later is told by `kept`. */
  readonly compared: Set<RecordingId>;
  /** Told as lost in this run. */
  readonly told: Set<RecordingId>;
  /** Those that are not asked for at this time come first at the next; 0 where all were. */
  next: number;
  /** Undefined where the last question went out to nobody. */
  askedAtMs: number | undefined;
}

/** Over all stations of one receiver. */
export class MissingWatch {
  readonly #options: MissingWatchOptions;
  readonly #marks: MissingMarks;
  readonly #takenBack: TakenBack;
  readonly #vault: InVault;
  readonly #stations = new Map<StationId, Missing>();
  readonly #stop = new AbortController();
  #looking: Promise<void> = Promise.resolve();
  #cancel: () => void = () => undefined;
  #lookAtMs = Number.POSITIVE_INFINITY;
  #askMs = limits.MISSING_LOOK_MS;

  constructor(options: MissingWatchOptions) {
    this.#options = options;
    this.#marks = new MissingMarks(options.files, options.layout);
    this.#takenBack = new TakenBack(options.files, options.layout);
    this.#vault = new InVault(options);
  }

  /** Takes over what earlier runs and commands marked. Never rejects: what cannot be read is read again. */
  async start(): Promise<void> {
    await this.#reload().catch((error: unknown) => this.#failed(error));
    this.#arm(limits.MISSING_SOON_MS);
  }

  /** Resolves when nothing of it runs any more. Never rejects. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the receiver stops'));
    this.#cancel();
    await this.#looking;
  }

  /** Lines of a station's log that hold and are about to be kept. Errors: the system's; then they must not be kept. */
  async notice(station: StationId, lines: Uint8Array): Promise<void> {
    const missing = this.#stations.get(station);
    const found = new Map<RecordingId, MissingMark>();
    const takenBack = new Map<RecordingId, Set<string>>();
    let isNews = false;
    for (const { event, facts, at } of fatesIn(lines)) {
      const recording = String(facts[event === 'quarantined' ? 'name' : 'recording']);
      if (!isRecordingId(recording)) continue;
      if (event === 'asked-again') {
        const digests = takenBack.get(recording) ?? new Set();
        takenBack.set(recording, digests.add(String(facts['receipt_sha256'])));
      }
      isNews ||= missing?.marks.has(recording) === true;
      if (event !== 'receipted') continue;
      const receipt = { receiver: String(facts['receiver']), sha256: String(facts['receipt_sha256']), at };
      const known = found.get(recording) ?? missing?.marks.get(recording);
      // The station follows no `again` that names one that it took back.
      if (known !== undefined && !(await this.#isNew(station, recording, known, receipt.sha256))) continue;
      if (await this.#vault.misses(station, recording, receipt.receiver, at))
        found.set(recording, markOf(receipt, this.#options.clock.wallMs()));
    }
    if (found.size > 0) await this.#mark(station, found);
    if (takenBack.size > 0) await this.#takenBack.put(station, takenBack);
    if (found.size > 0 || isNews) this.#arm(limits.MISSING_SOON_MS);
  }

  /**
   * What is in place under that name does not hold, and goes by `setAside`: where the station's log tells of a receipt for it, it is missing
   * from then on. Marked before it goes, so a cut in between loses no mark. Errors: the system's.
   */
  async setAside({ station, recording }: RecordingName, setAside: () => Promise<void>): Promise<void> {
    const marks = await this.#fromLog(station, new Set([recording]));
    if (marks.size > 0) await this.#marks.put(station, marks);
    await setAside();
    if (marks.size > 0) await this.#mark(station, marks); // a look in between saw it in place, and took the mark away
  }

  /** Digests of receipts that the station does not count any more: it logged that we asked for that recording. Errors: the system's. */
  takenBack(name: RecordingName): Promise<ReadonlySet<string>> {
    return this.#takenBack.of(name);
  }

  /** The station is about to be answered for its log. `isHello`: it asked what is held, so it may be new here. Never rejects. */
  async beforeAnswer(station: StationId, isHello: boolean): Promise<void> {
    const missing = this.#stations.get(station);
    if (missing === undefined || missing.marks.size === 0) return;
    const isDue = isHello
      ? this.#isSilentFor(missing, limits.MISSING_HELLO_MS)
      : missing.askedAtMs === undefined;
    if (isDue) await this.#ask(station, missing);
  }

  /** These are in place from now on, or replaced by what is. Never rejects. */
  async kept(station: StationId, recordings: readonly RecordingId[]): Promise<void> {
    const missing = this.#stations.get(station);
    const marked = recordings.filter((recording) => missing?.marks.has(recording) === true);
    if (missing === undefined || marked.length === 0) return;
    for (const recording of marked) await this.#found(station, missing, recording);
    this.#arm(limits.MISSING_SOON_MS);
  }

  async #isNew(
    station: StationId,
    recording: RecordingId,
    known: MissingMark,
    sha256: string,
  ): Promise<boolean> {
    return known.receipt_sha256 !== sha256 && !(await this.#takenBack.of({ station, recording })).has(sha256);
  }

  async #mark(station: StationId, found: Map<RecordingId, MissingMark>): Promise<void> {
    const { log } = this.#options;
    const missing = this.#of(station);
    const room = MISSING_PER_STATION_MAX - missing.marks.size;
    const marked = [...found].slice(0, room);
    if (marked.length < found.size)
      log.error('too many missing recordings of a station to mark: see `bodydock-receiver reconcile`', {
        station,
      });
    await this.#marks.put(station, marked);
    for (const [recording, mark] of marked) {
      missing.marks.set(recording, mark);
      missing.found.delete(recording);
      const facts = { receipted_at: mark.receipted_at, receipt_sha256: mark.receipt_sha256 };
      log.warn('receipted recording missing from the vault, redelivery requested', {
        station,
        recording,
        ...facts,
      });
    }
    this.#raiseAhead(station, missing);
    this.#askMs = limits.MISSING_LOOK_MS;
    await this.#askFor(station, missing, marked);
  }

  #of(station: StationId): Missing {
    const known = this.#stations.get(station);
    if (known !== undefined) return known;
    const set = (): Set<RecordingId> => new Set();
    const sets = { found: set(), compared: set(), told: set() };
    const fresh = { marks: new Map(), where: new Map(), ...sets, next: 0, askedAtMs: undefined };
    this.#stations.set(station, fresh);
    return fresh;
  }

  /** Asks for what may still come, some at a time, one after the other. */
  async #ask(station: StationId, missing: Missing): Promise<void> {
    const open = [...missing.marks].filter(([recording]) => missing.where.get(recording) !== 'nowhere');
    const end = missing.next + limits.MISSING_ASKED_MAX;
    const asked = open.slice(missing.next, end);
    missing.next = end < open.length ? end : 0;
    await this.#askFor(station, missing, asked);
  }

  async #askFor(
    station: StationId,
    missing: Missing,
    marks: Iterable<readonly [RecordingId, MissingMark]>,
  ): Promise<void> {
    const { receiver, ask, log, clock } = this.#options;
    missing.askedAtMs = clock.monotonicMs();
    const asked = [...marks].map(async ([recording, { receipt_sha256 }]) => {
      const body = { message: 'again', station, recording, receiver, receipt_sha256 } as const;
      await ask(body).catch((error: unknown) => {
        missing.askedAtMs = undefined;
        log.debug('redelivery not requested', { station, recording, error });
      });
    });
    await Promise.all(asked);
  }

  #isSilentFor({ askedAtMs }: Missing, ms: number): boolean {
    return askedAtMs === undefined || this.#options.clock.monotonicMs() - askedAtMs >= ms;
  }

  #arm(ms: number): void {
    const { clock } = this.#options;
    const atMs = clock.monotonicMs() + ms;
    if (this.#stop.signal.aborted || atMs >= this.#lookAtMs) return;
    this.#cancel();
    this.#lookAtMs = atMs;
    this.#cancel = clock.after(ms, () => {
      this.#lookAtMs = Number.POSITIVE_INFINITY;
      this.#looking = this.#looking.then(() => this.#look()).catch((error: unknown) => this.#failed(error));
    });
  }

  /** All that is marked: is it here now, where is it by the log, who is to be asked, what is to be told. */
  async #look(): Promise<void> {
    this.#arm(limits.MISSING_LOOK_MS);
    await this.#reload();
    let isRoundOver = false;
    for (const [station, missing] of this.#stations) {
      await this.#lookAt(station, missing);
      if (!this.#raiseAhead(station, missing)) continue;
      const isRound = missing.next === 0;
      if (!this.#isSilentFor(missing, isRound ? this.#askMs : limits.MISSING_LOOK_MS)) continue;
      await this.#ask(station, missing);
      isRoundOver ||= isRound;
    }
    if (isRoundOver) this.#askMs = Math.min(2 * this.#askMs, limits.MISSING_ASK_MS_MAX);
  }

  /** Commands and other receivers mark, acknowledge and find, too. Stations that are in the file no more are left alone. */
  async #reload(): Promise<void> {
    const ours = new Set(this.#options.stations);
    for (const station of await this.#marks.stations()) {
      if (!ours.has(station)) continue;
      const before = [...(this.#stations.get(station)?.marks.keys() ?? [])];
      const { marks, damaged } = await this.#marks.read(station);
      if (damaged.size > 0) await this.#restore(station, damaged, marks);
      if (marks.size === 0 && before.length === 0) continue;
      const missing = this.#of(station);
      for (const recording of before) if (!marks.has(recording)) missing.marks.delete(recording);
      for (const [recording, mark] of marks)
        if (!missing.found.has(recording)) missing.marks.set(recording, mark);
    }
  }

  /** A mark that was damaged says which recording is missing; what was given for it stands in the station's log. */
  async #restore(
    station: StationId,
    damaged: ReadonlySet<RecordingId>,
    marks: Map<RecordingId, MissingMark>,
  ): Promise<void> {
    const { log } = this.#options;
    const restored = await this.#fromLog(station, damaged);
    await this.#marks.put(station, restored);
    for (const [recording, mark] of restored) marks.set(recording, mark);
    for (const recording of damaged) {
      const isRestored = restored.has(recording);
      log.warn('marker of a missing recording damaged', { station, recording, restored: isRestored });
    }
  }

  /** Marks of those for which the station's log in this vault tells of a receipt. */
  async #fromLog(
    station: StationId,
    wanted: ReadonlySet<RecordingId>,
  ): Promise<Map<RecordingId, MissingMark>> {
    const nowMs = this.#options.clock.wallMs();
    const fates = await this.#fates(station, (recording) => wanted.has(recording));
    const found = [...fates.all()].flatMap(([recording, { receipt }]) =>
      receipt === undefined ? [] : [[recording, markOf(receipt, nowMs)] as const],
    );
    return new Map(found);
  }

  /** What the station's log in this vault says of those. */
  async #fates(station: StationId, wants: (recording: RecordingId) => boolean): Promise<LogFates> {
    const { files, layout } = this.#options;
    const fates = new LogFates(wants);
    const reading = { files, signal: this.#stop.signal };
    await readStationLog(reading, layout.custody(station), (entry) => fates.take(entry));
    return fates;
  }

  async #lookAt(station: StationId, missing: Missing): Promise<void> {
    for (const recording of missing.marks.keys())
      if (await this.#vault.holds({ station, recording })) await this.#found(station, missing, recording);
    await this.#dropReplaced(station, missing);
    if (missing.marks.size === 0) {
      missing.where = new Map();
      this.#tellLost(station, missing, []);
      return;
    }
    const fates = await this.#fates(station, (recording) => missing.marks.has(recording));
    const where = [...missing.marks.keys()].map((recording) => {
      const fate = fates.of(recording);
      return [recording, fate === undefined ? 'spool' : whereabouts(fate)] as const;
    });
    missing.where = new Map(where);
    const lost = where.filter(([, at]) => at === 'nowhere').map(([recording]) => recording);
    this.#tellLost(station, missing, lost, fates);
  }

  /** Marks of what a manifest in place replaces go; each is compared once, since it takes a look at all of the station's folders. */
  async #dropReplaced(station: StationId, missing: Missing): Promise<void> {
    const { files, layout } = this.#options;
    const fresh = [...missing.marks.keys()].filter((recording) => !missing.compared.has(recording));
    if (fresh.length === 0) return;
    const replaced = await supersededIn({ files, layout, signal: this.#stop.signal }, station);
    for (const recording of fresh) {
      missing.compared.add(recording);
      if (replaced.has(recording)) await this.#found(station, missing, recording);
    }
  }

  /** One log line for each, once in a run; the condition names the first that nobody has acknowledged. */
  #tellLost(station: StationId, missing: Missing, lost: readonly RecordingId[], fates?: LogFates): void {
    const { log, conditions } = this.#options;
    const open = lost.filter((recording) => missing.marks.get(recording)?.acknowledged === null);
    for (const recording of open) {
      const mark = missing.marks.get(recording);
      if (mark === undefined || missing.told.has(recording)) continue;
      missing.told.add(recording);
      log.error(
        'recording lost: receipted, and held neither by this vault nor by the station nor by its camera',
        {
          ...logName({ station, recording }),
          kind: fates?.of(recording)?.kind,
          camera: fates?.cameraOf(recording) ?? null,
          receipted_at: mark.receipted_at,
          receipt_sha256: mark.receipt_sha256,
        },
      );
    }
    const [first] = open;
    if (first === undefined) conditions.clear(LOST_CODE, station);
    else conditions.raise(LOST_CODE, station, { lost: open.length, first });
  }

  /** True where something may still come. */
  #raiseAhead(station: StationId, { marks, where }: Missing): boolean {
    const open = [...marks.keys()].filter((recording) => where.get(recording) !== 'nowhere');
    const [first] = open.filter((recording) => marks.get(recording)?.acknowledged === null);
    if (first === undefined) this.#options.conditions.clear(AHEAD_CODE, station);
    else this.#options.conditions.raise(AHEAD_CODE, station, { missing: open.length, first });
    return open.length > 0;
  }

  async #found(station: StationId, missing: Missing, recording: RecordingId): Promise<void> {
    missing.marks.delete(recording);
    missing.found.add(recording);
    missing.told.delete(recording);
    this.#options.log.info('missing recording is in the vault again', { station, recording });
    await this.#marks.remove({ station, recording }).catch((error: unknown) => this.#failed(error));
  }

  #failed(error: unknown): void {
    if (!this.#stop.signal.aborted) this.#options.log.warn('missing recordings not checked', { error });
  }
}
