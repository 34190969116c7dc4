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
import { UNIT_BYTES } from '../../../protocol/format/limits.ts';
import type { KitDocking, KitParts, KitRecording, KitSegment } from './kit-plan.ts';
import { documentOf, headFile, type KitSignature, segmentFile } from './kit-writer.ts';

/** What a step shows; its words are in config/texts/en/kit.ts under the same name. */
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
  | 'policies'
  | 'log';

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
    [/(?:^|\/)policy\.json$/, 'policy'],
    [/\.change\.json$/, 'key-change'],
    [/\.revocation\.json$/, 'key-revocation'],
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
    const { dockings, segments, orders, policies, keyDocuments } = this.#parts;
    const signed = (documents: readonly string[]): KitLine[][] => [
      documents.flatMap((document) => this.#signed(document)),
    ];
    const each = (of: (recording: KitRecording) => KitLine[]): KitLine[][] => this.#recordings.map(of);
    return [
      { kind: 'sums', groups: [sumsLines()] },
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
      { kind: 'policies', groups: signed(policies.map(({ to }) => to)) },
      { kind: 'log', groups: segments.map((segment) => this.#log(segment)) },
    ];
  }

  #receipt(recording: KitRecording): KitLine[] {
    if (!recording.names.includes(RECEIPT)) return [];
    const receipt = at(recording, RECEIPT);
    return [
      ...this.#signed(receipt),
      ...digestLines(receipt, 'manifest_sha256', at(recording, MANIFEST)),
      ...(isWhole(recording) ? digestLines(receipt, 'chunks_sha256', at(recording, CHUNKS)) : []),
    ];
  }

  #deletion(recording: KitRecording): KitLine[] {
    if (!recording.names.includes(DELETION)) return [];
    const document = at(recording, DELETION);
    return [
      ...this.#signed(document),
      ...digestLines(document, 'manifest_sha256', at(recording, MANIFEST)),
      ...digestLines(document, 'receipt_sha256', at(recording, RECEIPT)),
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
        .flatMap(({ recording }) => dockedLines(docking, recording)),
      ...this.#signed(receipt),
      ...(names.includes(RECEIPT) ? digestLines(receipt, 'manifest_sha256', docking) : []),
    ];
  }

  #log(segment: KitSegment): KitLine[] {
    if (segment.head === undefined) return [];
    const log = segmentFile(segment);
    return [
      ...this.#signed(headFile(segment)),
      ...chainLines(log, headFile(segment), segment.head.sequence),
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
          return loggedLines(log, 'manifest_sha256', `${String(facts['recording'])}/${MANIFEST}`);
        if (event === 'docking-recorded' && this.#hasDocking(facts['record']))
          return loggedLines(log, 'sha256', `${String(facts['record'])}/${DOCKING}`);
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
      return beforeLines(`${id}/${RECEIPT}`, 'received_at', revocation, 'revoked_at');
    });
  }

  /** Every signature over a document whose key is in the kit. */
  #signed(document: string): KitLine[] {
    return this.#signatures
      .filter((one) => one.document === document)
      .flatMap(({ signature, key }) =>
        key === undefined ? [] : signatureLines(document, signature, key, typeOf(document)),
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
    ...digestLines(manifest, 'chunks_sha256', at(recording, CHUNKS)),
    ...unitsLines(manifest, at(recording, PAYLOAD)),
  ];
}

function original(recording: KitRecording): KitLine[] {
  if (!isWhole(recording)) return [];
  return openLines(at(recording, MANIFEST), at(recording, PAYLOAD), openedName(recording));
}

function name(recording: KitRecording): KitLine[] {
  if (!recording.names.includes(MANIFEST)) return [];
  return nameLines(at(recording, MANIFEST), `${recording.recording}.path`);
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

// How each check of a kit is typed: lines for bash with minisign, age and coreutils alone. Each works in the kit's folder and says by its
// output and its exit code whether the check holds. Digests are taken out of the signed documents by the line itself, never from the page
// that shows it.

/** A line to type, and lines that its output must hold; none: its output says nothing, or is the result itself. */
export interface KitLine {
  readonly command: string;
  readonly expected: readonly string[];
}

/**
 * Typed once before the others: prints the text of a field of a canonical document, which is one line. A name that is looked for with its
 * quotes cannot stand inside another text, where quotes are escaped.
 */
export const SAID = `said() { local text; text=$(cat "$1"); text=\${text#*"\\"$2\\":\\""}; echo "\${text%%\\"*}"; }`;

/** What the comparison with SHA256SUMS says where all is well. */
const ALL_AS_EXPORTED = 'every file is as it was exported';

/** All files against SHA256SUMS. */
function sumsLines(): KitLine[] {
  return [
    {
      command: `sha256sum -c --quiet --strict SHA256SUMS && echo "${ALL_AS_EXPORTED}"`,
      expected: [ALL_AS_EXPORTED],
    },
  ];
}

/** A minisign signature. `type` is that of the document (SPEC 2). */
function signatureLines(document: string, signature: string, key: string, type: string): KitLine[] {
  const beside = signature === `${document}.minisig` ? '' : ` -x ${signature}`;
  return [
    {
      command: `minisign -Vm ${document}${beside} -p ${key}`,
      expected: ['Signature and comment signature verified', `Trusted comment: bodydock ${type}`],
    },
  ];
}

/** Whether a file has the digest that a signed document says. */
function digestLines(document: string, field: string, file: string): KitLine[] {
  return [
    { command: `echo "$(said ${document} ${field})  ${file}" | sha256sum -c`, expected: [`${file}: OK`] },
  ];
}

/** Whether the units of a sealed file have the digests whose list the manifest names. */
function unitsLines(manifest: string, payload: string): KitLine[] {
  const digests = `split -b ${UNIT_BYTES} --filter=sha256sum ${payload} | cut -c 1-64 | tr a-f A-F | basenc --base16 -d`;
  return [
    {
      command: `${digests} | sha256sum -c <(echo "$(said ${manifest} chunks_sha256)  -")`,
      expected: ['-: OK'],
    },
  ];
}

/** Whether a document is there whose time lies before that of another one. Times of documents are as long as each other. */
function beforeLines(document: string, field: string, other: string, otherField: string): KitLine[] {
  const older = `${document} is older than ${other}`;
  const compared = `$(said ${document} ${field}) < $(said ${other} ${otherField})`;
  return [{ command: `[[ -e ${document} && ${compared} ]] && echo "${older}"`, expected: [older] }];
}

/** Opens a sealed file with the identity and compares the original; `opened` is where it goes. */
function openLines(manifest: string, payload: string, opened: string): KitLine[] {
  return [
    { command: `age -d -i "$IDENTITY" -o ${opened} ${payload}`, expected: [] },
    ...digestLines(manifest, 'sha256', opened),
  ];
}

/** The path that the file had on the camera, from the sealed part of the manifest; what a terminal would obey is shown as "?". */
function nameLines(manifest: string, opened: string): KitLine[] {
  const sealed = `said ${manifest} sealed | base64 -d | age -d -i "$IDENTITY"`;
  return [
    { command: `said <(${sealed}) path | base64 -d > ${opened}`, expected: [] },
    ...digestLines(manifest, 'path_sha256', opened),
    { command: `tr '\\000-\\037\\177' '?' < ${opened}; echo`, expected: [] },
  ];
}

/** Whether each line of a log follows the one before, up to the signed head. */
function chainLines(log: string, head: string, entries: number): KitLine[] {
  return [{ command: `bash chain.sh ${log} ${head}`, expected: [chainHolds(entries)] }];
}

/** What chain.sh says where the chain holds. */
function chainHolds(entries: number): string {
  return `${entries} entries: the chain holds up to the signed head`;
}

/** Whether a log names a document by its digest, in the field of an event. */
function loggedLines(log: string, field: string, document: string): KitLine[] {
  const named = `the log names ${document}`;
  return [
    {
      command: `[[ $(cat ${log}) == *"\\"${field}\\":\\"$(sha256sum < ${document} | cut -c 1-64)\\""* ]] && echo "${named}"`,
      expected: [named],
    },
  ];
}

/** Whether a docking record says what became of a file: that it is this recording. */
function dockedLines(record: string, recording: string): KitLine[] {
  const named = `the docking record names ${recording}`;
  return [
    {
      command: `[[ $(cat ${record}) == *'"recording":"${recording}"'* ]] && echo "${named}"`,
      expected: [named],
    },
  ];
}
