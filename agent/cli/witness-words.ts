// What `bodydock witness --check` says around what it found, in English and German. Values go into "{}" in order (page/language.ts).
import type { Language } from '../evidence/page/language.ts';

export interface WitnessWords {
  /** In front of a line. Of one width. */
  readonly good: string;
  readonly bad: string;
  /** {}: day, receiver, documents. */
  readonly line: string;
  /** {}: number of lines. */
  readonly verdictGood: string;
  readonly verdictBad: string;
  /** {}: number of lines. Behind the verdict. */
  readonly unreadable: string;
}

export const WITNESS_WORDS: Readonly<Record<Language, WitnessWords>> = {
  en: {
    good: 'good',
    bad: 'BAD ',
    line: '{} {}, {} documents',
    verdictGood: 'good: {} printed lines and their documents match the vault',
    verdictBad: 'NOT GOOD: see above',
    unreadable: '; {} lines begin in this text and cannot be read: compare them with the paper',
  },
  de: {
    good: 'gut      ',
    bad: 'NICHT GUT',
    line: '{} {}, {} Dokumente',
    verdictGood: 'gut: gedruckte Zeilen, die wie ihre Dokumente mit dem Tresor übereinstimmen: {}',
    verdictBad: 'NICHT GUT: siehe oben',
    unreadable:
      '; Zeilen, die in diesem Text beginnen und nicht zu lesen sind, Anzahl: {}: mit dem Papier vergleichen',
  },
};
