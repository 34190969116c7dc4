// `bodydock export`: a kit for a court's expert, or the annex on data handling.
import { basename, resolve } from 'node:path';
import { command, type Io, refuseOptions, usageError, writeJson } from '../../config/command-line.ts';
import { EXIT_FAILURE, EXIT_GOOD } from '../../config/exit-codes.ts';
import { loadReceiverConfig, loadStationConfig, STATION_FILE_DEFAULT } from '../../config/load.ts';
import { ownedFiles } from '../../config/owned-files.ts';
import { printable, refusedFile } from '../../config/problems.ts';
import { readVersion } from '../../config/program-version.ts';
import type { Policy } from '../../protocol/documents/policy.ts';
import type { DockError } from '../../protocol/format/errors.ts';
import { isRecordingId } from '../../protocol/format/ids.ts';
import { handlingDocument, handlingFacts, type HandlingFacts } from '../evidence/kit/handling-document.ts';
import { type KitWish, type MadeKit, makeKit } from '../evidence/kit/make-kit.ts';
import { blocksHtml, blocksText } from '../evidence/page/blocks.ts';
import { fill, type Language } from '../evidence/page/language.ts';
import { readPolicies } from '../receiver/retention/policies.ts';
import { namedRecording } from '../receiver/vault/named-recordings.ts';
import { VaultLayout } from '../receiver/vault/vault-layout.ts';
import type { Files } from '../../protocol/format/ports.ts';
import { Calendar } from '../evidence/report/calendar.ts';
import { nodeClock } from '../platform/clock-node.ts';
import { nodeFiles } from '../platform/files-node.ts';
import { nodeRandom } from '../platform/random-node.ts';
import { exportOriginals } from './export-originals.ts';
import { disclosureText, OPENING_WORDS } from './opening-words.ts';
import { replacePage } from './page-file.ts';
import { remarkDocument } from './verify-json.ts';
import { VerifyText } from './verify-text.ts';
import { realFolder } from './verify.ts';

const OF_KIT = [
  'vault',
  'out',
  'reason',
  'station',
  'keys',
  'with-findings',
  'with-original',
  'identity',
  'zone',
] as const;
/** Recordings of one kit. */
const RECORDINGS_MAX = 1024;

/** Runs the command; gives the exit code. Errors: "usage", and those of what was asked for. */
export const exportCommand = command(
  {
    name: 'bodydock export',
    usage: [
      'RECORDING... --vault DIR --out DIR --reason CODE [--station ID] [--keys KEYS] [--with-findings] [--lang en|de] [--json]',
      'KIT --with-original --identity FILE --out DIR [--keys KEYS] [--reason CODE] [--zone ZONE] [--lang en|de] [--json]',
      '--data-handling [--config FILE] [--receiver-config FILE] [--html FILE] [--lang en|de] [--json]',
    ],
    about: `
The first makes a folder for a court's expert: the recordings as they are (sealed, or their documents alone where they were deleted),
their accompanying files, the records of their dockings, the parts of the logs that name them, receipts, orders, the public keys, and
pages in English and German that explain all of it and how to check it with minisign, age and coreutils alone. Before, everything is
verified and compared with the logs of the vault, so that it shows what was taken away; what lies in the folder is verified again.
RECORDING is an id, its beginning as "bodydock ls" shows it, or the folder of a recording. The id of a docking record exports that docking: the proof of what was on the camera,
such as nothing.
`,
    options: {
      vault: { type: 'string', value: 'DIR', text: "the store's vault" },
      'with-original': {
        type: 'boolean',
        text: 'of a kit, where recordings are opened: what is handed over, to be played, with a certificate',
      },
      identity: {
        type: 'string',
        value: 'FILE',
        text: 'age identity file of one of the recipients; only its owner may be able to read it',
      },
      zone: {
        type: 'string',
        value: 'ZONE',
        text: 'time zone of the certificate, such as Europe/Berlin (default: the one of this machine)',
      },
      out: { type: 'string', value: 'DIR', text: 'a new or empty folder outside of the vault' },
      reason: {
        type: 'string',
        value: 'CODE',
        text: 'why, as a code of 1 to 64 of a-z, 0-9 and "-": it goes into the store\'s log. Not needed on a read-only medium.',
      },
      station: { type: 'string', value: 'ID', text: 'whose recordings, where an id is not enough' },
      keys: {
        type: 'string',
        value: 'KEYS',
        text: 'folder with the public keys (default: keys/ beside the vault)',
      },
      'with-findings': {
        type: 'boolean',
        text: 'make it although something does not hold; what that is stands in FINDINGS.txt and on the page',
      },
      'data-handling': { type: 'boolean', text: 'print the annex to the works agreement' },
      config: {
        type: 'string',
        value: 'FILE',
        text: `the station's file (default: ${STATION_FILE_DEFAULT})`,
      },
      'receiver-config': {
        type: 'string',
        value: 'FILE',
        text: "the store's file; without it the store's periods and roles are left open",
      },
      html: { type: 'string', value: 'FILE', text: 'a page that prints on A4, instead of text' },
      lang: {
        type: 'string',
        value: 'en|de',
        text: 'language of the text and of INDEX.html (default: by LANG); the page in the other one lies beside it',
      },
    },
    notes: `
The second makes of such a folder what is handed over, on the machine where recordings are opened: the recordings as they were on the camera,
one page for the person who gets them (CERTIFICATE.html, BESCHEINIGUNG.html), and the folder itself below, in "proof". It is verified before.

The third prints the annex to the works agreement, from the configuration alone: what is stored where and how long, who can open it, who
may hold or delete it, which data on persons can occur and which never do, which logs there are.
`,
    exits:
      '0 good, 1 a finding (nothing is exported without --with-findings) or a failure, 2 usage, 78 configuration or keys.',
    wordsMax: RECORDINGS_MAX,
  },
  async (line, io) => {
    const { values, words, json, language } = line;
    const { config, html, vault, out, station, reason, keys } = values;
    if (values['data-handling'] === true) {
      if (words.length > 0) throw usageError('--data-handling takes no recording');
      refuseOptions(values, OF_KIT, 'with --data-handling');
      return exportHandling({ config, receiverConfig: values['receiver-config'], language, html, json }, io);
    }
    if (values['with-original'] === true) {
      const { identity, zone } = values;
      refuseOptions(
        values,
        ['vault', 'station', 'with-findings', 'config', 'receiver-config', 'html'],
        'with --with-original',
      );
      const [kit, ...others] = words;
      if (kit === undefined || others.length > 0)
        throw usageError('--with-original takes the folder of one kit');
      if (identity === undefined)
        throw usageError('--with-original opens what is sealed: say --identity FILE');
      if (out === undefined) throw usageError('--out DIR is missing');
      const places = { kit: await realFolder(kit), out: resolve(out), identity, keysFolder: keys };
      return exportOriginals({ ...places, reason, calendar: new Calendar(zone), language, json }, io);
    }
    refuseOptions(values, ['identity', 'zone'], 'without --with-original');
    if (words.length === 0) throw usageError('name at least one recording, or say --data-handling');
    refuseOptions(values, ['config', 'receiver-config', 'html'], 'without --data-handling');
    if (vault === undefined) throw usageError('--vault DIR is missing');
    if (out === undefined) throw usageError('--out DIR is missing');
    const withFindings = values['with-findings'] === true;
    const places = { vault: await realFolder(vault), out: resolve(out), keysFolder: keys };
    return exportKit({ ...places, words, station, reason, withFindings, language, json }, io);
  },
);

// `bodydock export RECORDING...`: the kit for a court's expert, and what is said of it.

/** Makes the kit; gives the exit code. Errors: those of makeKit; "usage" for a word that is no recording. */
async function exportKit(
  wish: Omit<KitWish, 'recordings'> & { readonly words: readonly string[]; readonly json: boolean },
  io: Io,
): Promise<number> {
  const files = await ownedFiles(wish.vault);
  const recordings = new Set<string>();
  for (const word of wish.words) recordings.add(await recordingIn(files, wish, word));
  const ports = { files, clock: nodeClock(), random: nodeRandom(), signal: io.signal };
  const kit = await makeKit(
    { ...wish, recordings: [...recordings] },
    { ...ports, version: await readVersion() },
  );
  if (wish.json) writeJson(io, kitDocument(kit, wish.out));
  else io.out(kit.made ? madeText(kit, wish.out, wish.language) : refusedText(kit, wish.language));
  return kit.findings.length === 0 ? EXIT_GOOD : EXIT_FAILURE;
}

/** An id, its beginning, or the path of a recording's folder. */
async function recordingIn(
  files: Files,
  { vault, station }: Pick<KitWish, 'vault' | 'station'>,
  word: string,
): Promise<string> {
  const id = basename(resolve(word));
  return isRecordingId(id) ? id : (await namedRecording(files, vault, id, station)).recording;
}

function madeText({ parts, findings, place, disclosures }: MadeKit, out: string, language: Language): string {
  const words = OPENING_WORDS[language];
  const { asked, sidecars, dockings, segments } = parts;
  const lines = [
    disclosureText(place, disclosures, words),
    fill(words.kit, out, asked.length, sidecars.length, dockings.length, segments.length),
    findings.length === 0 ? words.kitGood : fill(words.kitBad, findings.length),
  ];
  return new VerifyText(language).remarks(findings) + lines.map((line) => `${printable(line)}\n`).join('');
}

function refusedText({ findings }: MadeKit, language: Language): string {
  return `${new VerifyText(language).remarks(findings)}${OPENING_WORDS[language].notExported}\n`;
}

function kitDocument({ made, parts, findings, disclosures }: MadeKit, out: string): unknown {
  const ids = (list: readonly { readonly recording: string }[]): string[] =>
    list.map(({ recording }) => recording);
  return {
    good: findings.length === 0,
    out: made ? out : null,
    recordings: ids(parts.asked),
    sidecars: ids(parts.sidecars),
    docking_records: parts.dockings.map(({ record }) => record),
    segments: parts.segments.map(({ keeper, segment }) => ({ keeper, segment })),
    disclosures: disclosures.map(({ disclosure }) => disclosure),
    remarks: findings.map(remarkDocument),
  };
}

// `bodydock export --data-handling`: the annex to the works agreement, from the configuration alone.

/** What was asked for. */
interface HandlingWish {
  readonly config: string | undefined;
  readonly receiverConfig: string | undefined;
  readonly language: Language;
  readonly html: string | undefined;
  readonly json: boolean;
}

/** Prints the annex; gives the exit code. Errors: "page.unwritable". */
async function exportHandling(wish: HandlingWish, io: Io): Promise<number> {
  const facts = await factsOf(wish, io);
  const stamp = { madeAt: new Date(nodeClock().wallMs()).toISOString(), version: await readVersion() };
  const { title, blocks } = handlingDocument(facts, wish.language, stamp);
  if (wish.html !== undefined) {
    await replacePage(resolve(wish.html), blocksHtml(wish.language, title, blocks));
    if (!wish.json) io.out(`${printable(wish.html)}: ${title}\n`);
  } else if (!wish.json) io.out(blocksText(title, blocks).replaceAll(/[^\n]+/g, printable));
  if (wish.json) writeJson(io, { ...facts, made_at: stamp.madeAt, version: stamp.version });
  return EXIT_GOOD;
}

/** Errors: "config.refused", behind the problems of both files. */
async function factsOf(
  { config: file = STATION_FILE_DEFAULT, receiverConfig }: HandlingWish,
  io: Io,
): Promise<HandlingFacts> {
  const station = await loadStationConfig(file);
  const store = receiverConfig === undefined ? undefined : await loadReceiverConfig(receiverConfig);
  const refusals: DockError[] = [];
  if (station.kind === 'refused') refusals.push(refusedFile(file, station.problems, 'bodydock', io));
  if (receiverConfig !== undefined && store?.kind === 'refused')
    refusals.push(refusedFile(receiverConfig, store.problems, 'bodydock-receiver', io));
  if (station.kind === 'refused' || store?.kind === 'refused') throw refusals[0];
  return handlingFacts(station, store, store && (await policyIn(store.config.vault.path, io.signal)));
}

/** The policy in force in a vault; undefined where it is not on this machine. Errors: those of readPolicies. */
async function policyIn(vault: string, signal: AbortSignal): Promise<Policy | null | undefined> {
  const files = nodeFiles();
  if ((await files.stat(vault)) === undefined) return undefined;
  const policies = await readPolicies({ files, layout: new VaultLayout(vault), signal });
  return policies.at(-1)?.policy ?? null;
}
