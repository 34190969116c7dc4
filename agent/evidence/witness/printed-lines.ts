// Reads the lines of witnesses as they come back from paper (SPEC 4.10): typed, scanned, broken where the paper ended, with or without the
// gaps that make digits readable. Pure.

/** What a printed line says. */
export interface PrintedLine {
  readonly day: string;
  readonly receiver: string;
  readonly documents: number;
  readonly root: string;
  /** Null for the first witness. */
  readonly previous: string | null;
}

const DIGEST = '(?:[0-9a-f]\\s*){64}';
const LINE = new RegExp(
  `bodydock-witness\\s+1\\s+(\\d{4}-\\d{2}-\\d{2})\\s+(r-[a-z0-9-]{1,30})\\s+documents=\\s*(\\d{1,15})\\s+root=\\s*(${DIGEST})previous=\\s*(${DIGEST}|-)`,
  'g',
);
const BEGINNING = /bodydock-witness\s/g;

/** All lines in a text, and how many more begin in it but cannot be read as a whole. */
export function printedLines(text: string): { readonly lines: PrintedLine[]; readonly unreadable: number } {
  const plain = text.toLowerCase();
  const lines = [...plain.matchAll(LINE)].map(
    ([, day = '', receiver = '', documents = '', root = '', previous = '']): PrintedLine => ({
      day,
      receiver,
      documents: Number(documents),
      root: root.replaceAll(/\s/g, ''),
      previous: previous === '-' ? null : previous.replaceAll(/\s/g, ''),
    }),
  );
  return { lines, unreadable: [...plain.matchAll(BEGINNING)].length - lines.length };
}

/** A digest in groups of eight, for eyes. */
export function grouped(digest: string): string {
  return (digest.match(/.{1,8}/g) ?? []).join(' ');
}
