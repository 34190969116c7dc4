// Makes a kit: finds its parts, verifies them, leaves the disclosures, copies, verifies the copy, writes the pages, puts it in place.
import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { printable } from '../../../config/problems.ts';
import { shippedFile } from '../../../config/program-version.ts';
import type { Disclosure } from '../../../protocol/documents/order.ts';
import { encodeUtf8, sha256Hex } from '../../../protocol/format/bytes.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { DOCKING, MANIFEST, POLICIES } from '../../../protocol/format/file-names.ts';
import { parseRecordingId, parseStationId } from '../../../protocol/format/ids.ts';
import { MANIFEST_BYTES_MAX } from '../../../protocol/format/limits.ts';
import type { Clock, Files, Random } from '../../../protocol/format/ports.ts';
import { type Language, LANGUAGES } from '../page/language.ts';
import { knownKeys, type KnownKeys } from '../verify/known-keys.ts';
import { meaningOf, type Remark } from '../verify/remark.ts';
import { PlaceFacts } from '../verify/place-facts.ts';
import { findPlace, kitPlace, type Place, readVaultId } from '../verify/place.ts';
import { readSmall } from '../verify/read-files.ts';
import { proofFile, stampFile } from '../verify/receipt-proofs.ts';
import { readTrustedKeys, type TrustedKeys } from '../verify/trusted-keys.ts';
import { verifyPlace } from '../verify/verify-place.ts';
import { disclosurePlace, type DisclosurePlace, leaveDisclosure } from './disclosure.ts';
import { checkAccount, checkParts, checkWhole, type KitCheck, type KitProof, notTold } from './kit-check.ts';
import { kitPage, type KitPage, kitText } from './kit-page.ts';
import { type KitParts, planKit } from './kit-plan.ts';
import { signaturesAmong } from './kit-steps.ts';
import * as texts from './kit-texts.ts';
import {
  headFile,
  kitFiles,
  type KitKey,
  kitKeys,
  type KitSignature,
  KitWriter,
  signerOf,
} from './kit-writer.ts';

/** What is asked for. Paths are absolute. */
export interface KitWish {
  readonly vault: string;
  readonly recordings: readonly string[];
  readonly station: string | undefined;
  readonly out: string;
  readonly reason: string | undefined;
  /** Undefined: where they lie beside the vault. */
  readonly keysFolder: string | undefined;
  /** Make it although something does not hold; the findings go into the kit. */
  readonly withFindings: boolean;
  /** Of INDEX.html; the other one lies beside it. */
  readonly language: Language;
}

export interface KitPorts {
  readonly files: Files;
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly random: Random;
  readonly version: string;
  readonly signal: AbortSignal;
}

/** A kit that lies in place, or why there is none: findings alone. */
export interface MadeKit {
  readonly made: boolean;
  readonly parts: KitParts;
  readonly findings: readonly Remark[];
  readonly place: DisclosurePlace;
  readonly disclosures: readonly Disclosure[];
}

/**
 * Makes a kit; `made` is false where findings came up and were not asked for, and then nothing was written anywhere.
 * Errors: "export.*", "disclosure.*", "verify.*", "key.*"; the signal's reason; the system's, from reading.
 */
export async function makeKit(wish: KitWish, ports: KitPorts): Promise<MadeKit> {
  const place = await vaultPlace(wish, ports.files);
  const disclosing = await disclosurePlace(place.path, wish.reason);
  const making = await Making.open(wish, ports, place);
  const parts = await planKit({ ...ports, ...wish, vault: place.path });
  const { findings, proofs } = await making.verify(parts);
  const nothing = { parts, findings, place: disclosing, disclosures: [] };
  if (findings.length > 0 && !wish.withFindings) return { made: false, ...nothing };
  const writer = await KitWriter.begin(ports.files, wish.out, ports.random, ports.signal);
  try {
    const disclosures = await making.disclose(parts, disclosing);
    await making.write(writer, parts, findings, proofs);
    await writer.finish();
    return { made: true, parts, findings, place: disclosing, disclosures };
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

async function vaultPlace({ vault, out }: KitWish, files: Files): Promise<Place> {
  const place = await findPlace(files, vault);
  if (place.kind !== 'vault')
    throw new DockError('export.no-vault', `${vault} is no vault: name the folder with vault.json`, {
      retry: 'person',
    });
  if (`${await realPlace(out)}${sep}`.startsWith(`${place.path}${sep}`))
    throw new DockError(
      'export.inside',
      `${out} lies inside the vault: name a place outside of it with --out`,
      {
        retry: 'person',
      },
    );
  return place;
}

/** Where a folder that may not be there yet will lie, through links above it. */
async function realPlace(out: string): Promise<string> {
  const path = resolve(out);
  const parent = await realpath(dirname(path)).catch(() => dirname(path)); // without it nothing can be written there
  return join(parent, basename(path));
}

/** One kit with the keys that it is verified with. */
class Making {
  readonly #wish: KitWish;
  readonly #ports: KitPorts;
  readonly #place: Place;
  readonly #trusted: TrustedKeys;
  readonly #check: KitCheck;
  readonly #known: KnownKeys;

  private constructor(
    wish: KitWish,
    ports: KitPorts,
    place: Place,
    given: {
      readonly trusted: TrustedKeys;
      readonly check: KitCheck;
      readonly known: KnownKeys;
    },
  ) {
    this.#wish = wish;
    this.#ports = ports;
    this.#place = place;
    this.#trusted = given.trusted;
    this.#check = given.check;
    this.#known = given.known;
  }

  static async open(wish: KitWish, ports: KitPorts, place: Place): Promise<Making> {
    const trusted = await readTrustedKeys(wish.keysFolder ?? place.keysFolder);
    const known = await knownKeys(ports.files, place, trusted);
    const vault = await readVaultId(ports.files, place);
    const check = { ...ports, keys: known.keys, vault: vault.id };
    return new Making(wish, ports, place, { trusted, check, known });
  }

  async verify(
    parts: KitParts,
  ): Promise<{ readonly findings: Remark[]; readonly proofs: readonly KitProof[] }> {
    const facts = new PlaceFacts();
    const remarks = await checkParts(parts, this.#place.path, this.#check, facts);
    const holders = new Set([...parts.keyDocuments.map(({ to }) => `${to.split('/')[1]}/`), `${POLICIES}/`]);
    const keys = this.#known.remarks.filter(({ where }) =>
      [...holders].some((holder) => where.startsWith(holder)),
    );
    const own = [...keys, ...checkWhole(parts), ...remarks];
    const context = { place: this.#place, known: this.#known, facts, nowMs: this.#ports.clock.wallMs() };
    const logged = await checkAccount(parts, { ...this.#check, ...context });
    return { findings: findingsIn([...own, ...logged.findings]), proofs: logged.proofs };
  }

  async disclose(parts: KitParts, place: DisclosurePlace): Promise<Disclosure[]> {
    const left: Disclosure[] = [];
    for (const disclosed of disclosedOf(parts)) {
      const subject = { ...(await this.#subject(disclosed)), command: 'export' } as const;
      const disclosure = await leaveDisclosure(place, subject, this.#ports);
      if (disclosure !== undefined) left.push(disclosure);
    }
    return left;
  }

  /** Without a readable document the digest of nothing stands in its place: that something was handed out is what counts. */
  async #subject({
    station,
    recording,
    document,
  }: Disclosed): Promise<Omit<Parameters<typeof leaveDisclosure>[1], 'command'>> {
    const read = await readSmall(this.#ports.files, document, MANIFEST_BYTES_MAX);
    const manifestSha256 = sha256Hex(read.kind === 'bytes' ? read.bytes : encodeUtf8(''));
    return { station: parseStationId(station), recording: parseRecordingId(recording), manifestSha256 };
  }

  async write(
    writer: KitWriter,
    parts: KitParts,
    findings: readonly Remark[],
    proofs: readonly KitProof[],
  ): Promise<void> {
    for (const { from, to } of kitFiles(parts)) await this.#copy(writer, from, to, findings.length > 0);
    for (const segment of parts.segments)
      if (segment.head !== undefined) {
        await writer.write(headFile(segment), segment.head.document);
        await writer.write(`${headFile(segment)}.minisig`, segment.head.signature);
      }
    for (const { recording, kind, text, stamp } of proofs) {
      await writer.write(proofFile(recording, kind), text);
      if (stamp !== undefined) await this.#copy(writer, stamp, stampFile(recording), findings.length > 0);
    }
    await this.#verifyCopy(writer, findings);
    const { keys, signatures } = await this.#keys(writer, parts);
    for (const key of keys) await writer.write(key.file, key.text);
    await this.#writeTexts(writer, { parts, signatures, keys, findings });
  }

  /** A file that cannot be read is left out where that is known already and the kit is wanted anyway. */
  async #copy(writer: KitWriter, from: string, to: string, damaged: boolean): Promise<void> {
    try {
      await writer.copy(from, to);
    } catch (error) {
      if (!damaged || error instanceof DockError || this.#ports.signal.aborted) throw error;
    }
  }

  /** What is handed out is what was verified: the copy is read again, and must say the same. */
  async #verifyCopy(writer: KitWriter, findings: readonly Remark[]): Promise<void> {
    const copy = kitPlace(writer.folder);
    const told = new Set(findings.map(({ code }) => code));
    const own: Remark[] = [];
    const between: Remark[] = [];
    const keys = this.#trusted;
    const options = { ...this.#ports, keys, identities: [], nowMs: this.#ports.clock.wallMs() };
    await verifyPlace(copy, options, {
      recording: ({ remarks }) => own.push(...remarks),
      docking: ({ remarks }) => own.push(...remarks),
      remark: (remark) => between.push(remark),
    });
    // What two documents say differently may be told of one in the vault, and of the other in the kit.
    const fresh = [...notTold(own, findings), ...between.filter(({ code }) => !told.has(code))];
    const [first] = findingsIn(fresh);
    if (first === undefined) return;
    const message = `the copy does not hold (${first.code}, ${first.where}: ${first.message}): the vault changed meanwhile, or a disk is failing; try again`;
    throw new DockError('export.copy-differs', message, { retry: 'later' });
  }

  async #keys(
    writer: KitWriter,
    parts: KitParts,
  ): Promise<{ readonly keys: readonly KitKey[]; readonly signatures: readonly KitSignature[] }> {
    const named: { document: string; signature: string; keyId: string | undefined }[] = [];
    for (const pair of signaturesAmong(writer.paths))
      named.push({ ...pair, keyId: await signerOf(this.#ports.files, join(writer.folder, pair.signature)) });
    const signers = new Set(named.flatMap(({ keyId }) => keyId ?? []));
    const keys = await kitKeys(this.#ports.files, this.#trusted, parts.keyDocuments, signers);
    const fileOf = new Map(keys.map(({ keyId, file }) => [keyId, file]));
    const signatures = named.map(({ document, signature, keyId }) => ({
      document,
      signature,
      keyId,
      key: keyId === undefined ? undefined : fileOf.get(keyId),
    }));
    return { keys, signatures };
  }

  async #writeTexts(
    writer: KitWriter,
    contents: Pick<KitPage, 'parts' | 'signatures' | 'keys' | 'findings'>,
  ): Promise<void> {
    if (contents.findings.length > 0)
      await writer.write(texts.FINDINGS_FILE, findingsText(contents.findings));
    await writer.write(texts.CHAIN_SCRIPT, texts.CHAIN_SH);
    await writer.write(texts.FORMAT_FILE, texts.FORMAT_TXT);
    await writer.write(texts.SPEC_FILE, shippedFile('protocol/SPEC.md').toString('utf8'));
    const other = this.#wish.language === 'de' ? 'en' : 'de';
    const otherPage = `INDEX.${other}.html`;
    const page = {
      ...contents,
      paths: writer.paths,
      madeAt: new Date(this.#ports.clock.wallMs()).toISOString(),
      version: this.#ports.version,
      vault: this.#check.vault,
    };
    const [own, theirs] = [
      { ...page, otherPage },
      { ...page, otherPage: 'INDEX.html' },
    ];
    await writer.write('INDEX.html', kitPage(own, this.#wish.language));
    await writer.write(otherPage, kitPage(theirs, other));
    await writer.write('README.txt', kitText(own, this.#wish.language));
    await writer.write(`README.${other}.txt`, kitText(theirs, other));
  }
}

/** What a disclosure is about, with the path of its signed document. */
interface Disclosed {
  readonly station: string;
  readonly recording: string;
  readonly document: string;
}

/** Recordings with their sidecars, and the records of dockings that were asked for themselves. */
function disclosedOf({ asked, sidecars, askedDockings, dockings }: KitParts): Disclosed[] {
  const own = new Set(askedDockings.map(({ docking }) => docking));
  return [
    ...[...asked, ...sidecars].map(({ station, recording, folder }) => ({
      station,
      recording,
      document: join(folder, MANIFEST),
    })),
    ...dockings
      .filter(({ document }) => own.has(document.docking))
      .map(({ record, folder, document: { station } }) => ({
        station,
        recording: record,
        document: join(folder, DOCKING),
      })),
  ];
}

function findingsIn(remarks: readonly Remark[]): Remark[] {
  return remarks.filter(({ kind }) => kind === 'finding');
}

/** In both languages, whichever the kit begins with. */
function findingsText(findings: readonly Remark[]): string {
  const lines = findings.map(({ code, where, message }) =>
    [
      `${code}  ${where}: ${message}`,
      ...LANGUAGES.map((language) => `    ${meaningOf(code, language)}`),
      '',
    ].join('\n'),
  );
  const text = `What did not hold when this kit was made:\nWas nicht stimmte, als diese Ausgabe entstand:\n\n${lines.join('\n')}`;
  return text.replaceAll(/[^\n]+/g, printable); // names from a disk stand in it, and a terminal may show it
}
