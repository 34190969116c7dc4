// The questions of the staff's report (SPEC 7.8.17): a file of their own, in both languages.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import * as z from 'zod';
import { ANSWERS_MAX, choiceIdSchema } from '../protocol/documents/staff-report.ts';
import { parseUtf8, sha256Hex } from '../protocol/format/bytes.ts';
import { DockError, systemCode } from '../protocol/format/errors.ts';
import { shippedFile } from './program-version.ts';

/** `screen.questions` that names no file, and means those that come with the agent. */
export const STANDARD = 'standard';
const FILE_BYTES_MAX = 64 * 1024;

const words = z.string().trim().min(1).max(120);
const text = z.strictObject({ en: words, de: words });
const answers = z
  .array(z.strictObject({ id: choiceIdSchema, text }))
  .min(2)
  .max(8);
const fileSchema = z.strictObject({
  questions: z.array(z.strictObject({ id: choiceIdSchema, text, answers })).min(1),
});
/** With the touch that begins a report these are four touches at most. */
const STAFF_QUESTIONS_MAX = 3;

/** What is asked. `sha256` is of the file's bytes. */
export interface Questions extends z.infer<typeof fileSchema> {
  readonly sha256: string;
}

/** Those of a file, or the ones that come with the agent. Errors: "questions.refused". */
export function readQuestions(path: string): Questions {
  if (path === STANDARD)
    return parseQuestions(shippedFile('config/questions.yaml'), path, STAFF_QUESTIONS_MAX);
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    return refuse(path, systemCode(error) ?? 'unknown error');
  }
  return parseQuestions(bytes, path, STAFF_QUESTIONS_MAX);
}

/** Those of an evaluation (SPEC 4.18), as they come with every part of the product. */
export function evaluationQuestions(): Questions {
  const path = 'config/evaluation.yaml';
  return parseQuestions(shippedFile(path), path, ANSWERS_MAX);
}

function refuse(path: string, why: string): never {
  const message = `${path} is no file of questions (${why}): correct it, or its path; questions.yaml of this program is an example`;
  throw new DockError('questions.refused', message, { retry: 'person' });
}

function parseQuestions(bytes: Uint8Array, path: string, most: number): Questions {
  if (bytes.length > FILE_BYTES_MAX) return refuse(path, `longer than ${FILE_BYTES_MAX} bytes`);
  const yaml = parseUtf8(bytes) ?? refuse(path, 'not UTF-8');
  let value: unknown;
  try {
    value = parse(yaml, { maxAliasCount: 0 });
  } catch (error) {
    const [why] = String(error instanceof Error ? error.message : error).split(':\n');
    return refuse(path, why ?? '');
  }
  const { data, error } = fileSchema.safeParse(value);
  if (data === undefined)
    return refuse(path, error.issues.map((each) => `${each.path.join('.')}: ${each.message}`).join('; '));
  if (data.questions.length > most) return refuse(path, `more than ${most} questions`);
  for (const each of [data.questions, ...data.questions.map((question) => question.answers)])
    if (new Set(each.map(({ id }) => id)).size < each.length) return refuse(path, 'an id is there twice');
  return { ...data, sha256: sha256Hex(bytes) };
}
