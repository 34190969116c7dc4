// What every chapter of the report's page is made from.
import type { Language } from '../page/language.ts';
import type { PilotReport } from './pilot-report.ts';
import type { Words } from './words.ts';

/** Everything that the chapters need. */
export interface Page {
  readonly report: PilotReport;
  readonly language: Language;
  readonly words: Words;
}
