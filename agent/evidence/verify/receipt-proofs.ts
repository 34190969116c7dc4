// Inclusion proofs in a kit (SPEC 4.13.5.10): each ties the receipt of a recording or docking record to a checkpoint of the store's log, and what
// somebody outside said of that checkpoint says by when it was there. A kit has not all of that log, so nothing else of its tree is judged.
import { join } from 'node:path';
import { encodeUtf8, parseUtf8, sha256Hex } from '../../../protocol/format/bytes.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { parseCheckpoint, parseProof, verifyProof } from '../../../protocol/transparency/checkpoint.ts';
import { NOTE_BYTES_MAX, parseNote } from '../../../protocol/transparency/signed-note.ts';
import { type ReadStamp, stampsBy } from '../../platform/openssl.ts';
import type { HeldDocument } from './log-account.ts';
import { cosignedAt, type ProofKind } from './log-past.ts';
import type { PlaceFacts } from './place-facts.ts';
import type { ReceiptLine } from './place-logs.ts';
import { KIT_PROOFS } from './place.ts';
import { listFolder, type ReadFiles, readSmall, unexpected } from './read-files.ts';
import { below, finding, type Finding, note } from './remark.ts';
import { storeKeys, type TrustedKeys } from './trusted-keys.ts';

const PROOF_NAME = /^([a-z2-7]{26})\.(?:cosigned|stamped|store)\.tlog-proof$/;
const STAMP_NAME = /^[a-z2-7]{26}\.stamped\.tsr$/;
const PROOF_BYTES_MAX = NOTE_BYTES_MAX + 8192;

/** Where a proof lies in a kit. */
export function proofFile(recording: string, kind: ProofKind): string {
  return `${KIT_PROOFS}/${recording}.${kind}.tlog-proof`;
}

/** Where the time stamp lies of the checkpoint of the proof `stamped`. */
export function stampFile(recording: string): string {
  return `${KIT_PROOFS}/${recording}.stamped.tsr`;
}

/** What is judged. `path` is that of the kit, `lines` are the entries "receipt" of the parts of stores' logs in it. */
interface ProofsQuestion {
  readonly files: ReadFiles;
  readonly path: string;
  readonly keys: TrustedKeys;
  readonly facts: PlaceFacts;
  readonly lines: readonly ReceiptLine[];
}

/** What does not hold of the proofs of a kit, and by whom and when each receipt was seen. Errors: those of the machine. */
export async function proofRemarks(question: ProofsQuestion): Promise<Finding[]> {
  const names = (await listFolder(question.files, join(question.path, KIT_PROOFS), KIT_PROOFS)) ?? [];
  if (!Array.isArray(names)) return [names];
  // A folder of recordings without any of these says nothing of a log.
  if (names.length === 0 && question.lines.length === 0) return [];
  const own = new Set(names.filter((name) => PROOF_NAME.test(name)));
  const found = names
    .filter((name) => !own.has(name) && !STAMP_NAME.test(name))
    .map((name) => unexpected(KIT_PROOFS, name));
  const stamp = stampsBy(question.keys.authorities);
  const held = question.facts.heldOf(undefined);
  const seen = new Map<string, string[]>();
  for (const name of own) {
    const recording = name.slice(0, name.indexOf('.'));
    const proof = new ReceiptProof(question, name, stamp);
    const words = await proof.outside(held.get(recording));
    found.push(...proof.findings);
    seen.set(recording, [...(seen.get(recording) ?? []), ...words]);
  }
  return [...found, ...fixedNotes([...held.values()], seen)];
}

/** Of each receipt, or of all that nobody outside is known to have seen. */
function fixedNotes(
  documents: readonly HeldDocument[],
  seen: ReadonlyMap<string, readonly string[]>,
): Finding[] {
  const held = documents.filter(({ receiptSha256 }) => receiptSha256 !== undefined);
  const fixed = held.filter(({ name }) => (seen.get(name) ?? []).length > 0);
  const open = held.length - fixed.length;
  const notes = fixed.map(({ name, where }) =>
    note('receipt.fixed', where, `receipt: in the log of the store, as ${(seen.get(name) ?? []).join('; ')}`),
  );
  if (open === 0) return notes;
  const message = `${open} of ${held.length} receipts: no witness or time-stamp authority whose key is given says since when they are in the log of the store`;
  return [...notes, note('receipt.not-fixed', '.', message, { receipts: open })];
}

/** One file. */
class ReceiptProof {
  readonly findings: Finding[] = [];
  readonly #question: ProofsQuestion;
  readonly #name: string;
  readonly #stamp: ReadStamp;

  constructor(question: ProofsQuestion, name: string, stamp: ReadStamp) {
    this.#question = question;
    this.#name = name;
    this.#stamp = stamp;
  }

  /** By whom and when its checkpoint was seen, in words; `held` is what it is of. */
  async outside(held: HeldDocument | undefined): Promise<string[]> {
    const { files, path, keys } = this.#question;
    const read = await readSmall(files, join(path, KIT_PROOFS, this.#name), PROOF_BYTES_MAX);
    const text = read.kind === 'bytes' ? parseUtf8(read.bytes) : undefined;
    if (text === undefined || !this.#holds(text, held)) {
      if (this.findings.length === 0) this.#wrong('it cannot be read');
      return [];
    }
    const { checkpoint } = parseProof(text);
    const said: string[] = [];
    for (const witness of keys.witnesses) {
      const at = cosignedAt({ note: checkpoint }, witness);
      if (typeof at === 'number')
        said.push(`witness ${witness.name} saw at ${new Date(at * 1000).toISOString()}`);
      else if (at !== undefined) this.findings.push(finding('log.cosignature', this.#where, at));
    }
    const stampedAt = await this.#stampedAt(checkpoint);
    if (stampedAt !== undefined) said.push(`a time stamp says of ${new Date(stampedAt).toISOString()}`);
    return said;
  }

  get #where(): string {
    return below(KIT_PROOFS, this.#name);
  }

  #wrong(why: string): void {
    this.findings.push(finding('receipt.proof', this.#where, `${this.#name}: ${why}`));
  }

  /** Whether an entry that names the receipt that is here is in a checkpoint that the store signed for the log of that entry's receiver. */
  #holds(text: string, held: HeldDocument | undefined): boolean {
    const { lines, keys } = this.#question;
    const own = lines.filter(
      ({ recording, receiptSha256 }) => recording === held?.name && receiptSha256 === held.receiptSha256,
    );
    if (own.length === 0) this.#wrong('no entry of a log here names its receipt');
    let why = '';
    for (const { line, receiver } of own)
      try {
        const { origin } = parseCheckpoint(parseNote(parseProof(text).checkpoint).text);
        const [, vault, of] = origin.split('/');
        if (of !== receiver || vault !== held?.receiptVault)
          why = `it is of ${origin}, and the receipt of ${held?.receiptVault ?? '-'}/${receiver}`;
        else {
          verifyProof(
            text,
            line,
            origin,
            storeKeys(keys).map(({ key }) => key),
          );
          return true;
        }
      } catch (error) {
        if (!(error instanceof DockError)) throw error;
        why = error.message;
      }
    if (own.length > 0) this.#wrong(why);
    return false;
  }

  /** Ms since 1970; undefined where no authority that is given stamped it. */
  async #stampedAt(checkpoint: string): Promise<number | undefined> {
    const { files, path } = this.#question;
    const file = join(path, stampFile(PROOF_NAME.exec(this.#name)?.[1] ?? ''));
    if (!this.#name.includes('.stamped.') || (await files.stat(file)) === undefined) return undefined;
    return this.#stamp(sha256Hex(encodeUtf8(parseNote(checkpoint).text)), file);
  }
}
