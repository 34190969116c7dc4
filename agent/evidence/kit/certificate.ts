// The page that goes with originals that are handed over: what they are, how to see that they are unaltered, and what that does not show. Pure.
import { durationText } from '../../../config/durations.ts';
import { CERTIFICATE_DE } from '../../../config/texts/de/certificate.ts';
import { KIT_DE } from '../../../config/texts/de/kit.ts';
import { CERTIFICATE_EN } from '../../../config/texts/en/certificate.ts';
import { KIT_EN } from '../../../config/texts/en/kit.ts';
import { filled } from '../../../config/texts.ts';
import type { Manifest } from '../../../protocol/documents/manifest.ts';
import {
  type Block,
  blocksHtml,
  heading,
  list,
  paragraph,
  small,
  subheading,
  table,
} from '../page/blocks.ts';
import { dataSize, type Language, number } from '../page/language.ts';
import type { Calendar } from '../report/calendar.ts';

/** Of the folder with the kit, beside the originals. */
export const PROOF_FOLDER = 'proof';

/** One original that lies beside the page. */
export interface HandedOver {
  /** Below the page's folder, for people: what could mislead them is not in it. */
  readonly file: string;
  readonly manifest: Manifest;
  /** RFC 3339 UTC; null without a receipt. */
  readonly receivedAt: string | null;
  /** Id of the recording that it accompanies, which lies here as well; null for a recording. */
  readonly accompanies: string | null;
}

export interface CertificateFacts {
  readonly originals: readonly HandedOver[];
  readonly reason: string | undefined;
  /** RFC 3339 UTC. */
  readonly madeAt: string;
  readonly version: string;
  readonly vault: string | undefined;
  /** Its zone is the office's. */
  readonly calendar: Calendar;
}

const TEXTS = { en: CERTIFICATE_EN, de: CERTIFICATE_DE } as const;
const KIT = { en: KIT_EN, de: KIT_DE } as const;
const NOTHING = ['', ''];

/** The page in one language; it prints on A4. */
export function certificatePage(facts: CertificateFacts, language: Language): string {
  const say = TEXTS[language];
  const { originals, reason, madeAt, version, vault, calendar } = facts;
  const proof = { proof: PROOF_FOLDER };
  const recordings = originals.filter(({ accompanies }) => accompanies === null);
  const count = recordings.length;
  const title = count === 1 ? say.title : filled(say.titleSeveral, { count });
  const blocks: Block[] = [
    paragraph(filled(say.intro, proof)),
    ...(reason === undefined ? [] : [paragraph(filled(say.reason, { reason }))]),
    ...recordings.flatMap((each) => [
      heading(filled(say.recording, { id: each.manifest.recording })),
      table(NOTHING, rowsOf(each, language, calendar)),
      ...accompanyingBlocks(originals, each, language),
    ]),
    small(filled(say.zone, { zone: calendar.zone })),
    heading(say.check),
    paragraph(say.checkText),
    ...checkBlocks(originals, language),
    heading(say.proven),
    list(say.provenItems.map((item) => filled(item, proof))),
    heading(say.limits),
    list([...KIT[language].limitsText.slice(0, -1), filled(say.keys, proof)]), // the last one is about a chapter of the kit's page
    paragraph(say.signed),
    small(filled(say.madeAt, { at: calendar.shownMinute(madeAt, language), version, vault: vault ?? '-' })),
  ];
  return blocksHtml(language, title, blocks);
}

function rowsOf(
  { file, manifest, receivedAt }: HandedOver,
  language: Language,
  calendar: Calendar,
): string[][] {
  const say = TEXTS[language];
  const { original, camera, station, media, sealed_at: sealedAt } = manifest;
  const duration = media?.duration_ms ?? null;
  return [
    [say.file, file],
    [say.size, sizeText(manifest, language)],
    [say.sha256, original.sha256],
    [say.made, madeText(manifest, language, calendar)],
    ...(duration === null ? [] : [[say.length, durationText(Math.round(duration / 1000), language)]]),
    [
      say.camera,
      camera.model === null ? camera.id : filled(say.model, { id: camera.id, model: camera.model }),
    ],
    [say.station, station],
    [say.sealed, calendar.shownMinute(sealedAt, language)],
    [say.receipted, receivedAt === null ? say.noReceipt : calendar.shownMinute(receivedAt, language)],
  ];
}

/** The files that the camera wrote beside a recording. */
function accompanyingBlocks(
  originals: readonly HandedOver[],
  { manifest: { recording } }: HandedOver,
  language: Language,
): Block[] {
  const say = TEXTS[language];
  const rows = originals
    .filter(({ accompanies }) => accompanies === recording)
    .map(({ file, manifest }) => [file, sizeText(manifest, language), manifest.original.sha256]);
  return rows.length === 0
    ? []
    : [subheading(say.accompanying), table([say.file, say.size, say.sha256], rows)];
}

function sizeText({ original: { size_bytes: bytes } }: Manifest, language: Language): string {
  const size = dataSize(bytes, language);
  return filled(TEXTS[language].bytes, { size, bytes: number(bytes, language) });
}

function madeText({ capture, original }: Manifest, language: Language, calendar: Calendar): string {
  const { earliest_at: earliest, latest_at: latest, basis } = capture;
  const [from, to] =
    basis === 'clock-unmeasured' ? [original.modified_at, original.modified_at] : [earliest, latest];
  if (from === null || to === null) return '-';
  const [first, last] = [calendar.shownMinute(from, language), calendar.shownMinute(to, language)];
  const when = first === last ? first : filled(TEXTS[language].span, { from: first, to: last });
  return `${when} (${KIT[language].bases[basis]})`;
}

function checkBlocks(originals: readonly HandedOver[], language: Language): Block[] {
  const say = TEXTS[language];
  const commands = (command: (file: string) => string): string[] =>
    originals.map(({ file }) => command(file));
  return [
    subheading(say.windows),
    list(commands((file) => `Get-FileHash -Algorithm SHA256 -LiteralPath '${file.replaceAll("'", "''")}'`)),
    subheading(say.linux),
    list(commands((file) => `shasum -a 256 -- '${file.replaceAll("'", `'\\''`)}'`)),
  ];
}
