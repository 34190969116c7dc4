// `bodydock keys prove`: proves that recipients can open what this station seals. In one step where station and identity are at
// hand; else in three: ask (station), answer (store), install (station), with files carried between them.
import { basename, join } from 'node:path';
import { command, type Io, usageError, writeJson } from '../../config/command-line.ts';
import { replaceFile } from '../../config/durable-file.ts';
import { readIdentityFile } from '../../config/enrolment/identity-file.ts';
import { keyChangesFolder, loadKeyHistory } from '../../config/enrolment/key-changes.ts';
import { readSigningKey } from '../../config/enrolment/keys.ts';
import {
  findChallenge,
  installProof,
  keepChallenge,
  loadProofs,
  proofsFolder,
} from '../../config/enrolment/proofs.ts';
import { EXIT_CONFIGURATION, EXIT_FAILURE, EXIT_GOOD } from '../../config/exit-codes.ts';
import { readPublicFile } from '../../config/guarded-file.ts';
import { loadStationConfig, STATION_FILE } from '../../config/load.ts';
import { renderProblems } from '../../config/problems.ts';
import type { StationConfig } from '../../config/station-config.ts';
import {
  inlineSigner,
  type PublicKey,
  publicKeyOf,
  type SecretKey,
} from '../../protocol/documents/minisign.ts';
import {
  answerChallenge,
  CHALLENGE_FILE_BYTES_MAX,
  makeChallenge,
} from '../../protocol/documents/recipient-challenge.ts';
import { recipientProofName } from '../../protocol/documents/recipient-proof.ts';
import { encodeBase64, encodeUtf8, parseBase64, parseUtf8 } from '../../protocol/format/bytes.ts';
import { DockError, isDockError } from '../../protocol/format/errors.ts';
import { makeFolders } from '../platform/make-folders.ts';
import { nodeRandom } from '../platform/random-node.ts';
import { openSpoolFolder } from './spool-place.ts';

const FILES_MAX = 64;

/** Errors: "usage", "key.*", "proof.*", "sealed.*", "spool.*". */
export const proveKeys = command(
  {
    name: 'bodydock keys prove',
    usage: [
      '--identity FILE [--config FILE]          in one step, where station and identity are at hand',
      '--ask DIR [--config FILE]                1. at the station: writes a challenge for each recipient',
      '--answer --identity FILE CHALLENGE...    2. at the store: writes an answer beside each challenge',
      '--install ANSWER... [--config FILE]      3. at the station: checks and installs the answers',
    ],
    about: `
Nothing is released (erased from a camera) before each recipient of the configuration has proven that it can open what this station
seals. Stock tools can answer too: age --decrypt -i FILE CHALLENGE | base64 > ANSWER
`,
    options: {
      config: STATION_FILE,
      identity: {
        type: 'string',
        value: 'FILE',
        text: 'age identity file; only its owner may be able to read it',
      },
      ask: {
        type: 'string',
        value: 'DIR',
        text: 'at the station: writes a challenge for each recipient into this folder',
      },
      answer: { type: 'boolean', text: 'at the store: writes an answer beside each challenge' },
      install: { type: 'boolean', text: 'at the station: checks and installs the answers' },
    },
    wordsMax: FILES_MAX,
  },
  async (line, io) => {
    const { identity, ask, answer = false, install = false, config } = line.values;
    const { words: files, json } = line;
    const steps = [ask !== undefined, answer, install].filter(Boolean).length;
    if (steps > 1) throw usageError('--ask, --answer and --install are different steps: name one');
    if (files.length > 0 !== (answer || install))
      throw usageError('files are named with --answer and --install, and only there');
    if ((identity === undefined) !== (ask !== undefined || install))
      throw usageError('--identity FILE is named in one step or with --answer, and only there');
    if (answer) return answerAll(files, identity ?? '', io, json);
    const prover = await openProver(config, io, json);
    if (prover === undefined) return EXIT_CONFIGURATION;
    if (ask !== undefined) return askAll(prover, ask, io, json);
    if (install) return installAll(prover, files, io, json);
    return proveHere(prover, identity ?? '', io, json);
  },
);

/** Step 1. */
async function askAll(prover: Prover, folder: string, io: Io, json: boolean): Promise<number> {
  await makeFolders(folder);
  const asked: { recipient: string; file: string }[] = [];
  for (const recipient of prover.config.recipients) {
    const file = join(folder, `challenge-${recipientProofName(recipient)}.age`);
    await replaceFile(file, await prover.ask(recipient), 'public');
    asked.push({ recipient, file });
  }
  if (json) writeJson(io, { challenges: asked });
  else {
    io.out(asked.map(({ recipient, file }) => `${file}: to be opened by ${recipient}\n`).join(''));
    io.out(
      'Take each file to whoever holds the identity: bodydock keys prove --answer --identity FILE CHALLENGE\n',
    );
  }
  return EXIT_GOOD;
}

/** Step 2. Needs no configuration, and leaves the challenges as they are. */
async function answerAll(
  files: readonly string[],
  identityFile: string,
  io: Io,
  json: boolean,
): Promise<number> {
  const identities = (await readIdentityFile(identityFile)).map(({ identity }) => identity);
  const answers: string[] = [];
  for (const file of files) {
    const sealed = await readPublicFile(file, CHALLENGE_FILE_BYTES_MAX);
    const answer = answerFile(sealed, identities, `${file}, with ${identityFile}`);
    const target = `${file.replace(/\.age$/, '')}.answer`;
    await replaceFile(target, encodeUtf8(`${encodeBase64(answer)}\n`), 'public');
    answers.push(target);
  }
  if (json) writeJson(io, { answers });
  else
    io.out(
      answers
        .map(
          (file) => `${file}: take it back to the station: bodydock keys prove --install ${basename(file)}\n`,
        )
        .join(''),
    );
  return EXIT_GOOD;
}

/** Says which file it was: several are named at once, each for the identity of one recipient. Errors: those of `answerChallenge`. */
function answerFile(sealed: Uint8Array, identities: readonly string[], place: string): Uint8Array {
  try {
    return answerChallenge(sealed, identities);
  } catch (error) {
    if (!isDockError(error)) throw error;
    const todo =
      error.code === 'sealed.no-identity' ? ': `keys prove --ask` said which challenge is for which one' : '';
    throw new DockError(error.code, `${place}: ${error.message}${todo}`, {
      retry: error.retry,
      cause: error,
    });
  }
}

/** Step 3. */
async function installAll(prover: Prover, files: readonly string[], io: Io, json: boolean): Promise<number> {
  const proven: string[] = [];
  for (const file of files) {
    const text = parseUtf8(await readPublicFile(file, CHALLENGE_FILE_BYTES_MAX)) ?? '';
    const answer = parseBase64(text.replaceAll(/\s/g, ''));
    if (answer === undefined) {
      const message = `${file} is no answer: name the file that \`keys prove --answer\` wrote`;
      throw new DockError('proof.no-answer', message, { retry: 'person' });
    }
    proven.push(await prover.install(answer, file));
  }
  return report(prover, proven, io, json);
}

/** All three steps for each recipient whose identity is in the file. */
async function proveHere(prover: Prover, identityFile: string, io: Io, json: boolean): Promise<number> {
  const identities = await readIdentityFile(identityFile);
  const proven: string[] = [];
  for (const recipient of prover.config.recipients) {
    const match = identities.find((candidate) => candidate.recipient === recipient);
    if (match === undefined) continue;
    proven.push(
      await prover.install(answerChallenge(await prover.ask(recipient), [match.identity]), identityFile),
    );
  }
  if (proven.length > 0) return report(prover, proven, io, json);
  const message = `${identityFile} opens for ${identities.map(({ recipient }) => recipient).join(', ')}, and none of these stands under recipients in the configuration`;
  throw new DockError('proof.no-recipient', message, { retry: 'person' });
}

async function report(prover: Prover, proven: readonly string[], io: Io, json: boolean): Promise<number> {
  const unproven = await prover.unproven();
  if (json) writeJson(io, { proven, unproven });
  else {
    io.out(proven.map((recipient) => `proven: ${recipient}\n`).join(''));
    io.out(unproven.map((recipient) => `not yet proven: ${recipient}\n`).join(''));
    io.out(
      unproven.length === 0
        ? 'Each recipient can open. A running station reads this at its next start.\n'
        : 'Nothing is released before each recipient has proven it.\n',
    );
  }
  return proven.length > 0 ? EXIT_GOOD : EXIT_FAILURE;
}

// The station's side of a proof: asks, keeps what it asked, checks answers and signs proofs, in the spool of one configuration.

/** One station that asks its recipients. */
interface Prover {
  readonly config: StationConfig;
  /** A new challenge for a recipient, sealed; an earlier one for it is void from now on. */
  ask(recipient: string): Promise<Uint8Array>;
  /** Installs the proof of the recipient whose challenge has this answer, and returns it. Errors: "proof.wrong-answer". */
  install(answer: Uint8Array, file: string): Promise<string>;
  /** Recipients of the configuration without a proof that holds. */
  unproven(): Promise<string[]>;
}

/** Opens configuration, key and proofs; undefined after the problems of the configuration were printed. Errors: "key.*", "spool.*". */
async function openProver(file: string, io: Io, json: boolean): Promise<Prover | undefined> {
  const loaded = await loadStationConfig(file);
  if (loaded.kind === 'refused') {
    io.err(renderProblems(loaded.problems));
    if (json) writeJson(io, { good: false, problems: loaded.problems });
    return undefined;
  }
  const { config } = loaded;
  const key = await readSigningKey(config.keys.signingFile);
  const own = publicKeyOf(key);
  const { earlier } = await loadKeyHistory(keyChangesFolder(config.spool.path), config.station, own);
  const folder = await openSpoolFolder(config.spool.path, proofsFolder(config.spool.path));
  return proverOf(config, folder, { key, stationKeys: [own, ...earlier] });
}

function proverOf(
  config: StationConfig,
  folder: string,
  { key, stationKeys }: { readonly key: SecretKey; readonly stationKeys: readonly PublicKey[] },
): Prover {
  return {
    config,
    ask: async (recipient) => {
      const challenge = makeChallenge(recipient, nodeRandom());
      await keepChallenge(folder, recipient, challenge.sha256);
      return challenge.sealed;
    },
    install: async (answer, file) => {
      const asked = await findChallenge(folder, config.recipients, answer);
      if (asked === undefined) throw wrongAnswer(file);
      const { recipient, sha256: challengeSha256 } = asked;
      const provenAt = new Date().toISOString();
      const { station } = config;
      const signer = inlineSigner(key);
      const proof = { station, recipient, challengeSha256, answer, provenAt, signer };
      await installProof(folder, proof);
      return recipient;
    },
    unproven: async () => {
      const proofs = await loadProofs(folder, config.station, stationKeys);
      return config.recipients.filter((recipient) => !proofs.has(recipient));
    },
  };
}

function wrongAnswer(file: string): DockError {
  const message = `${file} answers no challenge that waits here: a newer one was asked, or it belongs to another station; ask again`;
  return new DockError('proof.wrong-answer', message, { retry: 'person' });
}
