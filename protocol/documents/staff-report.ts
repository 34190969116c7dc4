// What staff say at the dock's screen (SPEC 4.17): answers to questions, and words of their own, each a document of its own. Both name station and day
// and nothing that leads to a person: no docking, camera, bay or time of day.
import * as z from 'zod';
import { NAME_PATTERN } from '../format/ids.ts';
import { MANIFEST_BYTES_MAX, RECIPIENTS_MAX } from '../format/limits.ts';
import * as d from './document.ts';

/** Code points of words of their own. */
export const STAFF_TEXT_MAX = 1000;
/** Sealed to 16 recipients, in base64. */
const SEALED_TEXT_MAX = 32_768;
export const ANSWERS_MAX = 8;

/** Of a question or an answer: as ids that people choose. */
export const choiceIdSchema = z.string().regex(NAME_PATTERN, 'not an id of a question or an answer');

const given = {
  version: z.literal(1),
  /** That of the document's folder. */
  record: d.recordingIdSchema,
  station: d.stationIdSchema,
  /** The station's local day, `YYYY-MM-DD`. */
  day: z.iso.date(),
};

/** Answers by question; one without an answer is left out. */
export const answersSchema = z
  .record(choiceIdSchema, choiceIdSchema)
  .refine((answers) => Object.keys(answers).length >= 1, 'no answer')
  .refine((answers) => Object.keys(answers).length <= ANSWERS_MAX, `more than ${ANSWERS_MAX} answers`);

export const staffReportSchema = z.strictObject({
  type: z.literal('staff-report'),
  ...given,
  /** Of the bytes of the file of questions. */
  questions_sha256: d.sha256Schema,
  answers: answersSchema,
});
export type StaffReport = z.infer<typeof staffReportSchema>;

export const staffTextSchema = z.strictObject({
  type: z.literal('staff-text'),
  ...given,
  recipients: z.array(d.recipientSchema).min(1).max(RECIPIENTS_MAX),
  /** An age file in base64, of the text in UTF-8. */
  sealed: z.base64().min(1).max(SEALED_TEXT_MAX),
});
export type StaffText = z.infer<typeof staffTextSchema>;

/** What a station makes of a touch. */
export type StaffDocument = StaffReport | StaffText;
export const staffDocumentSchema = z.discriminatedUnion('type', [staffReportSchema, staffTextSchema]);
export type StaffKind = StaffDocument['type'];

/** Trusted comment of the signature, by kind. */
export const staffTrustedComment = (kind: StaffKind): string => `bodydock ${kind}`;

/** Canonical bytes. Errors: "document.refused". */
export function encodeStaffDocument(document: StaffDocument): Uint8Array {
  return d.encodeDocument<StaffDocument>(staffDocumentSchema, document);
}

/** Errors of both: "canonical.refused", "document.version", "document.refused". */
export function parseStaffReport(bytes: Uint8Array): StaffReport {
  return d.parseDocument(staffReportSchema, bytes, MANIFEST_BYTES_MAX);
}

export function parseStaffText(bytes: Uint8Array): StaffText {
  return d.parseDocument(staffTextSchema, bytes, MANIFEST_BYTES_MAX);
}
