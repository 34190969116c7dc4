// `bodydock open`: restores the original of one recording under its own name, after everything about it was verified.
import { basename, join, resolve } from 'node:path';
import { EXIT_FAILURE, EXIT_GOOD } from '../../config/exit-codes.ts';
import { readIdentityFile, type OpenedIdentity } from '../../config/enrolment/identity-file.ts';
import { ownedFiles } from '../../config/owned-files.ts';
import { printable } from '../../config/problems.ts';
import { encodeBase64, encodeUtf8, equalBytes, parseUtf8 } from '../../protocol/format/bytes.ts';
import { DockError } from '../../protocol/format/errors.ts';
import { nodeClock } from '../platform/clock-node.ts';
import { nodeFiles } from '../platform/files-node.ts';
import { nodeRandom } from '../platform/random-node.ts';
import type { Manifest } from '../../protocol/documents/manifest.ts';
import type { Disclosure } from '../../protocol/documents/order.ts';
import { MANIFEST } from '../../protocol/format/file-names.ts';
import { disclosurePlace, leaveDisclosure, vaultAbove } from '../evidence/kit/disclosure.ts';
import { fill, type Language } from '../evidence/page/language.ts';
import { openSource, originalName, restoreOriginal } from '../evidence/verify/restore-original.ts';
import { findPlace, readVaultId } from '../evidence/verify/place.ts';
import { checkRecording, type CheckedRecording } from '../evidence/verify/recording-check.ts';
import type { Remark } from '../evidence/verify/remark.ts';
import { knownKeys } from '../evidence/verify/known-keys.ts';
import { readTrustedKeys } from '../evidence/verify/trusted-keys.ts';
import { OriginalFile } from './original-file.ts';
import { disclosureText, OPENING_WORDS } from './opening-words.ts';
import { command, usageError, writeJson, type Io, LANG } from '../../config/command-line.ts';
import { remarkDocument } from './verify-json.ts';
import { VerifyText } from './verify-text.ts';
import { realFolder } from './verify.ts';

/** Findings that say nothing against the original. */
const BESIDE = /^(?:receipt|source)\.|^folder\.unexpected-entry$/;

/** Runs the command; gives the exit code. Errors: "usage", "verify.*", "key.*", "disclosure.*", "open.*", "sealed.*", the signal's reason. */
export const open = command(
  {
    name: 'bodydock open',
    usage: ['DIR --identity FILE [--reason CODE] [--out OUT] [--keys KEYS] [--lang en|de] [--json]'],
    about: `
Restores the original of one recording: the same bytes, under the name and with the time that they had on the camera. DIR is the
folder of that recording. Before, its manifest, its signature and every unit are verified; the file gets its name only when its
SHA-256 is the one that the station signed. An existing file is never replaced.

Whoever opens a recording in a store's vault says why: the reason goes into the store's log. Elsewhere (an expert's folder, a spool)
and on a read-only medium none is asked for.
`,
    options: {
      identity: {
        type: 'string',
        value: 'FILE',
        text: 'age identity file of one of the recipients; only its owner may be able to read it',
      },
      reason: {
        type: 'string',
        value: 'CODE',
        text: 'why, as a code of 1 to 64 of a-z, 0-9 and "-": such as the number of the case; no words, no names',
      },
      out: {
        type: 'string',
        value: 'OUT',
        text: 'folder for the file, made where it is missing (default: the current one); nothing is written outside of it',
      },
      keys: {
        type: 'string',
        value: 'KEYS',
        text: 'folder with station*.pub and store*.pub (default: keys/ beside the vault)',
      },
      lang: LANG,
    },
    notes:
      'A name that could mislead (control characters, "..", too long) is replaced by the recording\'s id; the true one is told with --json.',
    exits:
      '0 restored, 1 a finding (nothing is restored where it concerns manifest or payload), 2 usage, 78 keys.',
    wordsMax: 1,
  },
  async (line, io) => {
    const { identity, out = '.', keys, reason } = line.values;
    const { json } = line;
    const [folder] = line.words;
    if (folder === undefined) throw usageError('name the folder of a recording');
    if (identity === undefined)
      throw usageError('--identity FILE is missing: without it nothing can be opened');
    const told: Telling = { language: line.language, json, io };
    const identities = await readIdentityFile(identity);
    const path = await realFolder(folder);
    const place = await disclosurePlace(await vaultAbove(nodeFiles(), path), reason);
    const checked = await verifyFirst(path, keys, io.signal);
    const { manifest, manifestSha256 } = checked;
    if (manifest === undefined || manifestSha256 === undefined || checked.remarks.some(isAgainst))
      return refuse(checked.remarks, told);
    const opening = { path, manifest, identities: identitiesFor(manifest, identities), out: resolve(out) };
    const { station, recording } = manifest;
    const subject = { station, recording, manifestSha256, command: 'open' } as const;
    const files = place.kind === 'vault' ? await ownedFiles(place.vault) : PORTS.files;
    // A name that is taken hands out nothing, so nothing of it is left in the vault.
    const target = await openTarget(opening);
    const disclosure = await leaveDisclosure(place, subject, { ...PORTS, files }).catch(
      async (error: unknown) => {
        await target.file.abandon();
        throw error;
      },
    );
    const left = disclosure === undefined ? [] : [disclosure];
    if (!json) io.out(`${printable(disclosureText(place, left, OPENING_WORDS[told.language]))}\n`);
    return report({ ...(await restore(opening, target, checked.remarks, io.signal)), disclosure }, told);
  },
);

const PORTS = { files: nodeFiles(), clock: nodeClock(), random: nodeRandom() };

/** All checks that need no identity; the original itself is compared while it is restored. */
async function verifyFirst(
  path: string,
  keysFolder: string | undefined,
  signal: AbortSignal,
): Promise<CheckedRecording> {
  const files = nodeFiles();
  const place = await findPlace(files, path);
  if (place.kind !== 'recording') throw usageError(`${path} is not the folder of one recording`);
  const trusted = await readTrustedKeys(keysFolder ?? place.keysFolder);
  const { keys } = await knownKeys(files, place, trusted);
  const vault = await readVaultId(files, place);
  const checked = await checkRecording({
    files,
    folder: path,
    where: '.',
    name: basename(path),
    state: 'sealed',
    station: undefined,
    vault: vault.id,
    keys,
    identities: [],
    signal,
  });
  if (checked !== undefined) return checked;
  throw new DockError('verify.missing', `${path} is gone`, { retry: 'person' });
}

/** A finding that speaks against manifest or payload. */
function isAgainst({ kind, code }: Remark): boolean {
  return kind === 'finding' && !BESIDE.test(code);
}

/** Those of the identities that open it. Errors: "open.not-for-identity". */
export function identitiesFor({ recipients }: Manifest, identities: readonly OpenedIdentity[]): string[] {
  const ours = identities.filter(({ recipient }) => recipients.includes(recipient));
  if (ours.length > 0) return ours.map(({ identity }) => identity);
  const message = `sealed for ${recipients.join(', ')}: the identity given is of none of these`;
  throw new DockError('open.not-for-identity', message, { retry: 'person' });
}

export interface Opening {
  readonly path: string;
  readonly manifest: Manifest;
  readonly identities: readonly string[];
  readonly out: string;
}

/** A restored original, and what else was found. */
export interface Restored {
  /** What was left in the vault about it. */
  readonly disclosure?: Disclosure | undefined;
  readonly manifest: Manifest;
  readonly out: string;
  readonly name: Uint8Array;
  /** Undefined where the sealed name could not be opened. */
  readonly source: { readonly path: Uint8Array; readonly said: Uint8Array } | undefined;
  readonly remarks: readonly Remark[];
}

/** Where the original goes, and what its name was on the camera. */
interface Target {
  readonly file: OriginalFile;
  readonly source: ReturnType<typeof openSource>;
  readonly named: ReturnType<typeof originalName> | undefined;
}

/** Errors: "open.exists", "open.unwritable". */
export async function openTarget({ manifest, identities, out }: Opening): Promise<Target> {
  const source = openSource(MANIFEST, manifest.source, identities);
  const fallback = encodeUtf8(manifest.recording);
  const named = 'path' in source ? originalName(source.path, manifest.recording) : undefined;
  const file = await OriginalFile.create(out, named?.name ?? fallback, fallback);
  return { file, source, named };
}

/** Errors: as restoreOriginal. */
export async function restore(
  { path, manifest, identities, out }: Opening,
  { file, source, named }: Target,
  found: readonly Remark[],
  signal: AbortSignal,
): Promise<Restored> {
  await restoreOriginal({ files: nodeFiles(), folder: path, manifest, identities, signal }, file);
  return {
    manifest,
    out,
    name: file.finalName,
    source: named && 'path' in source ? { path: source.path, said: named.said } : undefined,
    remarks: 'remark' in source ? [...found, source.remark] : found,
  };
}

/** To whom, and how. */
interface Telling {
  readonly language: Language;
  readonly json: boolean;
  readonly io: Io;
}

function refuse(remarks: readonly Remark[], { language, json, io }: Telling): number {
  if (json) writeJson(io, { good: false, restored: null, remarks: remarks.map(remarkDocument) });
  else io.out(`${new VerifyText(language).remarks(remarks)}${OPENING_WORDS[language].notRestored}\n`);
  return EXIT_FAILURE;
}

function report(restored: Restored, { language, json, io }: Telling): number {
  const good = isGood(restored);
  if (json) {
    const remarks = restored.remarks.map(remarkDocument);
    writeJson(io, { good, restored: restoredDocument(restored), remarks });
  } else io.out(new VerifyText(language).remarks(restored.remarks) + restoredText(restored, language));
  return good ? EXIT_GOOD : EXIT_FAILURE;
}

function isGood({ remarks }: Restored): boolean {
  return remarks.every(({ kind }) => kind === 'note');
}

function restoredText(restored: Restored, language: Language): string {
  const { manifest, out, name, source } = restored;
  const words = OPENING_WORDS[language];
  const { original, camera, station, recording, sealed_at: sealedAt } = manifest;
  const replaced = source !== undefined && !equalBytes(name, source.said);
  const lines = [
    fill(words.restored, join(out, Buffer.from(name).toString('utf8')), original.size_bytes, original.sha256),
    fill(
      words.sealed,
      recording,
      camera.id,
      station,
      sealedAt,
      isGood(restored) ? words.allFits : words.someFits,
    ),
    ...(replaced ? [words.otherName] : []),
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}

function restoredDocument({ manifest, out, name, source, disclosure }: Restored): unknown {
  const { recording, station, camera, original } = manifest;
  return {
    recording,
    station,
    camera: camera.id,
    folder: out,
    file: parseUtf8(name) ?? null,
    file_base64: encodeBase64(name),
    name_on_camera_base64: source === undefined ? null : encodeBase64(source.said),
    path_on_camera_base64: source === undefined ? null : encodeBase64(source.path),
    size_bytes: original.size_bytes,
    sha256: original.sha256,
    modified_at: original.modified_at,
    disclosure: disclosure?.disclosure ?? null,
  };
}
