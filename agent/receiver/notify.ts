// Mails of a store (SPEC 7.12): critical conditions that began or ended, and one line a day. It looks at the board and at its clock, and is looked at
// by nothing.
//
// Invariants:
// 1. Nothing waits for it: what it sends is sent by a loop of its own, one mail at a time, each with a deadline.
// 2. What waits is bounded, in number and in age; what is left out is counted in the mail.
// 3. A mail holds texts of ours, ids, numbers and times: no facts of a condition, and no text that a message brought.
import { type Language, shownAt } from '../../config/language.ts';
import { printable } from '../../config/problems.ts';
import { texts } from '../../config/texts.ts';
import { STORE_STATUS_DE } from '../../config/texts/de/store-status.ts';
import { STORE_STATUS_EN } from '../../config/texts/en/store-status.ts';
import { describeError, DockError } from '../../protocol/format/errors.ts';
import type { Clock, Conditions, Log } from '../../protocol/format/ports.ts';
import type { ConditionBoard } from '../monitoring/condition-board.ts';
import { conditionKind, type Severity, worstFirst } from '../monitoring/condition-table.ts';
import type { StoreNumbers } from './store-numbers.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const LOOK_MS = 5_000;
/** From the first beginning or end to the mail that has it. */
const GATHER_MS = MINUTE_MS;
/** Mails of conditions in any hour; the line of the day is none of them. */
const MAILS_PER_HOUR = 10;
/** Named in one mail, and kept for it. */
const NAMED_MAX = 50;
const CHANGES_MAX = 1000;
const SEND_MS = MINUTE_MS;
const RETRY_MS_MAX = 30 * MINUTE_MS;
/** A start so long after the time of the day sends the line as well: the process before it may have missed it. */
const LATE_MINUTES = 10;
const FAILING = 'notify.failing';
const SAY = texts(STORE_STATUS_EN, STORE_STATUS_DE);
const STATIONS_MAX = 32;
const SUBJECT_CHARACTERS_MAX = 64;

/** What a mail says; to whom and from whom is the sender's. */
export interface Note {
  readonly subject: string;
  readonly text: string;
}

export interface NotifyDeps {
  readonly receiver: string;
  readonly language: Language;
  /** Minutes since midnight. */
  readonly dailyMinute: number;
  readonly board: Pick<ConditionBoard, 'codes' | 'shown' | 'holds' | 'table'>;
  readonly conditions: Conditions;
  /** When each was heard last, those that were silent for longest first. */
  readonly stations: () => StoreNumbers['stations'];
  /** Sends it, or fails; gives how many addresses were refused while others were taken. */
  readonly send: (note: Note, signal: AbortSignal) => Promise<number>;
  readonly clock: Clock;
  readonly log: Log;
  /** Local time of an instant, taken as UTC. */
  readonly toLocalMs: (utcMs: number) => number;
}

/** A critical condition of one subject, and what became of it since the last mail. */
interface Change {
  readonly code: string;
  readonly subject: string | null;
  readonly sinceMs: number;
  /** Null while it holds. */
  readonly endedMs: number | null;
  /** When this was seen, in monotonic ms. */
  readonly atMs: number;
}

type Entry = Pick<Change, 'code' | 'subject' | 'sinceMs' | 'endedMs'> & { readonly severity: Severity };

/** For a person who tries whether mails arrive. */
export function trialNote(receiver: string, { language }: { readonly language: Language }): Note {
  const say = SAY[language];
  return letter({ receiver, language }, say('note.trial'), [say('note.trialText')]);
}

function letter(
  { receiver, language }: Pick<NotifyDeps, 'receiver' | 'language'>,
  subject: string,
  parts: readonly string[],
): Note {
  const text = [...parts, SAY[language]('note.end', { receiver })].map((part) => `${part}\n`).join('\n');
  return { subject: printable(`bodydock ${receiver}: ${subject}`), text };
}

/** The mails of one store. */
export class Notify {
  readonly #deps: NotifyDeps;
  /** Critical conditions that hold, as far as they were seen, by code and subject. */
  #holding = new Map<string, Change>();
  /** What no mail has said yet; of one subject the newest. */
  #changes = new Map<string, Change>();
  #firstMs: number | undefined;
  #leftOut = 0;
  #heldBack = 0;
  #sentMs: number[] = [];
  #day: number;
  #isDayDue = false;
  #retryMs = 0;
  #notBeforeMs = 0;

  constructor(deps: NotifyDeps) {
    this.#deps = deps;
    this.#day = this.#dayOf(deps.clock.wallMs() - LATE_MINUTES * MINUTE_MS);
  }

  /** Sends until the signal is aborted; waits for nothing of the receiver. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.look();
      await this.#sendDue(signal);
      await this.#deps.clock.sleep(LOOK_MS, signal).catch(() => undefined);
    }
  }

  /** Looks at what is shown now. To be called at each change, so that nothing is missed that lasts for a moment. */
  look(): void {
    const { board, clock } = this.#deps;
    const shown = this.#shownNow();
    for (const [key, change] of shown)
      if (!this.#holding.has(key)) {
        this.#holding.set(key, change);
        this.#note(key, change);
      }
    for (const [key, change] of this.#holding) {
      if (shown.has(key) || board.holds(change.code, change.subject)) continue;
      this.#holding.delete(key);
      this.#note(key, { ...change, endedMs: clock.wallMs(), atMs: clock.monotonicMs() });
    }
  }

  #shownNow(): Map<string, Change> {
    const { board, clock } = this.#deps;
    const atMs = clock.monotonicMs();
    const all = board.codes.flatMap((code) => {
      const shown = board.shown(code);
      if (shown?.kind.severity !== 'critical') return [];
      return shown.standing.map(({ subject, sinceMs }): [string, Change] => [
        JSON.stringify([code, subject]),
        { code, subject, sinceMs, endedMs: null, atMs },
      ]);
    });
    return new Map(all);
  }

  #note(key: string, change: Change): void {
    this.#firstMs ??= change.atMs;
    if (this.#isFull(change.atMs)) this.#heldBack++;
    this.#changes.delete(key); // the newest comes last
    this.#changes.set(key, change);
    for (const oldest of this.#changes.keys()) {
      if (this.#changes.size <= CHANGES_MAX) break;
      this.#changes.delete(oldest);
      this.#leftOut++;
    }
  }

  /** True while the mails of an hour are used up. */
  #isFull(nowMs: number): boolean {
    this.#sentMs = this.#sentMs.filter((atMs) => nowMs - atMs < HOUR_MS);
    return this.#sentMs.length >= MAILS_PER_HOUR;
  }

  async #sendDue(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    const day = this.#dayOf(clock.wallMs());
    if (day > this.#day) this.#isDayDue = true;
    this.#day = day;
    if (clock.monotonicMs() < this.#notBeforeMs) return;
    if (this.#isDayDue && (await this.#send(this.#dayNote(), signal))) this.#isDayDue = false;
    const nowMs = clock.monotonicMs();
    if (nowMs < this.#notBeforeMs || this.#firstMs === undefined) return;
    if (nowMs - this.#firstMs >= GATHER_MS && !this.#isFull(nowMs)) await this.#sendChanges(nowMs, signal);
  }

  async #sendChanges(nowMs: number, signal: AbortSignal): Promise<void> {
    for (const [key, { atMs }] of this.#changes)
      if (nowMs - atMs >= DAY_MS && this.#changes.delete(key)) this.#leftOut++;
    const [changes, left, held] = [this.#changes, this.#leftOut, this.#heldBack];
    [this.#changes, this.#leftOut, this.#heldBack, this.#firstMs] = [new Map(), 0, 0, undefined];
    if (await this.#send(this.#changesNote([...changes.values()], left, held), signal)) {
      this.#sentMs.push(nowMs);
      return;
    }
    // What came meanwhile is newer than what the mail had of the same subject.
    this.#changes = new Map([...changes, ...this.#changes]);
    this.#leftOut += left;
    this.#heldBack += held;
    this.#firstMs = nowMs - GATHER_MS;
  }

  /** True where it was taken. Never rejects. */
  async #send(note: Note, signal: AbortSignal): Promise<boolean> {
    const { clock, conditions, log, send } = this.#deps;
    const late = new AbortController();
    const words = `the mail was not taken within ${SEND_MS / 1000} s`;
    const stop = clock.after(SEND_MS, () =>
      late.abort(new DockError('mail.late', words, { retry: 'later' })),
    );
    const within = AbortSignal.any([signal, late.signal]);
    const ended = new Promise<never>((_, reject) =>
      within.addEventListener('abort', () => reject(within.reason as Error), { once: true }),
    );
    try {
      const refused = await Promise.race([send(note, within), ended]);
      this.#retryMs = 0;
      if (refused === 0) conditions.clear(FAILING, null);
      else conditions.raise(FAILING, null, { reason: 'mail.address' });
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      log.warn('mail not sent', { error });
      conditions.raise(FAILING, null, { reason: describeError(error) });
      this.#retryMs = Math.min(Math.max(2 * this.#retryMs, MINUTE_MS), RETRY_MS_MAX);
      this.#notBeforeMs = clock.monotonicMs() + this.#retryMs;
      return false;
    } finally {
      stop();
    }
  }

  /** Number of the day whose time for the line was last. */
  #dayOf(wallMs: number): number {
    const { toLocalMs, dailyMinute } = this.#deps;
    return Math.floor((toLocalMs(wallMs) - dailyMinute * MINUTE_MS) / DAY_MS);
  }

  #changesNote(changes: readonly Change[], leftOut: number, heldBack: number): Note {
    const { language } = this.#deps;
    const say = SAY[language];
    const ended = changes.filter(({ endedMs }) => endedMs !== null).length;
    const begun = changes.length - ended;
    const subject = [
      ...(begun > 0 ? [say('note.begun', { count: begun })] : []),
      ...(ended > 0 ? [say('note.ended', { count: ended })] : []),
    ].join(', ');
    const unnamed = leftOut + Math.max(0, changes.length - NAMED_MAX);
    return letter(this.#deps, subject || say('note.unnamed', { count: unnamed }), [
      ...changes.slice(-NAMED_MAX).map((change) => this.#entry({ ...change, severity: 'critical' })),
      ...(unnamed > 0 ? [say('note.unnamed', { count: unnamed })] : []),
      ...(heldBack > 0 ? [say('note.heldBack', { count: heldBack, mails: MAILS_PER_HOUR })] : []),
    ]);
  }

  #dayNote(): Note {
    const { board, stations, language } = this.#deps;
    const say = SAY[language];
    const shown = board.codes
      .flatMap((code) => board.shown(code) ?? [])
      .filter(({ kind }) => kind.severity !== 'info');
    const entries = worstFirst(
      shown.flatMap(({ code, kind, standing }) =>
        standing.map((one) => ({ ...one, code, severity: kind.severity, endedMs: null })),
      ),
    );
    const unnamed = entries.length - NAMED_MAX;
    const heard = stations()
      .slice(0, STATIONS_MAX)
      .map(({ station, heard_at: at }) =>
        at === null ? say('note.unheard', { station }) : say('note.heard', { station, at: shownAt(at) }),
      );
    const worst = worstFirst(shown.map(({ kind }) => kind))[0]?.severity;
    const subject =
      worst === undefined
        ? say('note.well')
        : say('note.notWell', { count: shown.length, worst: say(`severity.${worst}`) });
    return letter(this.#deps, subject, [
      ...(worst === undefined
        ? [say('note.wellText')]
        : entries.slice(0, NAMED_MAX).map((each) => this.#entry(each))),
      ...(unnamed > 0 ? [say('note.unnamed', { count: unnamed })] : []),
      [say('stations'), ...heard].join('\n'),
    ]);
  }

  #entry({ code, subject, sinceMs, endedMs, severity }: Entry): string {
    const { board, language } = this.#deps;
    const say = SAY[language];
    const { text, remedy } = conditionKind(code, board.table);
    const about = subject === null ? code : `${code} (${subject.slice(0, SUBJECT_CHARACTERS_MAX)})`;
    const since = shownAt(new Date(sinceMs).toISOString());
    const lines =
      endedMs === null
        ? [
            `${say(`severity.${severity}`)}  ${about}  ${say('since', { at: since })}`,
            `  ${text[language]}`,
            `  ${say('toDo')}${remedy[language]}`,
          ]
        : [
            `${say('note.over')}  ${about}  ${say('note.fromTo', { at: since, until: shownAt(new Date(endedMs).toISOString()) })}`,
            `  ${text[language]}`,
          ];
    return lines.map((line) => printable(line)).join('\n');
  }
}
