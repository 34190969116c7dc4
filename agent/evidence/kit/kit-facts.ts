// What the page of a kit says of one recording, row by row, from what its documents claim. Pure.
import { fill, shownAt } from '../page/language.ts';
import { stayText } from './kit-docking-facts.ts';
import type { KitParts, KitRecording } from './kit-parts.ts';
import type { KitWords } from './kit-words-en.ts';

/** Label and value. */
type Row = readonly [string, string];

/** All that is known of a recording. */
export function factRows(recording: KitRecording, parts: KitParts, words: KitWords): Row[] {
  const { manifest } = recording;
  if (manifest === undefined) return [[words.kind, words.noManifest]];
  const { camera, original } = manifest;
  return [
    [words.station, `${manifest.station}, ${manifest.bay}`],
    [
      words.camera,
      fill(words.cameraText, camera.id, camera.model ?? words.notTold, camera.serial ?? words.notTold),
    ],
    [words.kind, kindOf(recording, words)],
    [words.recorded, recordedText(recording, words)],
    ...dockingRows(recording, parts, words),
    [
      words.sealedAt,
      fill(
        manifest.clock_synchronised === true ? words.clockGood : words.clockBad,
        shownAt(manifest.sealed_at),
      ),
    ],
    [words.original, fill(words.originalText, original.size_bytes, original.sha256)],
    [words.sealedFor, manifest.recipients.join(', ')],
    ...storeRows(recording, parts, words),
  ];
}

function kindOf({ manifest }: KitRecording, words: KitWords): string {
  const kind = manifest === undefined ? '' : words.kinds[manifest.role];
  const reason = manifest?.rejected?.reason;
  return reason === undefined ? kind : `${kind}; ${fill(words.rejected, words.reasons[reason])}`;
}

function recordedText({ manifest }: KitRecording, words: KitWords): string {
  const { earliest_at: earliest, latest_at: latest, basis } = manifest?.capture ?? {};
  const claimed = manifest?.original.modified_at;
  if (basis === 'clock-unmeasured' && claimed != null) return `${shownAt(claimed)}; ${words.bases[basis]}`;
  if (basis == null || earliest == null || latest == null) return words.notTold;
  const when =
    earliest === latest ? shownAt(earliest) : fill(words.between, shownAt(earliest), shownAt(latest));
  return `${when}; ${words.bases[basis]}`;
}

function dockingRows({ manifest }: KitRecording, { dockings }: KitParts, words: KitWords): Row[] {
  const record = dockings.find(({ document }) => document.docking === manifest?.docking)?.document;
  return record === undefined ? [] : [[words.docked, stayText(record, words)]];
}

function storeRows({ recording, receipt, deletion }: KitRecording, parts: KitParts, words: KitWords): Row[] {
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
        : fill(words.receivedText, shownAt(receipt.received_at), receipt.receiver, receipt.vault),
    ],
    ...(erased !== undefined
      ? [[words.erased, fill(words.erasedText, shownAt(erased.entry.at))] as const]
      : unseen !== undefined
        ? [[words.erased, fill(words.erasedOpen, shownAt(unseen.entry.at))] as const]
        : []),
    ...(deletion === undefined
      ? []
      : [
          [
            words.deleted,
            fill(words.deletedText, shownAt(deletion.deleted_at), words.deletedReasons[deletion.reason]),
          ] as const,
        ]),
    ...about.map(
      ({ order }) =>
        [
          words.orders,
          fill(words.orderText, words.verbs[order.verb], shownAt(order.ordered_at), order.reason),
        ] as const,
    ),
  ];
}
