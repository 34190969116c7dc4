// What staff gave at the dock's screen, counted for a report (SPEC 4.13.6.6): answers over the whole period, and by weeks in which nobody can be told
// apart; words for who has an identity.
import type { StaffDocument, StaffReport, StaffText } from '../../../protocol/documents/staff-report.ts';
import { openSmall } from '../../../protocol/age/sealed-file-open.ts';
import { parseBase64, parseUtf8 } from '../../../protocol/format/bytes.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import type { Questions } from '../../../config/questions.ts';
import { type Period, weekOf } from './calendar.ts';

/** Of fewer reports no figure is shown: who worked then would be told by the roster. */
export const STAFF_REPORTS_MIN = 5;

/** Words in both languages; null where the file of questions at hand is another one. */
type Words = { readonly en: string; readonly de: string } | null;

/** How often each answer to a question was given. */
export interface StaffQuestion {
  readonly question: string;
  readonly text: Words;
  readonly answers: readonly { readonly answer: string; readonly text: Words; readonly count: number }[];
}

export interface StaffFigures {
  readonly reports: number;
  readonly texts: number;
  /** Empty with fewer than STAFF_REPORTS_MIN reports. */
  readonly questions: readonly StaffQuestion[];
  /** Calendar weeks that are shown. What is left is no week, and none, or STAFF_REPORTS_MIN reports at least. */
  readonly weeks: readonly {
    readonly week: string;
    readonly reports: number;
    readonly questions: readonly StaffQuestion[];
  }[];
  /** Texts that an identity opened, by month, in the order of their ids. */
  readonly words: readonly { readonly month: string; readonly text: string }[];
  /** Texts that no identity opened that was given. */
  readonly words_sealed: number;
}

/** Adds up what one vault holds of a period. */
export class StaffCount {
  readonly #period: Period;
  readonly #reports: StaffReport[] = [];
  readonly #texts: StaffText[] = [];

  constructor(period: Period) {
    this.#period = period;
  }

  take(document: StaffDocument): void {
    const { from, to } = this.#period;
    if (document.day < from || document.day > to) return;
    if (document.type === 'staff-report') this.#reports.push(document);
    else this.#texts.push(document);
  }

  /** `questions` gives words to ids where it is the file that was shown. */
  figures(questions: Questions, identities: readonly string[]): StaffFigures {
    const weeks = new Map<string, StaffReport[]>();
    for (const report of this.#reports) {
      const week = weekOf(report.day);
      weeks.set(week, [...(weeks.get(week) ?? []), report]);
    }
    const words = this.#texts
      .toSorted((a, b) => (a.record < b.record ? -1 : 1))
      .flatMap((text) => opened(text, identities));
    const isShown = this.#reports.length >= STAFF_REPORTS_MIN;
    return {
      reports: this.#reports.length,
      texts: this.#texts.length,
      questions: isShown ? countsOf(this.#reports, questions) : [],
      weeks: shownWeeks(weeks).map(([week, reports]) => ({
        week,
        reports: reports.length,
        questions: countsOf(reports, questions),
      })),
      words: words.toSorted((a, b) => (a.month < b.month ? -1 : a.month > b.month ? 1 : 0)),
      words_sealed: this.#texts.length - words.length,
    };
  }
}

/** Those with enough reports. Where the rest together has too few to be told apart by taking the shown ones from the sum, the smallest go, too. */
function shownWeeks(weeks: ReadonlyMap<string, StaffReport[]>): [string, StaffReport[]][] {
  const bySize = [...weeks].toSorted(([, a], [, b]) => a.length - b.length);
  let hidden = 0;
  while (bySize.length > 0) {
    const size = bySize[0]?.[1].length ?? 0;
    if (size >= STAFF_REPORTS_MIN && (hidden === 0 || hidden >= STAFF_REPORTS_MIN)) break;
    hidden += size;
    bySize.shift();
  }
  return bySize.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** Of reports, or of evaluations; `questions` as for figures. */
export function countsOf(
  reports: readonly Pick<StaffReport, 'answers' | 'questions_sha256'>[],
  { sha256, questions }: Questions,
): StaffQuestion[] {
  const counts = new Map<string, Map<string, number>>();
  for (const { answers } of reports)
    for (const [question, answer] of Object.entries(answers)) {
      const known = counts.get(question) ?? new Map<string, number>();
      counts.set(question, known.set(answer, (known.get(answer) ?? 0) + 1));
    }
  const isAsked = reports.some(({ questions_sha256: asked }) => asked === sha256);
  const asked = isAsked ? questions : [];
  const ids = new Set([...asked.map(({ id }) => id), ...[...counts.keys()].toSorted()]);
  return [...ids].map((question) => {
    const own = asked.find(({ id }) => id === question);
    const given = counts.get(question) ?? new Map<string, number>();
    const answers = new Set([...(own?.answers ?? []).map(({ id }) => id), ...[...given.keys()].toSorted()]);
    return {
      question,
      text: own?.text ?? null,
      answers: [...answers].map((answer) => ({
        answer,
        text: own?.answers.find(({ id }) => id === answer)?.text ?? null,
        count: given.get(answer) ?? 0,
      })),
    };
  });
}

function opened(
  { day, sealed }: StaffText,
  identities: readonly string[],
): { readonly month: string; readonly text: string }[] {
  const bytes = parseBase64(sealed);
  if (bytes === undefined || identities.length === 0) return [];
  try {
    const text = parseUtf8(openSmall(bytes, identities));
    return text === undefined ? [] : [{ month: day.slice(0, 'YYYY-MM'.length), text }];
  } catch (error) {
    if (error instanceof DockError) return [];
    throw error;
  }
}
