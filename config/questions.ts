// The questions of the staff's report (SPEC 7.8.17): a file of their own, in both languages.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import * as z from 'zod';
import { choiceIdSchema } from '../protocol/documents/staff-report.ts';
import { parseUtf8, sha256Hex } from '../protocol/format/bytes.ts';
import { DockError } from '../protocol/format/errors.ts';
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
  questions: z
    .array(z.strictObject({ id: choiceIdSchema, text, answers }))
    .min(1)
    .max(3),
});

/** What is asked. `sha256` is of the file's bytes. */
export interface Questions extends z.infer<typeof fileSchema> {
  readonly sha256: string;
}

/** Those of a file, or the ones that come with the agent. Errors: "questions.refused"; the system's. */
export function readQuestions(path: string): Questions {
  return parseQuestions(path === STANDARD ? shippedFile('config/questions.yaml') : readFileSync(path), path);
}

/** Errors: "questions.refused". */
export function parseQuestions(bytes: Uint8Array, path: string): Questions {
  const refuse = (why: string): never => {
    throw new DockError('questions.refused', `${path} is no file of questions: ${why}`, { retry: 'person' });
  };
  if (bytes.length > FILE_BYTES_MAX) return refuse(`it is longer than ${FILE_BYTES_MAX} bytes`);
  let value: unknown;
  try {
    value = parse(parseUtf8(bytes) ?? refuse('it is not UTF-8'), { maxAliasCount: 0 });
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
  const { data, error } = fileSchema.safeParse(value);
  if (data === undefined)
    return refuse(error.issues.map((each) => `${each.path.join('.')}: ${each.message}`).join('; '));
  for (const each of [data.questions, ...data.questions.map((question) => question.answers)])
    if (new Set(each.map(({ id }) => id)).size < each.length) return refuse('an id is there twice');
  return { ...data, sha256: sha256Hex(bytes) };
}
