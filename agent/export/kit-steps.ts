// The checks of one kit, in their order, as lines to type on one system. Pure; words are elsewhere.
import { documentOf, headFile, segmentFile } from './kit-files.ts';
import type { KitDialect, KitLine } from './kit-dialects.ts';
import type { KitSignature } from './kit-keys.ts';
import type { KitParts, KitRecording, KitSegment } from './kit-parts.ts';

/** What a step shows; its words are in kit-words-en.ts under the same name. */
export type KitStepKind =
  | 'sums'
  | 'keyDocuments'
  | 'manifest'
  | 'receipt'
  | 'chunks'
  | 'units'
  | 'original'
  | 'name'
  | 'deletion'
  | 'docking'
  | 'orders'
  | 'log'
  | 'witness';

/** One step: what it is about, and the lines. */
export interface KitStep {
  readonly kind: KitStepKind;
  /** Id of the recording, docking record, keeper ...; empty for the kit as a whole. */
  readonly subject: string;
  readonly lines: readonly KitLine[];
}

/** All that the lines need. */
export interface KitContents {
  readonly parts: KitParts;
  readonly signatures: readonly KitSignature[];
}

/** The steps on one system. What cannot be checked for want of a file or a key has no line. */
export function kitSteps(contents: KitContents, dialect: KitDialect): KitStep[] {
  return new Steps(contents, dialect).all().filter(({ lines }) => lines.length > 0);
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
  readonly #dialect: KitDialect;

  constructor({ parts, signatures }: KitContents, dialect: KitDialect) {
    this.#parts = parts;
    this.#signatures = signatures;
    this.#dialect = dialect;
  }

  all(): KitStep[] {
    const { asked, sidecars, dockings, segments, orders, witnesses, keyDocuments } = this.#parts;
    return [
      { kind: 'sums', subject: '', lines: this.#dialect.sums() },
      step(
        'keyDocuments',
        '',
        keyDocuments.map(({ to }) => to).flatMap((to) => this.#signed(to)),
      ),
      ...[...asked, ...sidecars].flatMap((recording) => this.#recording(recording)),
      ...dockings.map(({ record, names }) => step('docking', record, this.#docking(record, names))),
      step(
        'orders',
        '',
        orders.flatMap(({ order }) => this.#signed(`orders/${order.order}/order.json`)),
      ),
      ...segments.map((segment) => step('log', `${segment.keeper}/${segment.segment}`, this.#log(segment))),
      step(
        'witness',
        '',
        witnesses.flatMap(({ witness }) => this.#signed(`witness/${witness.receiver}/${witness.day}.json`)),
      ),
    ];
  }

  #recording({ recording, names, manifest }: KitRecording): KitStep[] {
    const at = (name: string): string => `${recording}/${name}`;
    const whole = names.includes('payload.age') && names.includes('chunks.bin');
    const { digest, units, open, name } = this.#dialect;
    const of = (kind: KitStepKind, lines: readonly KitLine[]): KitStep => step(kind, recording, lines);
    return [
      of('manifest', this.#signed(at('manifest.json'))),
      of('receipt', [
        ...this.#signed(at('receipt.json')),
        ...(names.includes('receipt.json')
          ? digest(at('receipt.json'), { field: 'manifest_sha256' }, at('manifest.json'))
          : []),
      ]),
      of('deletion', this.#deletion(recording, names)),
      of('chunks', whole ? digest(at('manifest.json'), { field: 'chunks_sha256' }, at('chunks.bin')) : []),
      of('units', whole ? units(at('manifest.json'), at('payload.age')) : []),
      of(
        'original',
        whole ? open(at('manifest.json'), at('payload.age'), openedName(recording, manifest)) : [],
      ),
      of('name', names.includes('manifest.json') ? name(at('manifest.json')) : []),
    ];
  }

  #deletion(recording: string, names: readonly string[]): KitLine[] {
    if (!names.includes('deletion.json')) return [];
    const document = `${recording}/deletion.json`;
    const { digest } = this.#dialect;
    return [
      ...this.#signed(document),
      ...digest(document, { field: 'manifest_sha256' }, `${recording}/manifest.json`),
      ...digest(document, { field: 'receipt_sha256' }, `${recording}/receipt.json`),
    ];
  }

  #docking(record: string, names: readonly string[]): KitLine[] {
    const receipt = `${record}/receipt.json`;
    return [
      ...this.#signed(`${record}/docking.json`),
      ...this.#signed(receipt),
      ...(names.includes('receipt.json')
        ? this.#dialect.digest(receipt, { field: 'manifest_sha256' }, `${record}/docking.json`)
        : []),
    ];
  }

  #log(segment: KitSegment): KitLine[] {
    if (segment.head === undefined) return [];
    const lines = segmentFile(segment);
    return [
      ...this.#signed(headFile(segment)),
      ...this.#dialect.chain(lines, headFile(segment), segment.head.sequence),
      ...this.#signed(lines),
    ];
  }

  /** Every signature over a document whose key is in the kit. */
  #signed(document: string): KitLine[] {
    return this.#signatures
      .filter((one) => one.document === document)
      .flatMap(({ signature, key }) =>
        key === undefined ? [] : this.#dialect.signature(document, signature, key, typeOf(document)),
      );
  }
}

function step(kind: KitStepKind, subject: string, lines: readonly KitLine[]): KitStep {
  return { kind, subject, lines };
}

/** Name under which the original is written; the true one is sealed. */
export function openedName(recording: string, manifest: KitRecording['manifest']): string {
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
