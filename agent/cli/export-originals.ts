// `bodydock export KIT --with-original`: where recordings are opened, makes of a kit what is handed over: the originals, to be played, a page that
// certifies them, and the kit below. The kit is verified whole before anything of it is opened.
import { cp } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type Io, writeJson } from '../../config/command-line.ts';
import { type OpenedIdentity, readIdentityFile } from '../../config/enrolment/identity-file.ts';
import { EXIT_FAILURE, EXIT_GOOD } from '../../config/exit-codes.ts';
import { printable } from '../../config/problems.ts';
import { readVersion } from '../../config/program-version.ts';
import type { Receipt } from '../../protocol/documents/receipt.ts';
import { DockError } from '../../protocol/format/errors.ts';
import { certificatePage, type HandedOver, PROOF_FOLDER } from '../evidence/kit/certificate.ts';
import { fill, type Language } from '../evidence/page/language.ts';
import { findPlace } from '../evidence/verify/place.ts';
import type { CheckedRecording } from '../evidence/verify/recording-check.ts';
import type { Remark } from '../evidence/verify/remark.ts';
import { readTrustedKeys } from '../evidence/verify/trusted-keys.ts';
import { verifyPlace } from '../evidence/verify/verify-place.ts';
import { nodeClock } from '../platform/clock-node.ts';
import { nodeFiles } from '../platform/files-node.ts';
import { makeFolders } from '../platform/make-folders.ts';
import { identitiesFor, openTarget, type Opening, restore } from './open.ts';
import { OPENING_WORDS } from './opening-words.ts';
import { makePage } from './page-file.ts';
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
  /** IANA name. */
  readonly zone: string;
  readonly language: Language;
  readonly json: boolean;
}

/**
 * Gives the exit code.
 * Errors: "export.no-kit", "export.not-empty", "open.*", "sealed.*", "verify.*", "key.*", "page.unwritable", the signal's reason. Where one comes, no
 * page was made; originals that lie there are whole.
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
  await emptyFolder(out);
  const originals: HandedOver[] = [];
  for (const { opening, receipt } of openings) {
    const { name } = await restore(opening, await openTarget(opening), [], io.signal);
    const file = join(relative(out, opening.out), printable(Buffer.from(name).toString('utf8')));
    originals.push({ file, manifest: opening.manifest, receivedAt: receipt?.received_at ?? null });
  }
  await cp(kit, join(out, PROOF_FOLDER), { recursive: true, errorOnExist: true, force: false });
  const facts = {
    originals,
    reason: wish.reason,
    madeAt: new Date(nodeClock().wallMs()).toISOString(),
    version: await readVersion(),
    vault: openings[0]?.receipt?.vault,
    zone: wish.zone,
  };
  for (const each of ['en', 'de'] as const)
    await makePage(join(out, CERTIFICATES[each]), certificatePage(facts, each));
  const page = join(out, CERTIFICATES[language]);
  if (json) writeJson(io, { good: true, out, originals: originals.map(documentOf), remarks: [] });
  else io.out(`${printable(fill(OPENING_WORDS[language].originals, originals.length, page))}\n`);
  return EXIT_GOOD;
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

/**
 * Accompanying files go with their recording. Several recordings get a folder each: cameras give names twice.
 * Errors: "open.not-for-identity"; "export.nothing" where no sealed file is in the kit.
 */
function openingsOf(
  recordings: readonly CheckedRecording[],
  { kit, out }: OriginalsWish,
  identities: readonly OpenedIdentity[],
): { readonly opening: Opening; readonly receipt: Receipt | undefined }[] {
  const sealed = recordings.flatMap(({ where, manifest, receipt, deletion }) =>
    manifest === undefined || deletion !== undefined ? [] : [{ where, manifest, receipt }],
  );
  if (sealed.length === 0)
    throw new DockError('export.nothing', `${kit} holds no sealed recording`, { retry: 'person' });
  const leads = sealed.filter(({ manifest }) => manifest.sidecar_of === null);
  return sealed.map(({ where, manifest, receipt }) => {
    const lead = leads.find(
      (each) =>
        each.manifest.docking === manifest.docking &&
        each.manifest.source.path_sha256 === (manifest.sidecar_of ?? manifest.source.path_sha256),
    );
    const own = (lead?.manifest ?? manifest).recording;
    return {
      opening: {
        path: join(kit, where),
        manifest,
        identities: identitiesFor(manifest, identities),
        out: leads.length > 1 ? join(out, own) : out,
      },
      receipt,
    };
  });
}

/** Errors: "export.not-empty"; the system's. */
async function emptyFolder(out: string): Promise<void> {
  await makeFolders(out);
  if ((await nodeFiles().list(out)).length === 0) return;
  throw new DockError('export.not-empty', `${out} is not empty: name a new folder with --out`, {
    retry: 'person',
  });
}
