// The checks of one kit in their order: each step shows one thing, for all documents of its kind. Pure; words are elsewhere.
import {
  CHUNKS,
  DELETION,
  DOCKING,
  MANIFEST,
  ORDER,
  PAYLOAD,
  RECEIPT,
} from '../../../protocol/format/file-names.ts';
import { documentOf, headFile, segmentFile } from './kit-files.ts';
import type { KitSignature } from './kit-keys.ts';
import * as lines from './kit-lines.ts';
import type { KitLine } from './kit-lines.ts';
import type { KitDocking, KitParts, KitRecording, KitSegment } from './kit-parts.ts';

/** What a step shows; its words are in kit-words-en.ts under the same name. */
export type KitStepKind =
  | 'sums'
  | 'keyDocuments'
  | 'manifest'
  | 'receipt'
  | 'deletion'
  | 'sealed'
  | 'original'
  | 'name'
  | 'docking'
  | 'revoked'
  | 'orders'
  | 'log'
  | 'witness';

/** One step, and its lines: those that belong together stand in one group, none of which is empty. */
export interface KitStep {
  readonly kind: KitStepKind;
  readonly groups: readonly (readonly KitLine[])[];
}

/** All that the lines need. */
export interface KitContents {
  readonly parts: KitParts;
  readonly signatures: readonly KitSignature[];
}

/** The steps. What cannot be checked for want of a file or a key has no line. */
export function kitSteps(contents: KitContents): KitStep[] {
  return new Steps(contents)
    .all()
    .map(({ kind, groups }) => ({ kind, groups: groups.filter((group) => group.length > 0) }))
    .filter(({ groups }) => groups.length > 0);
}

/** Whether a step needs an identity. */
export function opens({ kind }: Pick<KitStep, 'kind'>): boolean {
  return kind === 'original' || kind === 'name';
}

/** Type of a document by its name, as the trusted comment of its signature says it (SPEC 2). */
function typeOf(document: string): string {
  const types: readonly (readonly [RegExp, string])[] = [
    [/(?:^|\/)manifest\.json$/, 'recording-manifest'],
    [/(?:^|\/)receipt\.json$/, 'receipt'],
    [/(?:^|\/)docking\.json$/, 'docking-record'],
    [/(?:^|\/)deletion\.json$/, 'deletion-record'],
    [/(?:^|\/)order\.json$/, 'order'],
    [/\.change\.json$/, 'key-change'],
    [/\.revocation\.json$/, 'key-revocation'],
    [/^witness\//, 'witness'],
    [/\.head\.json$/, 'custody-head'],
    [/\.jsonl$/, 'custody-segment'],
  ];
  return types.find(([pattern]) => pattern.test(document))?.[1] ?? '';
}

class Steps {
  readonly #parts: KitParts;
  readonly #signatures: readonly KitSignature[];
  readonly #recordings: readonly KitRecording[];

  constructor({ parts, signatures }: KitContents) {
    this.#parts = parts;
    this.#signatures = signatures;
    this.#recordings = [...parts.asked, ...parts.sidecars];
  }

  all(): KitStep[] {
    const { dockings, segments, orders, witnesses, keyDocuments } = this.#parts;
    const signed = (documents: readonly string[]): KitLine[][] => [
      documents.flatMap((document) => this.#signed(document)),
    ];
    const each = (of: (recording: KitRecording) => KitLine[]): KitLine[][] => this.#recordings.map(of);
    return [
      { kind: 'sums', groups: [lines.sumsLines()] },
      { kind: 'keyDocuments', groups: signed(keyDocuments.map(({ to }) => to)) },
      { kind: 'manifest', groups: signed(this.#recordings.map((one) => at(one, MANIFEST))) },
      { kind: 'receipt', groups: each((one) => this.#receipt(one)) },
      { kind: 'deletion', groups: each((one) => this.#deletion(one)) },
      { kind: 'sealed', groups: each(sealed) },
      { kind: 'original', groups: each(original) },
      { kind: 'name', groups: each(name) },
      { kind: 'docking', groups: dockings.map((docking) => this.#docking(docking)) },
      { kind: 'revoked', groups: this.#revoked() },
      { kind: 'orders', groups: signed(orders.map(({ order }) => `orders/${order.order}/${ORDER}`)) },
      { kind: 'log', groups: segments.map((segment) => this.#log(segment)) },
      {
        kind: 'witness',
        groups: signed(witnesses.map(({ witness }) => `witness/${witness.receiver}/${witness.day}.json`)),
      },
    ];
  }

  #receipt(recording: KitRecording): KitLine[] {
    if (!recording.names.includes(RECEIPT)) return [];
    const receipt = at(recording, RECEIPT);
    return [
      ...this.#signed(receipt),
      ...lines.digestLines(receipt, 'manifest_sha256', at(recording, MANIFEST)),
      ...(isWhole(recording) ? lines.digestLines(receipt, 'chunks_sha256', at(recording, CHUNKS)) : []),
    ];
  }

  #deletion(recording: KitRecording): KitLine[] {
    if (!recording.names.includes(DELETION)) return [];
    const document = at(recording, DELETION);
    return [
      ...this.#signed(document),
      ...lines.digestLines(document, 'manifest_sha256', at(recording, MANIFEST)),
      ...lines.digestLines(document, 'receipt_sha256', at(recording, RECEIPT)),
    ];
  }

  #docking({ record, names, document }: KitDocking): KitLine[] {
    const docking = `${record}/${DOCKING}`;
    const receipt = `${record}/${RECEIPT}`;
    const named = new Set(document.entries.flatMap((entry) => entry.recording ?? []));
    return [
      ...this.#signed(docking),
      ...this.#recordings
        .filter(({ manifest }) => manifest !== undefined && named.has(manifest.recording))
        .flatMap(({ recording }) => lines.dockedLines(docking, recording)),
      ...this.#signed(receipt),
      ...(names.includes(RECEIPT) ? lines.digestLines(receipt, 'manifest_sha256', docking) : []),
    ];
  }

  #log(segment: KitSegment): KitLine[] {
    if (segment.head === undefined) return [];
    const log = segmentFile(segment);
    return [
      ...this.#signed(headFile(segment)),
      ...lines.chainLines(log, headFile(segment), segment.head.sequence),
      ...this.#signed(log),
      ...this.#logged(segment, log),
    ];
  }

  /** Documents that the segment names by their digests. */
  #logged({ segment, keeper }: KitSegment, log: string): KitLine[] {
    return this.#parts.entries
      .filter((one) => one.segment === segment && one.keeper === keeper)
      .flatMap(({ entry: { event, facts } }) => {
        if (event === 'spooled' && this.#has(facts['recording'], MANIFEST))
          return lines.loggedLines(log, 'manifest_sha256', `${String(facts['recording'])}/${MANIFEST}`);
        if (event === 'docking-recorded' && this.#hasDocking(facts['record']))
          return lines.loggedLines(log, 'sha256', `${String(facts['record'])}/${DOCKING}`);
        return [];
      });
  }

  #has(recording: unknown, file: string): boolean {
    return this.#recordings.some((one) => one.recording === recording && one.names.includes(file));
  }

  #hasDocking(record: unknown): boolean {
    return this.#parts.dockings.some((one) => one.record === record);
  }

  /** What a revoked key signed, and whether its receipt is from before (SPEC 4.9.3). */
  #revoked(): KitLine[][] {
    const { dockings } = this.#parts;
    const documents = [
      ...this.#recordings.map(({ station, recording }) => ({
        station,
        id: recording,
        file: MANIFEST,
      })),
      ...dockings.map(({ record, document: { station } }) => ({ station, id: record, file: DOCKING })),
    ];
    return documents.map(({ station, id, file }) => {
      const signed = this.#signatures.find(({ document }) => document === `${id}/${file}`);
      const revocation = `keys/${station}/${signed?.keyId}.revocation.json`;
      if (!this.#parts.keyDocuments.some(({ to }) => to === revocation)) return [];
      return lines.beforeLines(`${id}/${RECEIPT}`, 'received_at', revocation, 'revoked_at');
    });
  }

  /** Every signature over a document whose key is in the kit. */
  #signed(document: string): KitLine[] {
    return this.#signatures
      .filter((one) => one.document === document)
      .flatMap(({ signature, key }) =>
        key === undefined ? [] : lines.signatureLines(document, signature, key, typeOf(document)),
      );
  }
}

function at({ recording }: KitRecording, file: string): string {
  return `${recording}/${file}`;
}

function isWhole({ names }: KitRecording): boolean {
  return [MANIFEST, PAYLOAD, CHUNKS].every((file) => names.includes(file));
}

function sealed(recording: KitRecording): KitLine[] {
  if (!isWhole(recording)) return [];
  const manifest = at(recording, MANIFEST);
  return [
    ...lines.digestLines(manifest, 'chunks_sha256', at(recording, CHUNKS)),
    ...lines.unitsLines(manifest, at(recording, PAYLOAD)),
  ];
}

function original(recording: KitRecording): KitLine[] {
  if (!isWhole(recording)) return [];
  return lines.openLines(at(recording, MANIFEST), at(recording, PAYLOAD), openedName(recording));
}

function name(recording: KitRecording): KitLine[] {
  if (!recording.names.includes(MANIFEST)) return [];
  return lines.nameLines(at(recording, MANIFEST), `${recording.recording}.path`);
}

/** Name under which the original is written; the true one is sealed. */
export function openedName({ recording, manifest }: Pick<KitRecording, 'recording' | 'manifest'>): string {
  const container = manifest?.media?.container ?? null;
  return `${recording}.${container !== null && /^[a-z0-9]{1,8}$/.test(container) ? container : 'original'}`;
}

/** Signatures among the files of a kit, each with its document; the keys are not known yet. */
export function signaturesAmong(
  paths: readonly string[],
): { readonly document: string; readonly signature: string }[] {
  return paths.flatMap((signature) => {
    const document = documentOf(signature);
    return document === undefined ? [] : [{ document, signature }];
  });
}
