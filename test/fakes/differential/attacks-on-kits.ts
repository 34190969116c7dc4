// What somebody does to a kit, with every key but those of witnesses: other proofs that a receipt is in the store's log, another checkpoint under
// one, and logs of the kit written again with their heads.
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  makeSecretKey,
  publicKeyOf,
  signNoteText,
  type SecretKey,
} from '../../../protocol/documents/minisign.ts';
import {
  formatCheckpoint,
  formatProof,
  originKey,
  parseProof,
} from '../../../protocol/transparency/checkpoint.ts';
import { leafHash } from '../../../protocol/transparency/merkle.ts';
import { formatNote, signatureLine } from '../../../protocol/transparency/signed-note.ts';
import { chainOf, linesOf } from '../manipulations/rewritten-log.ts';
import { filesLike, isTorn, mayBeGood, mustBeFound, someFile, stolenKeys, type Attack } from './attack.ts';
import { writeHead } from './keeper-log.ts';

const PROOF = /^proofs\/.*\.tlog-proof$/;

/** The proof of one receipt under the name of another. */
const otherProof: Attack = async (altered) => {
  const { vault, random } = altered;
  const proofs = await filesLike(altered, PROOF);
  if (proofs.length < 2) return undefined;
  const from = random.pick(proofs);
  const to = random.pick(proofs.filter((path) => path !== from));
  await copyFile(join(vault, from), join(vault, to));
  return mustBeFound(`${to} is ${from}`);
};

/** A log of that one line, or a checkpoint of other lines, under the proof. */
const ownCheckpoint: Attack = async (altered) => {
  const { vault, random, world } = altered;
  const path = await someFile(altered, PROOF);
  if (path === undefined) return undefined;
  const proof = parseProof(await readFile(join(vault, path), 'utf8'));
  const [origin = ''] = proof.checkpoint.split('\n');
  const [, , receiver = ''] = origin.split('/');
  const line = await lineOf(vault, receiver, basename(path).slice(0, 26));
  if (line === undefined) return undefined;
  const how = random.pick([
    'its line alone',
    'another root',
    'another vault',
    'by a stranger',
    'by a station',
  ] as const);
  const name = how === 'another vault' ? origin.replace(/\/[a-z2-7]{26}\//, `/${'w'.repeat(25)}a/`) : origin;
  const root = leafHash(Buffer.from(how === 'another root' ? 'x' : line));
  const key: SecretKey =
    how === 'by a stranger'
      ? makeSecretKey(random)
      : how === 'by a station'
        ? random.pick(world.docks).stationKey
        : random.pick(world.storeKeys);
  const text = formatCheckpoint({ origin: name, size: 1, root });
  const note = formatNote(text, [
    signatureLine(originKey(name, publicKeyOf(key).key), signNoteText(key, text)),
  ]);
  await writeFile(join(vault, path), formatProof({ index: 0, hashes: [], checkpoint: note }));
  // Who has the store's key makes any checkpoint: a verifier says only that nobody outside saw it.
  return mustBeFound(`${path} with a checkpoint of ${how}`, how !== 'its line alone');
};

async function lineOf(kit: string, receiver: string, recording: string): Promise<string | undefined> {
  const folder = join(kit, 'log', receiver);
  for (const path of await filesLike({ vault: folder }, /\.jsonl$/)) {
    const lines = (await readFile(join(folder, path), 'utf8')).split('\n');
    const found = lines.find((line) => line.includes('"event":"receipt"') && line.includes(recording));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Another number or hash in it; what is signed stays. */
const otherPath: Attack = async (altered) => {
  const { vault, random } = altered;
  const path = await someFile(altered, PROOF);
  if (path === undefined) return undefined;
  const { index, hashes, checkpoint } = parseProof(await readFile(join(vault, path), 'utf8'));
  const how = random.pick(['index', 'hash', 'fewer', 'more'] as const);
  if (hashes.length === 0 && how !== 'more') return undefined;
  const at = random.below(Math.max(1, hashes.length));
  const other =
    how === 'hash'
      ? hashes.with(at, random.bytes(32))
      : how === 'fewer'
        ? hashes.toSpliced(at, 1)
        : how === 'more'
          ? [...hashes, random.bytes(32)]
          : hashes;
  const moved = how === 'index' ? index ^ 1 : index;
  await writeFile(join(vault, path), formatProof({ index: moved, hashes: other, checkpoint }));
  return mustBeFound(`${path} with another ${how}`);
};

/** A segment in it written again by some key, without an entry or with one twice, and its head with it. */
const rewriteSegment: Attack = async (altered) => {
  const { vault, random } = altered;
  const path = await someFile(altered, /^log\/.*\.jsonl$/);
  if (path === undefined || (await isTorn(altered, path))) return undefined;
  const entries = linesOf(await readFile(join(vault, path), 'utf8'));
  const own = entries.flatMap(({ event }, at) =>
    event === 'segment-opened' || event === 'checkpoint' ? [] : [at],
  );
  const at = own.length === 0 ? undefined : random.pick(own);
  const entry = at === undefined ? undefined : entries[at];
  if (at === undefined || entry === undefined) return undefined;
  const isTwice = random.below(2) === 0;
  entries.splice(at, 1, ...(isTwice ? [entry, entry] : []));
  const segment = basename(path, '.jsonl');
  const key = random.pick(stolenKeys(altered));
  const { text } = chainOf(entries, { segment, holder: basename(dirname(path)), key });
  await writeFile(join(vault, path), text);
  await writeHead(join(vault, path), text);
  return mayBeGood(`${path} written again ${isTwice ? 'with a second' : 'without'} ${entry.event}`);
};

/** All of them. */
export const ATTACKS_ON_KITS: readonly Attack[] = [
  otherProof,
  ownCheckpoint,
  ownCheckpoint,
  otherPath,
  rewriteSegment,
];
