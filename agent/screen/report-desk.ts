// Takes what staff give at the dock's screen (SPEC 7.8.13): judges its shape and its bounds. Of a bay and a stay it keeps a count in memory, and writes
// nothing of them anywhere.
import * as z from 'zod';
import { STAFF_TEXT_MAX } from '../../protocol/documents/staff-report.ts';
import { encodeUtf8 } from '../../protocol/format/bytes.ts';
import type { Log } from '../../protocol/format/ports.ts';
import type { Given, StaffReports } from '../records/staff-reports.ts';
import type { Questions } from '../../config/questions.ts';

/** Reports, and texts, for each stay of a camera: what one shift, and maybe its relief, has to say. */
const STAY_MAX = 3;
/** Stays that are counted; of more the oldest are forgotten. */
const STAYS_MAX = 256;

const bay = z.string().max(64).nullable();
const answersSchema = z.strictObject({ bay, answers: z.record(z.string(), z.string()) });
const textSchema = z.strictObject({
  bay,
  text: z
    .string()
    .trim()
    .refine((text) => text.length > 0 && Array.from(text).length <= STAFF_TEXT_MAX && text.isWellFormed()),
});
const bodySchema = z.union([answersSchema, textSchema]);

interface ReportDeskOptions {
  readonly questions: Questions;
  readonly reports: Pick<StaffReports, 'give'>;
  /** Since when a camera is in each bay of the file, over starts; null where none is, or nobody knows. */
  readonly stays: () => ReadonlyMap<string, string | null>;
  readonly log: Pick<Log, 'warn'>;
}

/** Of one station. */
export class ReportDesk {
  readonly #options: ReportDeskOptions;
  readonly #counts = new Map<string, number>();

  constructor(options: ReportDeskOptions) {
    this.#options = options;
  }

  get questions(): Questions {
    return this.#options.questions;
  }

  /** The HTTP status of a body: 204 where it is durable. Never rejects. */
  async take(body: string): Promise<204 | 400 | 429 | 503> {
    const { data } = bodySchema.safeParse(parsed(body));
    const given = data && this.#givenIn(data);
    if (data === undefined || given === undefined) return 400;
    const stays = this.#options.stays();
    if (data.bay !== null && !stays.has(data.bay)) return 400;
    const stay = data.bay === null ? null : stays.get(data.bay);
    const key = `${'text' in data ? 'text' : 'report'} ${data.bay} ${stay}`;
    if (typeof stay === 'string' && !this.#counted(key)) return 429;
    try {
      return (await this.#options.reports.give(given)) ? 204 : 429;
    } catch (error) {
      this.#options.log.warn('what staff gave was not kept', { error });
      return 503;
    }
  }

  #givenIn(data: z.infer<typeof bodySchema>): Given | undefined {
    if ('text' in data) return { text: data.text };
    const { questions, sha256 } = this.#options.questions;
    const given = Object.entries(data.answers);
    const isKnown = given.every(([question, answer]) =>
      questions.some(({ id, answers }) => id === question && answers.some((each) => each.id === answer)),
    );
    return given.length > 0 && isKnown ? { questions_sha256: sha256, answers: data.answers } : undefined;
  }

  /** False above the bound. */
  #counted(key: string): boolean {
    const count = (this.#counts.get(key) ?? 0) + 1;
    if (count > STAY_MAX) return false;
    this.#counts.delete(key);
    this.#counts.set(key, count);
    for (const oldest of this.#counts.keys()) {
      if (this.#counts.size <= STAYS_MAX) break;
      this.#counts.delete(oldest);
    }
    return true;
  }
}

/** Bytes of a text of the most code points, each of four bytes and escaped as JSON may, and of what is around it. */
export const BODY_BYTES_MAX = 8192;

function parsed(body: string): unknown {
  try {
    return encodeUtf8(body).length > BODY_BYTES_MAX ? undefined : JSON.parse(body);
  } catch {
    return undefined;
  }
}
