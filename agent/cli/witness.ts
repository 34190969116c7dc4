// `bodydock witness`: prints the lines of a store's daily witnesses, and compares printed ones with a vault.
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { command, type Io, LANG, refuseOptions, usageError, writeJson } from '../../config/command-line.ts';
import { EXIT_FAILURE, EXIT_GOOD } from '../../config/exit-codes.ts';
import { printable } from '../../config/problems.ts';
import { daySchema, type Witness, witnessLine } from '../../protocol/custody/witness.ts';
import { DockError, systemCode } from '../../protocol/format/errors.ts';
import { fill, type Language } from '../evidence/page/language.ts';
import type { Remark } from '../evidence/verify/remark.ts';
import {
  type CheckedLine,
  type CheckedLines,
  checkLines,
  heldWitnesses,
  type PrintedLine,
  printedLines,
  type WitnessQuestion,
} from '../evidence/witness/held-witnesses.ts';
import { witnessSheet } from '../evidence/witness/witness-sheet.ts';
import { nodeClock } from '../platform/clock-node.ts';
import { nodeFiles } from '../platform/files-node.ts';
import { replacePage } from './page-file.ts';
import { remarkDocument } from './verify-json.ts';
import { VerifyText } from './verify-text.ts';
import { realFolder } from './verify.ts';

/** What `--check` says around what it found; {} are values, in order. `good` and `bad` are of one width. */
export const WITNESS_WORDS = {
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
} as const satisfies Readonly<Record<Language, Readonly<Record<string, string>>>>;

type WitnessWords = (typeof WITNESS_WORDS)[Language];

/** Lines of a century. */
const FILE_BYTES_MAX = 16 * 1024 * 1024;

/** What of the vault's witnesses is to be printed. */
interface PrintWish {
  /** Undefined: the newest, or with `all` each one. */
  readonly day: string | undefined;
  readonly all: boolean;
  readonly html: string | undefined;
  readonly language: Language;
  readonly json: boolean;
}

/** Runs the command; gives the exit code. Errors: "usage", "witness.*", "verify.*", "key.*", the signal's reason, the system's. */
export const witness = command(
  {
    name: 'bodydock witness',
    usage: [
      '--vault DIR [--day DAY | --all] [--html FILE] [--keys KEYS] [--lang en|de] [--json]',
      '--vault DIR --check LINE|FILE [--keys KEYS] [--lang en|de] [--json]',
    ],
    about: `
Each day the store signs a witness over all documents that came in it. The first prints its line, to be put on paper: of the newest day, of
one day, or of all. What the line stands for cannot be changed any more without contradicting the paper.

The second compares lines from paper with the vault: whether the vault's witness is the printed one, and whether the documents of that day
are still those that it stands for. Reads no payload and changes nothing; "bodydock verify" checks the whole vault.
`,
    options: {
      vault: { type: 'string', value: 'DIR', text: "the store's vault" },
      day: { type: 'string', value: 'DAY', text: 'a UTC day, as in 2026-11-25' },
      all: { type: 'boolean', text: 'every day that has one' },
      html: {
        type: 'string',
        value: 'FILE',
        text: 'a sheet that prints on A4, with digits that can be read aloud',
      },
      check: {
        type: 'string',
        value: 'LINE',
        text: 'a line, or a text file with one or many; gaps and line breaks do not matter',
      },
      keys: {
        type: 'string',
        value: 'KEYS',
        text: 'folder with store*.pub (default: keys/ beside the vault)',
      },
      lang: LANG,
    },
    json: 'one JSON document instead of text',
    exits: '0 good, 1 a finding, or no witness of that day, 2 usage, 78 keys.',
  },
  async (line, io) => {
    const { vault, day, all = false, html, check, keys } = line.values;
    const { json, language } = line;
    if (vault === undefined) throw usageError('--vault DIR is missing');
    if (day !== undefined && !daySchema.safeParse(day).success)
      throw usageError(`--day ${JSON.stringify(day)}: write it as 2026-11-25`);
    const chosen = [day !== undefined, all, check !== undefined].filter(Boolean).length;
    if (chosen > 1) throw usageError('--day, --all and --check exclude each other');
    if (check !== undefined) refuseOptions(line.values, ['html'], 'with --check');
    const question = {
      files: nodeFiles(),
      vault: await realFolder(vault),
      keysFolder: keys,
      nowMs: nodeClock().wallMs(),
      signal: io.signal,
    };
    if (check !== undefined) return compare(question, await linesFrom(check), { language, json }, io);
    return print(question, { day, all, html, language, json }, io);
  },
);

async function print(question: WitnessQuestion, wish: PrintWish, io: Io): Promise<number> {
  const held = await heldWitnesses(question);
  const found = wanted(
    held.witnesses.map((each) => each.witness),
    wish,
  );
  const findings = held.remarks.filter(({ kind }) => kind === 'finding');
  if (found.length === 0) throw none(wish.day, findings.length);
  if (wish.html !== undefined) await replacePage(resolve(wish.html), witnessSheet(found, wish.language));
  if (wish.json)
    writeJson(io, {
      good: findings.length === 0,
      lines: found.map((each) => ({ day: each.day, receiver: each.receiver, line: witnessLine(each) })),
      remarks: findings.map(remarkDocument),
    });
  else {
    io.out(found.map((each) => `${witnessLine(each)}\n`).join(''));
    io.err(new VerifyText(wish.language).remarks(findings));
  }
  return findings.length === 0 ? EXIT_GOOD : EXIT_FAILURE;
}

/** Of each receiver. */
function wanted(witnesses: readonly Witness[], { day, all }: PrintWish): Witness[] {
  if (all) return [...witnesses];
  const newest = new Map(witnesses.map((each) => [each.receiver, each.day]));
  return witnesses.filter((each) => each.day === (day ?? newest.get(each.receiver)));
}

function none(day: PrintWish['day'], findings: number): DockError {
  const which = day === undefined ? 'no witness' : `no witness of ${day}`;
  const why =
    findings === 0
      ? 'nothing came on that day, or it is not over for a quarter of an hour, or the receiver has not run since'
      : '"bodydock verify" says what is wrong with those that are there';
  return new DockError('witness.none', `the vault holds ${which} that is good: ${why}`, { retry: 'person' });
}

async function compare(
  question: WitnessQuestion,
  { lines, unreadable }: ReturnType<typeof printedLines>,
  { language, json }: Pick<PrintWish, 'language' | 'json'>,
  io: Io,
): Promise<number> {
  const checked = await checkLines(question, lines);
  const bad = [...checked.remarks, ...checked.lines.flatMap(({ remarks }) => remarks)].some(isFinding);
  const good = !bad && unreadable === 0;
  if (json)
    writeJson(io, {
      good,
      unreadable,
      lines: checked.lines.map(({ line, remarks }) => ({
        ...line,
        good: !remarks.some(isFinding),
        remarks: remarks.map(remarkDocument),
      })),
      remarks: checked.remarks.map(remarkDocument),
    });
  else io.out(checkedText(checked, unreadable, good, language));
  return good ? EXIT_GOOD : EXIT_FAILURE;
}

function checkedText(
  { lines, remarks }: CheckedLines,
  unreadable: number,
  good: boolean,
  language: Language,
): string {
  const words = WITNESS_WORDS[language];
  const text = new VerifyText(language);
  const last = good
    ? fill(words.verdictGood, lines.length)
    : words.verdictBad + (unreadable === 0 ? '' : fill(words.unreadable, unreadable));
  const each = lines.map((line) => lineText(line, words) + text.remarks(line.remarks)).join('');
  return `${each}${text.remarks(remarks.filter((each) => isFinding(each) || isDropped(each)))}${last}\n`;
}

function lineText({ line, remarks }: CheckedLine, words: WitnessWords): string {
  const { day, receiver, documents } = line;
  const mark = remarks.some(isFinding) ? words.bad : words.good;
  return `${mark}  ${fill(words.line, day, receiver, documents)}\n`;
}

/** A recording of these days of which the documents were dropped. */
function isDropped({ code }: Remark): boolean {
  return code.startsWith('drop.');
}

function isFinding({ kind }: Remark): boolean {
  return kind === 'finding';
}

/** A line as it was typed, or a file that holds some. Errors: "usage"; "witness.unreadable". */
async function linesFrom(
  word: string,
): Promise<{ readonly lines: PrintedLine[]; readonly unreadable: number }> {
  const isLine = /bodydock-witness\s/i.test(word);
  const found = printedLines(isLine ? word : await textOf(resolve(word)));
  if (found.lines.length > 0 || found.unreadable > 0) return found;
  throw usageError(
    `--check ${printable(word.slice(0, 80))}: no line in it; one begins with "bodydock-witness 1 "`,
  );
}

async function textOf(path: string): Promise<string> {
  try {
    if ((await stat(path)).size <= FILE_BYTES_MAX) return await readFile(path, 'utf8');
  } catch (error) {
    const message = `${path} cannot be read (${systemCode(error) ?? 'unknown error'}): give a line in quotes, or a text file`;
    throw new DockError('witness.unreadable', message, { cause: error, retry: 'person' });
  }
  throw new DockError('witness.unreadable', `${path} is too long for a file of lines`, { retry: 'person' });
}
