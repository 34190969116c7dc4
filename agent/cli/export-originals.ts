// `bodydock export KIT --with-original`: where recordings are opened, makes of a kit what is handed over: the originals, to be played, a page that
// certifies them, and the kit below. The kit is verified whole before anything of it is opened.
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type Io, writeJson } from '../../config/command-line.ts';
import { type OpenedIdentity, readIdentityFile } from '../../config/enrolment/identity-file.ts';
import { EXIT_FAILURE, EXIT_GOOD } from '../../config/exit-codes.ts';
import { printable } from '../../config/problems.ts';
import { readVersion } from '../../config/program-version.ts';
import type { Receipt } from '../../protocol/documents/receipt.ts';
import { parseUtf8 } from '../../protocol/format/bytes.ts';
import { DockError } from '../../protocol/format/errors.ts';
import { certificatePage, type HandedOver, PROOF_FOLDER } from '../evidence/kit/certificate.ts';
import { KitWriter } from '../evidence/kit/kit-writer.ts';
import { fill, type Language } from '../evidence/page/language.ts';
import type { Calendar } from '../evidence/report/calendar.ts';
import { findPlace } from '../evidence/verify/place.ts';
import type { CheckedRecording } from '../evidence/verify/recording-check.ts';
import type { Remark } from '../evidence/verify/remark.ts';
import { readTrustedKeys } from '../evidence/verify/trusted-keys.ts';
import { verifyPlace } from '../evidence/verify/verify-place.ts';
import { nodeClock } from '../platform/clock-node.ts';
import { nodeFiles } from '../platform/files-node.ts';
import { nodeRandom } from '../platform/random-node.ts';
import { identitiesFor, openTarget, type Opening, restore } from './open.ts';
import { OPENING_WORDS } from './opening-words.ts';
import { remarkDocument } from './verify-json.ts';
import { VerifyText } from './verify-text.ts';

const CERTIFICATES = { en: 'CERTIFICATE.html', de: 'BESCHEINIGUNG.html' } as const;

/** Paths are absolute. */
export interface OriginalsWish {
  readonly kit: string;
  readonly out: string;
  /** Path of an age identity file. */
  readonly identity: string;
  /** Undefined: the reader has none but the kit's own. */
  readonly keysFolder: string | undefined;
  /** For the page; a code. */
  readonly reason: string | undefined;
  readonly calendar: Calendar;
  readonly language: Language;
  readonly json: boolean;
}

/**
 * Gives the exit code; the folder is there as a whole, or not at all.
 * Errors: "export.*", "open.*", "sealed.*", "verify.*", "key.*", the signal's reason.
 */
export async function exportOriginals(wish: OriginalsWish, io: Io): Promise<number> {
  const { kit, out, language, json } = wish;
  const identities = await readIdentityFile(wish.identity);
  const { recordings, findings } = await verifyKit(wish, io.signal);
  if (findings.length > 0) {
    if (json) writeJson(io, { good: false, out: null, originals: [], remarks: findings.map(remarkDocument) });
    else io.out(`${new VerifyText(language).remarks(findings)}${OPENING_WORDS[language].notRestored}\n`);
    return EXIT_FAILURE;
  }
  const openings = openingsOf(recordings, wish, identities);
  const writer = await KitWriter.begin(nodeFiles(), out, nodeRandom(), io.signal);
  const originals: HandedOver[] = [];
  try {
    for (const opening of openings) originals.push(await handOver(opening, writer, io.signal));
    for (const path of await filesBelow(kit)) await writer.copy(join(kit, path), `${PROOF_FOLDER}/${path}`);
    const facts = {
      originals,
      reason: wish.reason,
      madeAt: new Date(nodeClock().wallMs()).toISOString(),
      version: await readVersion(),
      vault: openings[0]?.receipt?.vault,
      calendar: wish.calendar,
    };
    for (const each of ['en', 'de'] as const)
      await writer.write(CERTIFICATES[each], certificatePage(facts, each));
    await writer.finish();
  } catch (error) {
    await writer.abandon();
    throw error;
  }
  const page = join(out, CERTIFICATES[language]);
  const count = originals.filter(({ accompanies }) => accompanies === null).length;
  if (json) writeJson(io, { good: true, out, originals: originals.map(documentOf), remarks: [] });
  else io.out(`${printable(fill(OPENING_WORDS[language].originals, count, page))}\n`);
  return EXIT_GOOD;
}

/** Restores one original into the folder that is being written. */
async function handOver(
  { receipt, below, accompanies, ...sealed }: SealedOriginal,
  writer: KitWriter,
  signal: AbortSignal,
): Promise<HandedOver> {
  const { manifest } = sealed;
  const opening = { ...sealed, out: join(writer.folder, below) };
  const { name } = await restore(opening, await openTarget(opening), [], signal);
  const path = join(relative(writer.folder, opening.out), Buffer.from(name).toString('utf8'));
  if (parseUtf8(name) !== undefined) writer.took(path, manifest.original.sha256);
  return { file: printable(path), manifest, receivedAt: receipt?.received_at ?? null, accompanies };
}

/** Paths of the files below a folder, sorted, with "/" between their parts. Errors: the system's. */
async function filesBelow(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found
    .filter((each) => each.isFile())
    .map((each) => relative(folder, join(each.parentPath, each.name)))
    .sort();
}

function documentOf({ file, manifest }: HandedOver): object {
  const { recording, original } = manifest;
  return { recording, file, size_bytes: original.size_bytes, sha256: original.sha256 };
}

/** What a kit holds, and what does not hold in it. */
interface VerifiedKit {
  readonly recordings: readonly CheckedRecording[];
  readonly findings: readonly Remark[];
}

async function verifyKit({ kit, keysFolder }: OriginalsWish, signal: AbortSignal): Promise<VerifiedKit> {
  const files = nodeFiles();
  const place = await findPlace(files, kit);
  if (place.kind !== 'collection')
    throw new DockError(
      'export.no-kit',
      `${kit} is no kit, it is a ${place.kind}: make one with "bodydock export RECORDING --vault ...", take it to where recordings are opened, and name its folder`,
      { retry: 'person' },
    );
  const keys = await readTrustedKeys(keysFolder ?? place.keysFolder);
  const recordings: CheckedRecording[] = [];
  const findings: Remark[] = [];
  const take = (found: readonly Remark[]): void => {
    findings.push(...found.filter(({ kind }) => kind === 'finding'));
  };
  const options = { files, keys, identities: [], nowMs: nodeClock().wallMs(), signal };
  await verifyPlace(place, options, {
    recording: (checked) => {
      recordings.push(checked);
      take(checked.remarks);
    },
    docking: (checked) => take(checked.remarks),
    remark: (found) => take([found]),
  });
  return { recordings, findings };
}

/** An original that is still sealed. `below` is the folder for it, under the one that is handed over; empty for that itself. */
interface SealedOriginal extends Omit<Opening, 'out'> {
  readonly receipt: Receipt | undefined;
  readonly below: string;
  readonly accompanies: string | null;
}

/**
 * Accompanying files go with their recording. Several recordings get a folder each: cameras give names twice.
 * Errors: "open.not-for-identity"; "export.nothing" where no sealed file is in the kit.
 */
function openingsOf(
  recordings: readonly CheckedRecording[],
  { kit }: OriginalsWish,
  identities: readonly OpenedIdentity[],
): SealedOriginal[] {
  const sealed = recordings.flatMap(({ where, manifest, receipt, deletion }) =>
    manifest === undefined || deletion !== undefined ? [] : [{ where, manifest, receipt }],
  );
  if (sealed.length === 0)
    throw new DockError('export.nothing', `${kit} holds no sealed recording`, { retry: 'person' });
  const leads = sealed.filter(({ manifest }) => manifest.sidecar_of === null);
  const originals = sealed.map(({ where, manifest, receipt }) => {
    const { docking, recording, sidecar_of: sidecarOf } = manifest;
    const lead = leads.find(
      (each) => each.manifest.docking === docking && each.manifest.source.path_sha256 === sidecarOf,
    )?.manifest.recording;
    return {
      path: join(kit, where),
      manifest,
      identities: identitiesFor(manifest, identities),
      receipt,
      below: leads.length > 1 ? (lead ?? recording) : '',
      accompanies: lead ?? null,
    };
  });
  return originals.sort(
    (one, other) => Number(one.accompanies !== null) - Number(other.accompanies !== null),
  );
}
