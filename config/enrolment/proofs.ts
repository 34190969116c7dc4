// Proofs that recipients can open (SPEC 4.5), as files of one folder: `<name>.json` with `<name>.json.minisig`, and `<name>.challenge`
// with the digest of the question that waits for an answer. The release gate reads what loadProofs gives.
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { encodeUtf8, parseUtf8, sha256Hex } from '../../protocol/format/bytes.ts';
import { DockError, systemCode } from '../../protocol/format/errors.ts';
import type { StationId } from '../../protocol/format/ids.ts';
import { RECIPIENTS_MAX, SIGNATURE_FILE_BYTES_MAX } from '../../protocol/format/limits.ts';
import type { PublicKey } from '../../protocol/documents/minisign.ts';
import type { Signer } from '../../protocol/format/ports.ts';
import {
  encodeRecipientProof,
  proveRecipient,
  RECIPIENT_PROOF_BYTES_MAX,
  RECIPIENT_PROOF_TRUSTED_COMMENT,
  recipientProofName,
  verifyRecipientProof,
  type RecipientProof,
} from '../../protocol/documents/recipient-proof.ts';
import { replaceOwned } from '../durable-file.ts';
import { readPublicFile } from '../guarded-file.ts';
import { ownedFiles } from '../owned-files.ts';

const PROOF_NAME = /^[0-9a-f]{16}\.json$/;
/** Recipients of years; more files than that are not ours. */
const PROOFS_MAX = 64 * RECIPIENTS_MAX;

/** Where the proofs of a spool lie. */
export function proofsFolder(spoolPath: string): string {
  return join(spoolPath, 'proofs');
}

/**
 * The proofs of a folder that hold for this station and its keys, by recipient. A folder that is not there holds none.
 * A proof that does not hold counts as none and is told to `onRefused` with its file name; the release gate then stays locked.
 * Errors: those of the system where a folder cannot be listed.
 */
export async function loadProofs(
  folder: string,
  station: StationId,
  stationKeys: readonly PublicKey[],
  onRefused: (file: string, error: unknown) => void = () => undefined,
): Promise<Map<string, RecipientProof>> {
  const proofs = new Map<string, RecipientProof>();
  const listed = await listFolder(folder, (error) => onRefused(basename(folder), error));
  const names = listed.filter((name) => PROOF_NAME.test(name)).toSorted();
  for (const name of names.slice(0, PROOFS_MAX)) {
    try {
      const proof = await readProof(join(folder, name), station, stationKeys);
      if (`${recipientProofName(proof.recipient)}.json` !== name) throw misnamed(name);
      proofs.set(proof.recipient, proof);
    } catch (error) {
      onRefused(name, error);
    }
  }
  return proofs;
}

/** Something else in the place of the folder holds no proofs. */
async function listFolder(folder: string, onOdd: (error: unknown) => void): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const code = systemCode(error) ?? '';
    if (!['ENOENT', 'ENOTDIR', 'ELOOP'].includes(code)) throw error;
    if (code !== 'ENOENT') onOdd(error);
    return [];
  }
}

async function readProof(
  path: string,
  station: StationId,
  stationKeys: readonly PublicKey[],
): Promise<RecipientProof> {
  const bytes = await readPublicFile(path, RECIPIENT_PROOF_BYTES_MAX);
  const signature = parseUtf8(await readPublicFile(`${path}.minisig`, SIGNATURE_FILE_BYTES_MAX));
  return verifyRecipientProof(bytes, signature ?? '', station, stationKeys);
}

function misnamed(name: string): DockError {
  const message = `${name} holds the proof of another recipient`;
  return new DockError('proof.misnamed', message, { retry: 'never' });
}

/** Keeps the digest of a challenge until its answer comes; a newer challenge for the same recipient takes its place. */
export async function keepChallenge(folder: string, recipient: string, sha256: string): Promise<void> {
  const path = join(folder, `${recipientProofName(recipient)}.challenge`);
  await replaceOwned(await ownedFiles(folder), path, encodeUtf8(`${sha256}\n`));
}

/** The recipient among these whose waiting challenge has this answer, with the digest; undefined where there is none. */
export async function findChallenge(
  folder: string,
  recipients: readonly string[],
  answer: Uint8Array,
): Promise<{ readonly recipient: string; readonly sha256: string } | undefined> {
  const sha256 = sha256Hex(answer);
  for (const recipient of recipients) {
    const path = join(folder, `${recipientProofName(recipient)}.challenge`);
    const kept = await readPublicFile(path, 256).catch(() => undefined);
    if (kept !== undefined && parseUtf8(kept)?.trim() === sha256) return { recipient, sha256 };
  }
  return undefined;
}

/** What a proof is made from; `signer` holds the station's signing key. */
export interface ProofToInstall {
  readonly station: StationId;
  readonly recipient: string;
  readonly challengeSha256: string;
  readonly answer: Uint8Array;
  /** RFC 3339 UTC with milliseconds. */
  readonly provenAt: string;
  readonly signer: Signer;
}

/**
 * Signs a proof and puts it into the folder, durably, over an earlier one of the same recipient. Between the two renames the pair does
 * not fit together, and then it counts as no proof: the gate is locked until this is done again.
 * Errors: "proof.wrong-answer", "key.unwritable".
 */
export async function installProof(folder: string, question: ProofToInstall): Promise<RecipientProof> {
  const proof = proveRecipient(question);
  const bytes = encodeRecipientProof(proof);
  const signature = await question.signer.sign(bytes, RECIPIENT_PROOF_TRUSTED_COMMENT);
  const path = join(folder, `${recipientProofName(proof.recipient)}.json`);
  const files = await ownedFiles(folder);
  await replaceOwned(files, `${path}.minisig`, encodeUtf8(signature));
  await replaceOwned(files, path, bytes);
  return proof;
}
