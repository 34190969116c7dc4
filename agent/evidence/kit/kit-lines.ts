// How each check of a kit is typed: lines for bash with minisign, age and coreutils alone. Each works in the kit's folder and says by its
// output and its exit code whether the check holds. Digests are taken out of the signed documents by the line itself, never from the page
// that shows it.
import { UNIT_BYTES } from '../../../protocol/format/limits.ts';

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
export const ALL_AS_EXPORTED = 'every file is as it was exported';

/** All files against SHA256SUMS. */
export function sumsLines(): KitLine[] {
  return [
    {
      command: `sha256sum -c --quiet --strict SHA256SUMS && echo "${ALL_AS_EXPORTED}"`,
      expected: [ALL_AS_EXPORTED],
    },
  ];
}

/** A minisign signature. `type` is that of the document (SPEC 2). */
export function signatureLines(document: string, signature: string, key: string, type: string): KitLine[] {
  const beside = signature === `${document}.minisig` ? '' : ` -x ${signature}`;
  return [
    {
      command: `minisign -Vm ${document}${beside} -p ${key}`,
      expected: ['Signature and comment signature verified', `Trusted comment: bodydock ${type}`],
    },
  ];
}

/** Whether a file has the digest that a signed document says. */
export function digestLines(document: string, field: string, file: string): KitLine[] {
  return [
    { command: `echo "$(said ${document} ${field})  ${file}" | sha256sum -c`, expected: [`${file}: OK`] },
  ];
}

/** Whether the units of a sealed file have the digests whose list the manifest names. */
export function unitsLines(manifest: string, payload: string): KitLine[] {
  const digests = `split -b ${UNIT_BYTES} --filter=sha256sum ${payload} | cut -c 1-64 | tr a-f A-F | basenc --base16 -d`;
  return [
    {
      command: `${digests} | sha256sum -c <(echo "$(said ${manifest} chunks_sha256)  -")`,
      expected: ['-: OK'],
    },
  ];
}

/** Whether a document is there whose time lies before that of another one. Times of documents are as long as each other. */
export function beforeLines(document: string, field: string, other: string, otherField: string): KitLine[] {
  const older = `${document} is older than ${other}`;
  const compared = `$(said ${document} ${field}) < $(said ${other} ${otherField})`;
  return [{ command: `[[ -e ${document} && ${compared} ]] && echo "${older}"`, expected: [older] }];
}

/** Opens a sealed file with the identity and compares the original; `opened` is where it goes. */
export function openLines(manifest: string, payload: string, opened: string): KitLine[] {
  return [
    { command: `age -d -i "$IDENTITY" -o ${opened} ${payload}`, expected: [] },
    ...digestLines(manifest, 'sha256', opened),
  ];
}

/** The path that the file had on the camera, from the sealed part of the manifest; what a terminal would obey is shown as "?". */
export function nameLines(manifest: string, opened: string): KitLine[] {
  const sealed = `said ${manifest} sealed | base64 -d | age -d -i "$IDENTITY"`;
  return [
    { command: `said <(${sealed}) path | base64 -d > ${opened}`, expected: [] },
    ...digestLines(manifest, 'path_sha256', opened),
    { command: `tr '\\000-\\037\\177' '?' < ${opened}; echo`, expected: [] },
  ];
}

/** Whether each line of a log follows the one before, up to the signed head. */
export function chainLines(log: string, head: string, entries: number): KitLine[] {
  return [{ command: `bash chain.sh ${log} ${head}`, expected: [chainHolds(entries)] }];
}

/** What chain.sh says where the chain holds. */
export function chainHolds(entries: number): string {
  return `${entries} entries: the chain holds up to the signed head`;
}

/** Whether a log names a document by its digest, in the field of an event. */
export function loggedLines(log: string, field: string, document: string): KitLine[] {
  const named = `the log names ${document}`;
  return [
    {
      command: `[[ $(cat ${log}) == *"\\"${field}\\":\\"$(sha256sum < ${document} | cut -c 1-64)\\""* ]] && echo "${named}"`,
      expected: [named],
    },
  ];
}

/** Whether a docking record says what became of a file: that it is this recording. */
export function dockedLines(record: string, recording: string): KitLine[] {
  const named = `the docking record names ${recording}`;
  return [
    {
      command: `[[ $(cat ${record}) == *'"recording":"${recording}"'* ]] && echo "${named}"`,
      expected: [named],
    },
  ];
}
