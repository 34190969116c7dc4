// The page that explains a kit to somebody who never saw the product. Pure: all facts come in, one self-contained page goes out.
import { printable } from '../../../config/problems.ts';
import { filled } from '../../../config/texts.ts';
import { KIT_DE } from '../../../config/texts/de/kit.ts';
import { KIT_EN, type KitWords } from '../../../config/texts/en/kit.ts';
import type { DockingRecord } from '../../../protocol/documents/docking-record.ts';
import {
  CHUNKS,
  DELETION,
  DOCKING,
  MANIFEST,
  ORDER,
  PAYLOAD,
  POLICY,
  RECEIPT,
  SEGMENT_SUFFIX,
  SIGNATURE_SUFFIX,
} from '../../../protocol/format/file-names.ts';
import {
  type Block,
  blocksHtml,
  blocksText,
  heading,
  list,
  paragraph,
  small,
  subheading,
  table,
  warning,
} from '../page/blocks.ts';
import { eventSentence, type Language, shownAt } from '../page/language.ts';
import { meaningOf, type Remark } from '../verify/remark.ts';
import type { KitDocking, KitEntry, KitParts, KitRecording } from './kit-plan.ts';
import { type KitContents, type KitLine, type KitStep, kitSteps, opens, SAID } from './kit-steps.ts';
import { CHAIN_SCRIPT, FINDINGS_FILE, FORMAT_FILE, SPEC_FILE } from './kit-texts.ts';
import type { KitKey } from './kit-writer.ts';

const FINDINGS_SHOWN_MAX = 100;

/** Everything that a page is made of. */
export interface KitPage extends KitContents {
  readonly keys: readonly KitKey[];
  readonly findings: readonly Remark[];
  /** All paths in the kit, sorted. */
  readonly paths: readonly string[];
  /** RFC 3339 UTC. */
  readonly madeAt: string;
  readonly version: string;
  /** Id of the vault, where it has one. */
  readonly vault: string | undefined;
  /** Name of the page in the other language. */
  readonly otherPage: string;
}

/** The page in one language. */
export function kitPage(kit: KitPage, language: Language): string {
  const { title, blocks } = kitBlocks(kit, language);
  return blocksHtml(language, title, blocks);
}

/** The same as plain text, for a machine without a browser. A terminal may show it, and it holds what cameras say of themselves. */
export function kitText(kit: KitPage, language: Language): string {
  const { title, blocks } = kitBlocks(kit, language);
  return blocksText(title, blocks).replaceAll(/[^\n]+/g, printable);
}

function kitBlocks(
  kit: KitPage,
  language: Language,
): { readonly title: string; readonly blocks: readonly Block[] } {
  const words = language === 'de' ? KIT_DE : KIT_EN;
  const first = [head, findings, shortly, recordings, dockings, limits];
  const blocks = [
    ...first.flatMap((chapter) => chapter(kit, words, language)),
    ...logBlocks(kit.parts, words, language),
    ...keys(kit, words),
    ...checkBlocks(kit, words),
    ...contents(kit, words),
    ...made(kit, words),
  ];
  return { title: hasRecordings(kit) ? words.title : words.titleDocking, blocks };
}

function hasRecordings({ parts }: KitPage): boolean {
  return parts.asked.length > 0;
}

function head(kit: KitPage, words: KitWords): Block[] {
  const { parts, findings: found, madeAt, otherPage } = kit;
  const { length } = parts.asked;
  const what = length === 1 ? words.oneRecording : filled(words.recordings, { count: length });
  const intro = hasRecordings(kit)
    ? filled(words.intro, { what })
    : filled(words.introDocking, { count: dockingsIn(parts).length });
  return [
    small(filled(words.other, { page: otherPage })),
    paragraph(intro),
    found.length === 0
      ? paragraph(filled(words.good, { at: shownAt(madeAt) }))
      : warning(filled(words.bad, { at: shownAt(madeAt), count: found.length })),
  ];
}

function shortly(kit: KitPage, words: KitWords): Block[] {
  return [heading(words.shortly), list(hasRecordings(kit) ? words.shortlyText : words.shortlyDocking)];
}

function recordings({ parts }: KitPage, words: KitWords): Block[] {
  const titled = [
    ...parts.asked.map((one) => [words.facts, one] as const),
    ...parts.sidecars.map((one) => [words.sidecar, one] as const),
  ];
  return titled.flatMap(([title, recording]): Block[] => [
    heading(filled(title, { recording: recording.recording })),
    table(words.factsHead, factRows(recording, parts, words)),
  ]);
}

function dockings({ parts }: KitPage, words: KitWords): Block[] {
  return dockingsIn(parts).flatMap((docking): Block[] => {
    const proof = proofText(docking, words);
    return [
      heading(filled(words.docking, { docking: docking.docking })),
      ...(proof === undefined ? [] : [paragraph(proof)]),
      table(words.factsHead, dockingFactRows(docking, words)),
    ];
  });
}

function findings({ findings: found }: KitPage, words: KitWords, language: Language): Block[] {
  if (found.length === 0) return [];
  const rows = found
    .slice(0, FINDINGS_SHOWN_MAX)
    .map(({ code, where, message }) => [code, `${where}: ${message}. ${meaningOf(code, language)}`]);
  return [heading(words.findings), table(words.findingsHead, rows)];
}

function contents({ paths, parts }: KitPage, words: KitWords): Block[] {
  return [heading(words.contents), table(words.contentsHead, fileRows(paths, parts, words))];
}

function keys({ keys: known }: KitPage, words: KitWords): Block[] {
  const rows = known.map(({ file, line, introduced }) => [
    introduced ? filled(words.keyIntroduced, { file }) : file,
    line,
  ]);
  return [
    heading(words.keys),
    paragraph(words.keysText),
    rows.length === 0 ? warning(words.noKeys) : table(words.keysHead, rows),
  ];
}

function limits(_: KitPage, words: KitWords): Block[] {
  return [heading(words.limits), list(words.limitsText)];
}

function made({ madeAt, version, vault }: KitPage, words: KitWords): Block[] {
  return [small(filled(words.made, { version, at: shownAt(madeAt), vault: vault ?? '-' }))];
}

// What the page of a kit says of one recording, row by row, from what its documents claim. Pure.

/** Label and value. */
type FactRow = readonly [string, string];

/** All that is known of a recording. */
function factRows(recording: KitRecording, parts: KitParts, words: KitWords): FactRow[] {
  const { manifest } = recording;
  if (manifest === undefined) return [[words.kind, words.noManifest]];
  const { camera, original } = manifest;
  return [
    [words.station, `${manifest.station}, ${manifest.bay}`],
    [
      words.camera,
      filled(words.cameraText, {
        id: camera.id,
        model: camera.model ?? words.notTold,
        serial: camera.serial ?? words.notTold,
      }),
    ],
    [words.kind, kindOf(recording, words)],
    [words.recorded, recordedText(recording, words)],
    ...dockingRows(recording, parts, words),
    [
      words.sealedAt,
      filled(manifest.clock_synchronised === true ? words.clockGood : words.clockBad, {
        at: shownAt(manifest.sealed_at),
      }),
    ],
    [words.original, filled(words.originalText, { size: original.size_bytes, digest: original.sha256 })],
    [words.sealedFor, manifest.recipients.join(', ')],
    ...storeRows(recording, parts, words),
  ];
}

function kindOf({ manifest }: KitRecording, words: KitWords): string {
  const kind = manifest === undefined ? '' : words.kinds[manifest.role];
  const reason = manifest?.rejected?.reason;
  return reason === undefined
    ? kind
    : `${kind}; ${filled(words.rejected, { reason: words.reasons[reason] })}`;
}

function recordedText({ manifest }: KitRecording, words: KitWords): string {
  const { earliest_at: earliest, latest_at: latest, basis } = manifest?.capture ?? {};
  const claimed = manifest?.original.modified_at;
  if (basis === 'clock-unmeasured' && claimed != null) return `${shownAt(claimed)}; ${words.bases[basis]}`;
  if (basis == null || earliest == null || latest == null) return words.notTold;
  const when =
    earliest === latest
      ? shownAt(earliest)
      : filled(words.between, { from: shownAt(earliest), to: shownAt(latest) });
  return `${when}; ${words.bases[basis]}`;
}

function dockingRows({ manifest }: KitRecording, { dockings }: KitParts, words: KitWords): FactRow[] {
  const record = dockings.find(({ document }) => document.docking === manifest?.docking)?.document;
  return record === undefined ? [] : [[words.docked, stayText(record, words)]];
}

function storeRows(
  { recording, receipt, deletion }: KitRecording,
  parts: KitParts,
  words: KitWords,
): FactRow[] {
  const about = parts.orders.filter(({ order }) => order.recording === recording);
  const logged = (event: string): KitParts['entries'][number] | undefined =>
    parts.entries.find(({ entry }) => entry.event === event && entry.facts['recording'] === recording);
  const erased = logged('erased');
  const unseen = logged('erasure-unconfirmed');
  return [
    [
      words.received,
      receipt === undefined
        ? words.noReceipt
        : filled(words.receivedText, {
            at: shownAt(receipt.received_at),
            receiver: receipt.receiver,
            vault: receipt.vault,
          }),
    ],
    ...(erased !== undefined
      ? [[words.erased, filled(words.erasedText, { at: shownAt(erased.entry.at) })] as const]
      : unseen !== undefined
        ? [[words.erased, filled(words.erasedOpen, { at: shownAt(unseen.entry.at) })] as const]
        : []),
    ...(deletion === undefined
      ? []
      : [
          [
            words.deleted,
            filled(words.deletedText, {
              at: shownAt(deletion.deleted_at),
              reason: words.deletedReasons[deletion.reason],
            }),
          ] as const,
        ]),
    ...about.map(
      ({ order }) =>
        [
          words.orders,
          filled(words.orderText, {
            verb: words.verbs[order.verb],
            at: shownAt(order.ordered_at),
            reason: order.reason,
          }),
        ] as const,
    ),
  ];
}

// The table of what lies in a kit: each kind of file in plain words, once. Pure.

/** A row for each kind of file that is there, in the order of the table; signatures have one for all of them. */
function fileRows(paths: readonly string[], parts: KitParts, words: KitWords): [string, string][] {
  const files = words.fileWords;
  const records = new Set(parts.dockings.map(({ record }) => record));
  const isDocking = (path: string): boolean => records.has(path.split('/')[0] ?? '');
  const is =
    (name: string) =>
    (path: string): boolean =>
      path.endsWith(`/${name}`);
  const kinds: [string, string, (path: string) => boolean][] = [
    [FINDINGS_FILE, files.findings, (path) => path === FINDINGS_FILE],
    [`${words.recordingFolder}/${MANIFEST}`, files.manifest, is(MANIFEST)],
    [`${words.recordingFolder}/${PAYLOAD}`, files.payload, is(PAYLOAD)],
    [`${words.recordingFolder}/${CHUNKS}`, files.chunks, is(CHUNKS)],
    [`${words.recordingFolder}/${RECEIPT}`, files.receipt, (path) => is(RECEIPT)(path) && !isDocking(path)],
    [`${words.recordingFolder}/${DELETION}`, files.deletion, is(DELETION)],
    [`${words.dockingFolder}/${DOCKING}`, files.docking, is(DOCKING)],
    [`${words.dockingFolder}/${RECEIPT}`, files.receipt, (path) => is(RECEIPT)(path) && isDocking(path)],
    ['orders/*/order.json', files.order, is(ORDER)],
    ['policies/*/policy.json', files.policy, is(POLICY)],
    ['log/*/*.jsonl', files.log, (path) => path.endsWith(SEGMENT_SUFFIX)],
    ['log/*/*.head.json', files.head, (path) => path.endsWith('.head.json')],
    ['proofs/*.tlog-proof', files.proof, (path) => path.endsWith('.tlog-proof')],
    ['proofs/*.tsr', files.stamp, (path) => path.endsWith('.tsr')],
    ['keys/*.pub', files.key, (path) => path.endsWith('.pub')],
    ['keys/*/*.json', files.change, (path) => /^keys\/.*\.json$/.test(path)],
    ['*.minisig', files.signature, (path) => path.endsWith(SIGNATURE_SUFFIX)],
    [CHAIN_SCRIPT, files.chain, (path) => path === CHAIN_SCRIPT],
    [FORMAT_FILE, files.format, (path) => path === FORMAT_FILE],
    [SPEC_FILE, files.spec, (path) => path === SPEC_FILE],
  ];
  const rows = kinds.filter(([, , isOfKind]) => paths.some(isOfKind));
  return [
    ['INDEX.html, README.txt', files.page],
    ...rows.map(([path, what]): [string, string] => [path, what]),
    ['SHA256SUMS', files.sums],
  ];
}

// The chapter of a kit's page that says how to check it: each step with its reason, the lines to type, and what must appear. Pure.

/** Heading, preparation, steps. */
function checkBlocks(kit: KitContents, words: KitWords): Block[] {
  const steps = kitSteps(kit);
  return [
    heading(words.check),
    ...words.before.map((text): Block => paragraph(text)),
    command('before', SAID, [], words),
    ...(steps.some(opens) ? identity(words) : []),
    ...steps.flatMap((step, at) => stepBlocks(step, at + 1, words)),
  ];
}

function identity(words: KitWords): Block[] {
  return [paragraph(words.identity), command('identity', words.identityLine, [], words)];
}

function stepBlocks(step: KitStep, number: number, words: KitWords): Block[] {
  const { title, why } = words.steps[step.kind];
  return [
    subheading(`${number}. ${title}`),
    paragraph(why),
    ...step.groups.map((group) => groupBlock(step, group, words)),
  ];
}

function groupBlock({ kind }: KitStep, group: readonly KitLine[], words: KitWords): Block {
  const lines = group.map((line) => line.command).join('\n');
  return command(
    kind,
    lines,
    group.flatMap(({ expected }) => expected),
    words,
  );
}

function command(name: string, lines: string, expected: readonly string[], words: KitWords): Block {
  return { kind: 'command', name, command: lines, expected, words: words.expected };
}

// The chapter of a kit's page that tells what the logs say, for people: the entries that matter to them, in plain words. Pure.

/** Entries that are shown; the rest is in the files. */
const ENTRIES_SHOWN_MAX = 200;
/** What comes many times, or says what another entry says: in the files only. */
const LEFT_OUT: ReadonlySet<string> = new Set(['seen', 'seen-more', 'offered', 'erasing', 'sealed']);
/** Heading and table. */
function logBlocks(parts: KitParts, words: KitWords, language: Language): Block[] {
  const entries = parts.entries.filter((one) => isShown(one, parts));
  const title = heading(words.log);
  if (entries.length === 0) return [title, paragraph(words.logNone)];
  const rows = entries.slice(0, ENTRIES_SHOWN_MAX).map((one) => entryRow(one, language));
  const more = filled(words.logMore, { count: ENTRIES_SHOWN_MAX });
  return [
    title,
    paragraph(words.logText),
    table(words.logHead, rows),
    ...(entries.length > ENTRIES_SHOWN_MAX ? [paragraph(more)] : []),
  ];
}

/** Other recordings of the same docking have no place here; receipts of docking records name these as recordings. */
function isShown({ entry: { event, facts } }: KitEntry, parts: KitParts): boolean {
  if (LEFT_OUT.has(event)) return false;
  const subject = facts['recording'];
  if (typeof subject !== 'string') return true;
  const { asked, sidecars, dockings } = parts;
  return (
    [...asked, ...sidecars].some(({ recording }) => recording === subject) ||
    dockings.some(({ record }) => record === subject)
  );
}

function entryRow({ keeper, entry }: KitEntry, language: Language): string[] {
  const { at, facts } = entry;
  const about = facts['recording'] ?? facts['record'] ?? facts['docking'] ?? '';
  return [shownAt(at), keeper, eventSentence({ ...entry, keeper }, language), String(about)];
}

// What the page of a kit says of one docking, row by row, from what its records claim. Pure.

type Row = readonly [string, string];
const FATES = ['stored', 'matched', 'not-a-file', 'waiting', 'vanished'] as const;

/** One docking: all of its records that are here, by their parts. */
interface DockingParts {
  readonly docking: string;
  readonly records: readonly KitDocking[];
}

/** The dockings of a kit in their order. */
function dockingsIn({ dockings }: KitParts): DockingParts[] {
  const grouped = new Map<string, KitDocking[]>();
  for (const record of dockings) {
    const { docking } = record.document;
    grouped.set(docking, [...(grouped.get(docking) ?? []), record]);
  }
  return [...grouped].map(([docking, records]) => ({ docking, records }));
}

/** All that is known of a docking. */
function dockingFactRows({ records }: DockingParts, words: KitWords): Row[] {
  const document = records[0]?.document;
  if (document === undefined) return [];
  const { station, bay, camera, camera_clock: clock } = document;
  const entries = records.flatMap((record) => record.document.entries);
  const rows: Row[] = [
    [words.station, `${station}, ${bay}`],
    [
      words.camera,
      filled(words.cameraText, {
        id: camera.id,
        model: camera.model ?? words.notTold,
        serial: camera.serial ?? words.notTold,
      }),
    ],
    [words.docked, `${stayText(document, words)}; ${words.ended[document.ended]}`],
    ...(clock === null ? [] : [[words.cameraClock, cameraClockText(clock, words)] as const]),
    [words.files, filesText(document, words)],
  ];
  if (entries.length > 0) rows.push([words.fates, fatesText(entries, words)]);
  return [...rows, ...receiptRow(records, words)];
}

/** What an empty docking proves, in a sentence; undefined where it proves nothing of that kind. */
export function proofText({ records }: DockingParts, words: KitWords): string | undefined {
  const document = records[0]?.document;
  if (document?.inventory?.complete !== true || records.length < document.parts) return undefined;
  const entries = records.flatMap((record) => record.document.entries);
  if (entries.length < document.inventory.entries + document.later) return undefined; // of very many, some have no place in it
  if (entries.length === 0) return words.empty;
  return entries.every(({ fate }) => fate === 'matched' || fate === 'not-a-file')
    ? words.nothingNew
    : undefined;
}

/** From when to when a camera was there. */
function stayText({ docked_at: from, ended_at: to }: DockingRecord, words: KitWords): string {
  return filled(words.dockedText, { from: shownAt(from), to: to === null ? words.notTold : shownAt(to) });
}

function cameraClockText(
  { offset_ms: offset, uncertainty_ms: uncertainty }: NonNullable<DockingRecord['camera_clock']>,
  words: KitWords,
): string {
  return filled(words.cameraClockText, { offset: seconds(offset), uncertainty: seconds(uncertainty) });
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function filesText({ inventory, later }: DockingRecord, words: KitWords): string {
  if (inventory === null) return words.filesNone;
  const listed = filled(words.filesText, { count: inventory.entries });
  const all = later === 0 ? listed : filled(words.filesLater, { listed, count: later });
  return inventory.complete ? all : filled(words.filesIncomplete, { listed: all });
}

function fatesText(entries: DockingRecord['entries'], words: KitWords): string {
  const counts = FATES.map((fate) => [fate, entries.filter((entry) => entry.fate === fate).length] as const);
  const erased = entries.filter((entry) => entry.erased === true).length;
  const unseen = entries.filter((entry) => entry.erased === null).length;
  return [
    ...counts
      .filter(([, count]) => count > 0)
      .map(([fate, count]) => filled(words.fateWords[fate], { count })),
    ...(erased === 0 ? [] : [filled(words.fatesErased, { count: erased })]),
    ...(unseen === 0 ? [] : [filled(words.fatesUnseen, { count: unseen })]),
  ].join('; ');
}

/** Of the last part: the record is whole in the store from then on. */
function receiptRow(records: readonly KitDocking[], words: KitWords): Row[] {
  const receipts = records.flatMap(({ receipt }) => receipt ?? []);
  const last = receipts.sort((a, b) => (a.received_at < b.received_at ? -1 : 1)).at(-1);
  if (last === undefined || receipts.length < records.length) return [[words.received, words.noReceipt]];
  return [
    [
      words.received,
      filled(words.receivedText, {
        at: shownAt(last.received_at),
        receiver: last.receiver,
        vault: last.vault,
      }),
    ],
  ];
}
