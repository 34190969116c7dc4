// `bodydock-receiver enrol` (SPEC 4.12): takes the request of a station, and answers it with certificate, authorities and pins in one file.
// The receiver's file stays as it is: the lines that it needs are printed.
import { dirname, join, resolve } from 'node:path';
import { brokerUrlFault, isLoopback, mapBroker } from '../../../config/broker-config.ts';
import { command, type Io, LANG, type Line, type Options, usageError } from '../../../config/command-line.ts';
import { writeNewFile } from '../../../config/durable-file.ts';
import { filesOf, hasAuthority } from '../../../config/enrolment/authority.ts';
import { requestPem } from '../../../config/enrolment/certificates.ts';
import {
  compareFingerprint,
  readEnrolment,
  writeEnrolment,
} from '../../../config/enrolment/enrolment-file.ts';
import { rotationFiles } from '../../../config/enrolment/key-rotation.ts';
import { readPublicKeyFile, readSigningKey } from '../../../config/enrolment/keys.ts';
import { EXIT_GOOD } from '../../../config/exit-codes.ts';
import { loadUnfinishedReceiver, RECEIVER_FILE } from '../../../config/load.ts';
import { printable, refusedFile } from '../../../config/problems.ts';
import {
  keyIdHex,
  parsePublicKey,
  publicKeyLine,
  publicKeyOf,
} from '../../../protocol/documents/minisign.ts';
import { encodeBase64, encodeUtf8 } from '../../../protocol/format/bytes.ts';
import { isDockError } from '../../../protocol/format/errors.ts';
import { parseReceiverId } from '../../../protocol/format/ids.ts';
import {
  checkRequestAge,
  encodeEnrolmentAnswer,
  type Enrolment,
  type EnrolmentAnswer,
  type EnrolmentRequest,
  openEnrolmentRequest,
} from '../../../protocol/transfer/enrolment.ts';
import { nodeFiles } from '../../platform/files-node.ts';
import { askAtTerminal } from '../../platform/terminal.ts';
import { readPolicies } from '../retention/policies.ts';
import { VaultLayout } from '../vault/vault-layout.ts';
import {
  admit,
  certificatesFor,
  type CertificateSource,
  type Chain,
  keepStationKey,
  requestedKey,
  type Store,
} from './enrol-station.ts';

const DAYS_DEFAULT = 730;
const DAYS_MAX = 3650;

const OPTIONS = {
  config: RECEIVER_FILE,
  fingerprint: {
    type: 'string',
    value: 'TEXT',
    text: 'as the station reads it out: instead of being asked for it',
  },
  ca: {
    type: 'string',
    value: 'DIR',
    text: 'folder of the authority of `bodydock-receiver ca` (default: authority beside the file, where it is there)',
  },
  'ca-cert': {
    type: 'string',
    value: 'FILE',
    text: 'certificate of the authority that the broker lets clients in by, PEM; further ones in it are its chain',
  },
  'ca-key': { type: 'string', value: 'FILE', text: 'its private key, PEM, mode 0600' },
  days: {
    type: 'string',
    value: 'N',
    text: 'days that the certificate is valid (default 730), never longer than its authority',
  },
  csr: {
    type: 'string',
    value: 'FILE',
    text: 'only writes the request for the certificate there (PEM), once the fingerprint was compared',
  },
  certificate: {
    type: 'string',
    value: 'FILE',
    text: 'the certificate that was issued elsewhere, PEM; further ones in it are its chain',
  },
  broker: {
    type: 'string',
    value: 'URL',
    text: 'address of the broker as stations reach it (default: that of receiver.yaml)',
  },
  'broker-ca': {
    type: 'string',
    value: 'FILE',
    text: "authorities that the broker's certificate comes from, PEM (default: ca_file of receiver.yaml)",
  },
  receiver: {
    type: 'string',
    value: 'ID',
    multiple: true,
    text: 'a further receiver of this store; may be given again',
  },
  'store-key': {
    type: 'string',
    value: 'FILE',
    multiple: true,
    text: 'a further public key of this store (.pub); may be given again',
  },
  store: {
    type: 'string',
    value: 'NAME',
    text: 'name of the store for people (default: id of the receiver)',
  },
  out: {
    type: 'string',
    value: 'FILE',
    text: 'the answer (default: STATION.enrol-answer in this folder); never over one that is there',
  },
  lang: LANG,
} as const satisfies Options;

/** What was typed, checked as far as it can be alone. */
type Typed = Line<typeof OPTIONS>['values'];

/** Runs the command; gives the exit code. Errors: "usage", "enrolment.*", "document.*", "key.*", "tls.*". */
export const enrol = command(
  {
    name: 'bodydock-receiver enrol',
    usage: [
      'REQUEST [--ca DIR] [OPTION...]                      issues the certificate here, and writes the answer',
      'REQUEST --ca-cert FILE --ca-key FILE [OPTION...]    the same by an authority that was made elsewhere',
      'REQUEST --csr FILE [OPTION...]                      or 1. writes the request for the certificate, for an authority elsewhere',
      'REQUEST --certificate FILE [OPTION...]              and 2. takes what it issued, and writes the answer',
    ],
    about: `
REQUEST is the file that \`bodydock keys enrol\` wrote at a station. Shows its fingerprint and asks whether the station reads out the same;
then prints the lines for receiver.yaml, which it never changes, and writes one file for the station.
`,
    options: OPTIONS,
    wordsMax: 1,
  },
  async (line, io) => {
    const { values: typed, json, language } = line;
    const [requestFile] = line.words;
    if (requestFile === undefined)
      throw usageError('`enrol` wants the file that `bodydock keys enrol` wrote');
    const source = sourceOf(typed);
    const words = ENROL_WORDS[language];
    const file = typed.config;
    const loaded = await loadUnfinishedReceiver(file, ['version', 'receiver', 'keys', 'vault', 'broker']);
    if (loaded.kind === 'refused') throw refusedFile(file, loaded.problems, 'bodydock-receiver', io);
    const { groups, folder, tree } = loaded;
    const store: Store = {
      file,
      receiver: parseReceiverId(groups.receiver),
      signingFile: resolve(folder, groups.keys.signing_file),
      vault: resolve(folder, groups.vault.path),
      broker: mapBroker(groups.broker, folder),
      roles: groups.roles ?? { officers: [], supervisors: [] },
      tree,
    };
    await answerRequest(store, { typed, json, source, words, requestFile, base: groups.broker.base }, io);
    return EXIT_GOOD;
  },
);

interface Wish {
  readonly typed: Typed;
  readonly json: boolean;
  readonly source: CertificateSource | undefined;
  readonly words: EnrolWords;
  readonly requestFile: string;
  readonly base: string;
}

/** Everything is checked and compared before the first file is written. */
async function answerRequest(store: Store, wish: Wish, io: Io): Promise<void> {
  const { typed, json, words, requestFile } = wish;
  const url = wish.source?.kind === 'csr' ? '' : brokerOf(typed.broker, store); // no answer, no address
  const request = await readEnrolment(requestFile, openEnrolmentRequest);
  const { document, fingerprint } = request;
  checkRequestAge(document.made_at, Date.now());
  const asks = document.certificate_request !== null;
  const source = wish.source ?? (asks ? await ownAuthority(typed) : undefined);
  const requested = await requestedKey(document, source);
  const signing = await readSigningKey(store.signingFile);
  const known = await admit(store, document, publicKeyOf(signing));
  const keyId = keyIdHex(parsePublicKey(document.public_key).keyId);
  if (!json) io.out(words.request(requestFile, document, keyId, fingerprint));
  const ask = (): Promise<string | undefined> =>
    json ? Promise.resolve(undefined) : askAtTerminal(words.compare, io);
  await compareFingerprint({ fingerprint, typed: typed.fingerprint, ask });
  if (source?.kind === 'csr' && requested !== undefined) {
    await writeNewFile(source.file, encodeUtf8(requestPem(requested.request)), 'public');
    const { station } = document;
    if (json) print(io, { station, fingerprint, csr_file: source.file });
    else io.out(words.csr(source.file, requestFile));
    return;
  }
  const chain = requested && (await certificatesFor(store, document.station, requested, typed['broker-ca']));
  const answer = await encodeAnswer(store, { ...wish, url }, request, chain, io.signal);
  const keyFile = await keepStationKey(store, document, known);
  const out = typed.out ?? `${document.station}.enrol-answer`;
  const answered = await writeEnrolment(out, 'enrolment-answer', answer, signing);
  const end = chain?.certificates[0].validTo;
  const lines = known ? '' : stationLines(document.station, document.public_key);
  const { station } = document;
  const endsAt = end === undefined ? null : new Date(end).toISOString();
  if (json)
    print(io, {
      station,
      fingerprint,
      known,
      lines,
      key_file: keyFile,
      answer_file: out,
      answer_fingerprint: answered,
      certificate_ends_at: endsAt,
    });
  else io.out(words.answered({ out, fingerprint: answered, endsAt, keyFile, file: store.file, lines }));
}

async function encodeAnswer(
  store: Store,
  { typed, base, url }: Wish & { readonly url: string },
  { document, sha256 }: Enrolment<EnrolmentRequest>,
  chain: Chain | undefined,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const receivers = [store.receiver, ...(typed.receiver ?? []).map(parseReceiver)];
  const own = publicKeyLine(publicKeyOf(await readSigningKey(store.signingFile)));
  const roles = await roleLines(store, signal);
  return encodeEnrolmentAnswer({
    type: 'enrolment-answer',
    ...(roles === undefined ? { version: 1 } : { version: 2, roles }),
    station: document.station,
    request_sha256: sha256,
    store: typed.store ?? store.receiver,
    receivers: [...new Set(receivers)],
    public_keys: await storeKeys(store, own, typed['store-key'] ?? []),
    broker: { url, base },
    certificates: (chain?.certificates ?? []).map(({ raw }) => encodeBase64(raw)),
    authorities: (chain?.authorities ?? []).map(({ raw }) => encodeBase64(raw)),
    made_at: new Date().toISOString(),
  });
}

/** Those of the policy in force, or without one of the file; undefined where one of both has none. Errors: those of readPolicies. */
async function roleLines(
  { vault, roles }: Store,
  signal: AbortSignal,
): Promise<EnrolmentAnswer['roles'] | undefined> {
  const files = nodeFiles();
  const isThere = (await files.stat(vault)) !== undefined;
  const policies = isThere ? await readPolicies({ files, layout: new VaultLayout(vault), signal }) : [];
  const { officers, supervisors } = policies.at(-1)?.policy ?? roles;
  return officers.length > 0 && supervisors.length > 0
    ? { officers: [...officers], supervisors: [...supervisors] }
    : undefined;
}

/** Where the certificate comes from; undefined where nothing of it was typed. Errors: "usage". */
function sourceOf(typed: Typed): CertificateSource | undefined {
  const { ca, 'ca-cert': caFile, 'ca-key': keyFile, csr, certificate } = typed;
  if ((caFile === undefined) !== (keyFile === undefined))
    throw usageError('--ca-cert FILE and --ca-key FILE go together');
  if ([ca, caFile, csr, certificate].filter((each) => each !== undefined).length > 1)
    throw usageError('--ca, --ca-cert with --ca-key, --csr and --certificate are different ways: take one');
  const days = daysOf(typed);
  if (ca !== undefined) return byAuthority(ca, days);
  if (caFile !== undefined && keyFile !== undefined) return { kind: 'issue', caFile, keyFile, days };
  if (typed.days !== undefined && (csr ?? certificate) !== undefined)
    throw usageError('--days goes with --ca, or --ca-cert and --ca-key');
  if (csr !== undefined) return { kind: 'csr', file: csr };
  return certificate === undefined ? undefined : { kind: 'issued', file: certificate };
}

function daysOf({ days }: Typed): number {
  const count = Number(days ?? DAYS_DEFAULT);
  if (Number.isInteger(count) && count >= 1 && count <= DAYS_MAX) return count;
  throw usageError(`--days ${JSON.stringify(days)}: a whole number from 1 to ${DAYS_MAX}`);
}

function byAuthority(folder: string, days: number): CertificateSource {
  const { certFile: caFile, keyFile } = filesOf(folder);
  return { kind: 'issue', caFile, keyFile, days, folder };
}

/** The authority beside the receiver's file, for a station that asks for a certificate where nobody typed who issues it. */
async function ownAuthority(typed: Typed): Promise<CertificateSource | undefined> {
  const folder = join(dirname(typed.config), 'authority');
  return (await hasAuthority(folder)) ? byAuthority(folder, daysOf(typed)) : undefined;
}

/** An address of this machine itself leads a station nowhere, unless somebody types that it is meant. Errors: "usage". */
function brokerOf(typed: string | undefined, { broker }: Store): string {
  const url = typed ?? broker.url;
  const fault = brokerUrlFault(url);
  if (fault !== undefined)
    throw usageError(`--broker ${JSON.stringify(url)} ${fault.message}: ${fault.remedy}`);
  if (typed === undefined && isLoopback(new URL(url).hostname))
    throw usageError(
      `the broker of receiver.yaml is ${url}, which only this machine reaches: name its address for stations with --broker`,
    );
  return url;
}

function parseReceiver(text: string): ReturnType<typeof parseReceiverId> {
  try {
    return parseReceiverId(text);
  } catch {
    throw usageError(`--receiver ${JSON.stringify(text)} is no id of a receiver: "r-" and a-z, 0-9, "-"`);
  }
}

/** The key that signs first, then the one that is prepared to follow it, then those that were named. Errors: "key.*". */
async function storeKeys({ signingFile }: Store, own: string, files: readonly string[]): Promise<string[]> {
  const next = await readSigningKey(rotationFiles(signingFile).nextFile).catch((error: unknown) => {
    if (isDockError(error, 'key.missing')) return undefined;
    throw error;
  });
  const named: string[] = [];
  for (const file of files) named.push(publicKeyLine(await readPublicKeyFile(file)));
  return [...new Set([own, ...(next === undefined ? [] : [publicKeyLine(publicKeyOf(next))]), ...named])];
}

function stationLines(station: string, key: string): string {
  return `  - id: ${station}\n    public_keys:\n      - ${key}\n`;
}

function print(io: Io, document: unknown): void {
  io.out(`${printable(JSON.stringify(document))}\n`);
}

// What `bodydock-receiver enrol` says to the administrator of the store, in English and German.

/** What an answer is about. */
interface Answered {
  readonly out: string;
  readonly fingerprint: string;
  readonly endsAt: string | null;
  readonly keyFile: string;
  /** The receiver's file, and the lines that it lacks: "" where it has them. */
  readonly file: string;
  readonly lines: string;
}

interface EnrolWords {
  request(file: string, request: EnrolmentRequest, keyId: string, fingerprint: string): string;
  readonly compare: string;
  csr(file: string, requestFile: string): string;
  answered(answered: Answered): string;
}

const shownAt = (at: string): string => at.replace('T', ' ').slice(0, 19);

const ENROL_WORDS: Readonly<Record<'en' | 'de', EnrolWords>> = {
  en: {
    request: (file, { station, made_at: madeAt, certificate_request: wanted }, keyId, fingerprint) =>
      `request ${file}: station ${station}, key id ${keyId}, made at ${shownAt(madeAt)}${wanted === null ? ', without a certificate' : ''}
fingerprint:  ${fingerprint}
`,
    compare: 'Does the station read out the same fingerprint? Type yes or no: ',
    csr: (file, requestFile) =>
      `written: ${file}, the request for the authority. Its certificate must be for clients and keep the common name.
Then: bodydock-receiver enrol ${requestFile} --certificate FILE
`,
    answered: ({ out, fingerprint, endsAt, keyFile, file, lines }) =>
      `written: ${out}, the answer${endsAt === null ? '' : `; its certificate is valid until ${shownAt(endsAt)}`}
fingerprint:  ${fingerprint}
the station's public key: ${keyFile}
${lines === '' ? `${file} knows this station with this key already; nothing to change in it.` : `Put these lines under stations in ${file}, then: bodydock-receiver check, and start the receiver anew.\n${lines.trimEnd()}`}
Take the answer to the station and read its fingerprint out by telephone. There: bodydock keys enrol --answer ${out}
`,
  },
  de: {
    request: (file, { station, made_at: madeAt, certificate_request: wanted }, keyId, fingerprint) =>
      `Antrag ${file}: Station ${station}, Schlüsselnummer ${keyId}, vom ${shownAt(madeAt)}${wanted === null ? ', ohne Zertifikat' : ''}
Fingerabdruck:  ${fingerprint}
`,
    compare: 'Liest die Station denselben Fingerabdruck vor? ja oder nein eingeben: ',
    csr: (file, requestFile) =>
      `geschrieben: ${file}, der Antrag für die Zertifizierungsstelle. Ihr Zertifikat muss für Clients sein und den Common Name behalten.
Danach: bodydock-receiver enrol ${requestFile} --certificate DATEI
`,
    answered: ({ out, fingerprint, endsAt, keyFile, file, lines }) =>
      `geschrieben: ${out}, die Antwort${endsAt === null ? '' : `; ihr Zertifikat gilt bis ${shownAt(endsAt)}`}
Fingerabdruck:  ${fingerprint}
öffentlicher Schlüssel der Station: ${keyFile}
${lines === '' ? `${file} kennt diese Station mit diesem Schlüssel schon; an ihr ist nichts zu ändern.` : `Diese Zeilen unter stations in ${file} eintragen, dann: bodydock-receiver check, und den Empfänger neu starten.\n${lines.trimEnd()}`}
Die Antwort zur Station bringen und ihren Fingerabdruck am Telefon vorlesen. Dort: bodydock keys enrol --answer ${out}
`,
  },
};
