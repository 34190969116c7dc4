// The station's side of a proof: asks, keeps what it asked, checks answers and signs proofs, in the spool of one configuration.
import { keyChangesFolder, loadKeyHistory } from '../../config/enrolment/key-changes.ts';
import { readSigningKey } from '../../config/enrolment/keys.ts';
import { loadStationConfig } from '../../config/load.ts';
import { renderProblems } from '../../config/problems.ts';
import {
  findChallenge,
  installProof,
  keepChallenge,
  loadProofs,
  proofsFolder,
} from '../../config/enrolment/proofs.ts';
import type { StationConfig } from '../../config/station-config.ts';
import { DockError } from '../../protocol/format/errors.ts';
import { nodeRandom } from '../../agent/platform/random-node.ts';
import {
  inlineSigner,
  publicKeyOf,
  type PublicKey,
  type SecretKey,
} from '../../protocol/documents/minisign.ts';
import { makeChallenge } from '../../protocol/documents/recipient-challenge.ts';
import { writeJson, type Io } from '../../config/command-line.ts';
import { openSpoolFolder } from './spool-folder.ts';

/** One station that asks its recipients. */
export interface Prover {
  readonly config: StationConfig;
  /** A new challenge for a recipient, sealed; an earlier one for it is void from now on. */
  ask(recipient: string): Promise<Uint8Array>;
  /** Installs the proof of the recipient whose challenge has this answer, and returns it. Errors: "proof.wrong-answer". */
  install(answer: Uint8Array, file: string): Promise<string>;
  /** Recipients of the configuration without a proof that holds. */
  unproven(): Promise<string[]>;
}

/** Opens configuration, key and proofs; undefined after the problems of the configuration were printed. Errors: "key.*", "spool.*". */
export async function openProver(file: string, io: Io, json: boolean): Promise<Prover | undefined> {
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
