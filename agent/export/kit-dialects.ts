// How the same check is typed on three systems. Each line stands alone, works in the kit's folder, and says by its output and its exit
// code whether the check holds. Digests are taken out of the signed documents by the line itself, never from the page that shows it.
import { UNIT_BYTES } from '../../protocol/limits.ts';

/** A line to type, and lines that its output must hold; none: it says nothing where all is well. */
export interface KitLine {
  readonly command: string;
  readonly expected: readonly string[];
}

/** Where a digest stands in a canonical document: its field, below `within` where the name alone is not the only one. */
export interface DigestField {
  readonly field: string;
  readonly within?: string;
}

/** The ways to check of one system. Paths are those of the kit: letters, digits, `-`, `.` and `/` only. */
export interface KitDialect {
  readonly system: 'linux' | 'macos' | 'windows';
  /** All files against SHA256SUMS. */
  readonly sums: () => KitLine[];
  /** A minisign signature. `type` is that of the document. */
  readonly signature: (document: string, signature: string, key: string, type: string) => KitLine[];
  /** Whether a file has the digest that a signed document says. */
  readonly digest: (document: string, field: DigestField, file: string) => KitLine[];
  /** Whether the units of a sealed file have the digests whose list the manifest names. */
  readonly units: (manifest: string, payload: string) => KitLine[];
  /** Opens a sealed file with the identity and compares the original; `opened` is where it goes. */
  readonly open: (manifest: string, payload: string, opened: string) => KitLine[];
  /** The path that the file had on the camera, from the sealed part of the manifest. */
  readonly name: (manifest: string) => KitLine[];
  /** Whether each line of a log follows the one before, up to the signed head. */
  readonly chain: (log: string, head: string, entries: number) => KitLine[];
}

/** What the comparison with SHA256SUMS says where all is well. */
export const ALL_AS_EXPORTED = 'every file is as it was exported';

/** Debian, Ubuntu and whatever else has coreutils; lines for bash. */
export const LINUX: KitDialect = {
  system: 'linux',
  ...posix({
    check: 'sha256sum -c',
    digests: (payload) =>
      `split -b ${UNIT_BYTES} --filter=sha256sum ${payload} | cut -c 1-64 | tr a-f A-F | basenc --base16 -d`,
    cleanUp: undefined,
    base64: 'base64 -d',
  }),
};

/** macOS as it comes, with minisign and age installed; lines for zsh and bash. */
export const MACOS: KitDialect = {
  system: 'macos',
  ...posix({
    check: 'shasum -a 256 -c',
    digests: (payload) =>
      `split -b ${UNIT_BYTES} -a 5 ${payload} units- && for unit in units-*; do shasum -a 256 "$unit"; done | cut -c 1-64 | xxd -r -p`,
    cleanUp: 'rm -f units-*',
    base64: 'openssl base64 -d -A',
  }),
};

interface PosixTools {
  readonly check: string;
  readonly digests: (payload: string) => string;
  readonly cleanUp: string | undefined;
  readonly base64: string;
}

function posix({ check, digests, cleanUp, base64 }: PosixTools): Omit<KitDialect, 'system'> {
  return {
    sums: () => [
      { command: `${check} --quiet SHA256SUMS && echo "${ALL_AS_EXPORTED}"`, expected: [ALL_AS_EXPORTED] },
    ],
    signature: minisign,
    digest: (document, field, file) => [
      { command: `${sed(field, file)} ${document} | ${check}`, expected: [`${file}: OK`] },
    ],
    units: (manifest, payload) => [
      {
        command: `${digests(payload)} | ${check} <(${sed({ field: 'chunks_sha256' }, '-')} ${manifest})`,
        expected: ['-: OK'],
      },
      ...(cleanUp === undefined ? [] : [{ command: cleanUp, expected: [] }]),
    ],
    open: (manifest, payload, opened) => [
      { command: `age -d -i "$IDENTITY" -o ${opened} ${payload}`, expected: [] },
      {
        command: `${sed({ field: 'sha256', within: 'original' }, opened)} ${manifest} | ${check}`,
        expected: [`${opened}: OK`],
      },
    ],
    name: (manifest) => [
      {
        command: `sed 's|.*"source":{[^}]*"sealed":"\\([^"]*\\)".*|\\1|' ${manifest} | ${base64} | age -d -i "$IDENTITY" | sed 's|.*"path":"\\([^"]*\\)".*|\\1|' | ${base64}`,
        expected: [],
      },
    ],
    chain: (log, head, entries) => [
      { command: `bash chain.sh ${log} ${head}`, expected: [chainHolds(entries)] },
    ],
  };
}

/** What chain.sh says where the chain holds. */
export function chainHolds(entries: number): string {
  return `${entries} entries: the chain holds up to the signed head`;
}

function minisign(document: string, signature: string, key: string, type: string): KitLine[] {
  const beside = signature === `${document}.minisig` ? '' : ` -x ${signature}`;
  return [
    {
      command: `minisign -Vm ${document}${beside} -p ${key}`,
      expected: ['Signature and comment signature verified', `Trusted comment: bodydock ${type}`],
    },
  ];
}

/** Makes the line `<digest>  <file>` that a checking tool wants, from a document that is one line of canonical JSON. */
function sed({ field, within }: DigestField, file: string): string {
  const before = within === undefined ? '' : `"${within}":{[^}]*`;
  return `sed 's|.*${before}"${field}":"\\([0-9a-f]*\\)".*|\\1  ${file}|'`;
}

/** Windows PowerShell 5 and later. */
export const WINDOWS: KitDialect = {
  system: 'windows',
  sums: () => [
    {
      command:
        'Get-Content SHA256SUMS | ForEach-Object { $digest, $file = $_ -split \'  \', 2; if ((Get-FileHash $file).Hash -ne $digest) { "DIFFERENT: $file" } }',
      expected: [],
    },
  ],
  signature: minisign,
  digest: (document, field, file) => [
    { command: `(Get-FileHash ${file}).Hash -eq ${powershellField(document, field)}`, expected: ['True'] },
  ],
  units: (manifest, payload) => [
    {
      command: `$in = [IO.File]::OpenRead("$PWD/${payload}"); $sha = [Security.Cryptography.SHA256]::Create(); $unit = New-Object byte[] ${UNIT_BYTES}; $list = New-Object IO.MemoryStream; while (($n = $in.Read($unit, 0, ${UNIT_BYTES})) -gt 0) { $list.Write($sha.ComputeHash($unit, 0, $n), 0, 32) }; $in.Close(); [BitConverter]::ToString($sha.ComputeHash($list.ToArray())).Replace('-', '') -eq ${powershellField(manifest, { field: 'chunks_sha256', within: 'sealed' })}`,
      expected: ['True'],
    },
  ],
  open: (manifest, payload, opened) => [
    { command: `age -d -i $IDENTITY -o ${opened} ${payload}`, expected: [] },
    {
      command: `(Get-FileHash ${opened}).Hash -eq ${powershellField(manifest, { field: 'sha256', within: 'original' })}`,
      expected: ['True'],
    },
  ],
  name: (manifest) => [
    {
      command: `[IO.File]::WriteAllBytes("$PWD/name.age", [Convert]::FromBase64String(${powershellField(manifest, { field: 'sealed', within: 'source' })})); [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String((age -d -i $IDENTITY name.age | ConvertFrom-Json).path))`,
      expected: [],
    },
  ],
  chain: (log, head) => [
    {
      command: `$head = Get-Content ${head} -Raw | ConvertFrom-Json; $sha = [Security.Cryptography.SHA256]::Create(); $previous = '0' * 64; foreach ($line in (Get-Content ${log} -Encoding UTF8 -TotalCount $head.sequence)) { if (($line | ConvertFrom-Json).previous -ne $previous) { "BROKEN"; break }; $previous = [BitConverter]::ToString($sha.ComputeHash([Text.Encoding]::UTF8.GetBytes($line))).Replace('-', '').ToLower() }; $previous -eq $head.sha256`,
      expected: ['True'],
    },
  ],
};

function powershellField(document: string, { field, within }: DigestField): string {
  return `(Get-Content ${document} -Raw | ConvertFrom-Json).${within === undefined ? '' : `${within}.`}${field}`;
}

/** All three, in the order of the page. */
export const DIALECTS: readonly KitDialect[] = [LINUX, MACOS, WINDOWS];
