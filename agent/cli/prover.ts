// The station's side of a proof: asks, keeps what it asked, checks answers and signs proofs, in the spool of one configuration.
import { lchown, lstat, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readSigningKey } from '../../config/keys.ts';
import { loadStationConfig } from '../../config/load.ts';
import { renderProblems } from '../../config/problems.ts';
import { findChallenge, installProof, keepChallenge, loadProofs, proofsFolder } from '../../config/proofs.ts';
import type { StationConfig } from '../../config/station-config.ts';
import { DockError, systemCode } from '../../protocol/errors.ts';
import { nodeClock } from '../../protocol/io/clock-node.ts';
import { nodeFiles } from '../../protocol/io/files-node.ts';
import { nodeRandom } from '../../protocol/io/random-node.ts';
import { inlineSigner, publicKeyOf, type SecretKey } from '../../protocol/minisign.ts';
import { makeChallenge } from '../../protocol/recipient-challenge.ts';
import { openIdentity } from '../spool/identity.ts';
import { spoolLayout } from '../spool/layout.ts';
import { writeJson, type Io } from './output.ts';

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
  return proverOf(config, key, await openFolder(config.spool.path));
}

function proverOf(config: StationConfig, key: SecretKey, folder: string): Prover {
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
      await installProof(folder, {
        station,
        recipient,
        challengeSha256,
        answer,
        provenAt,
        signer: inlineSigner(key),
      });
      return recipient;
    },
    unproven: async () => {
      const proofs = await loadProofs(folder, config.station, [publicKeyOf(key)]);
      return config.recipients.filter((recipient) => !proofs.has(recipient));
    },
  };
}

function wrongAnswer(file: string): DockError {
  const message = `${file} answers no challenge that waits here: a newer one was asked, or it belongs to another station; ask again`;
  return new DockError('proof.wrong-answer', message, { retry: 'person' });
}

/**
 * The folder of proofs in a spool that is there, or that is made here as the first start would make it: an id file first, because a
 * folder that holds something else is refused as foreign.
 */
async function openFolder(spoolPath: string): Promise<string> {
  const layout = spoolLayout(spoolPath);
  const folder = proofsFolder(spoolPath);
  try {
    if ((await lstat(layout.identity).catch(() => undefined)) === undefined) {
      await openIdentity(layout, { files: nodeFiles(), clock: nodeClock(), random: nodeRandom() });
      await giveToOwnerOf(dirname(spoolPath), [spoolPath, layout.identity]);
    }
    await mkdir(folder, { mode: 0o750 }).then(
      () => giveToOwnerOf(spoolPath, [folder]),
      (error: unknown) => {
        if (systemCode(error) !== 'EEXIST') throw error;
      },
    );
    return folder;
  } catch (error) {
    if (error instanceof DockError) throw error;
    const message = `the spool ${spoolPath} cannot be used (${systemCode(error) ?? 'unknown error'}): make the folder above it, and run this as root or as the user of the service`;
    throw new DockError('spool.unusable', message, { retry: 'person', cause: error });
  }
}

/** Root would else leave folders in which the service cannot write. */
async function giveToOwnerOf(model: string, paths: readonly string[]): Promise<void> {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = await stat(model);
  for (const path of paths) await lchown(path, uid, gid);
}
