// `bodydock keys rotate`: changes the signing key of a station. In two steps, because a store that does not know the new key would refuse
// what it signs for a day: the next key is made and shown first, and signs only once the store knows it.
import { dirname, join } from 'node:path';
import { command, type Io, usageError, writeJson } from '../../config/command-line.ts';
import { keyChangesFolder, loadKeyHistory } from '../../config/enrolment/key-changes.ts';
import {
  commitNextKey,
  finishRotation,
  prepareNextKey,
  rotationFiles,
  type RotationFiles,
} from '../../config/enrolment/key-rotation.ts';
import { readPublicKeyFile, readSigningKey } from '../../config/enrolment/keys.ts';
import { EXIT_GOOD } from '../../config/exit-codes.ts';
import { loadStationConfig, STATION_FILE } from '../../config/load.ts';
import { ownedFiles } from '../../config/owned-files.ts';
import { refusedFile } from '../../config/problems.ts';
import type { StationConfig } from '../../config/station-config.ts';
import { keyFingerprint, type ProvenKeyChange } from '../../protocol/documents/key-documents.ts';
import {
  inlineSigner,
  keyIdHex,
  parsePublicKey,
  type PublicKey,
  publicKeyLine,
  publicKeyOf,
  type SecretKey,
} from '../../protocol/documents/minisign.ts';
import { DockError, isDockError } from '../../protocol/format/errors.ts';
import type { StationId } from '../../protocol/format/ids.ts';
import { recoverSegments } from '../custody/custody-recovery.ts';
import { nodeClock, readBootId } from '../platform/clock-node.ts';
import { spoolLayout } from '../spool/layout.ts';
import { lockSpool } from '../spool/lock.ts';
import { openSpoolFolder } from './spool-place.ts';

/** A station whose key changes. */
interface Rotation {
  readonly config: StationConfig;
  readonly files: RotationFiles;
  readonly io: Io;
  readonly json: boolean;
}

/** Runs the command; gives the exit code. Errors: "usage", "config.refused", "key.*", "spool.*". */
export const rotateKeys = command(
  {
    name: 'bodydock keys rotate',
    usage: [
      "--prepare [--config FILE]             1. makes the next key and says what the store's file needs",
      '--commit [--config FILE]              2. with the agent stopped: the next key takes the place of the old one',
      '--reason lost [--old-key KEY]         both at once, where the old key is gone',
    ],
    about: `
What the old key signed stays as it is and is delivered with its signature; what comes next is signed by the new key. Let the store know
the new key first: what a key signs that the store does not know is refused for a day, and nothing is lost by it.
A step that was cut off is finished by typing it again.
`,
    options: {
      config: STATION_FILE,
      prepare: { type: 'boolean', text: 'makes the next key' },
      commit: { type: 'boolean', text: 'the next key takes the place of the old one' },
      reason: { type: 'string', value: 'WORD', text: 'planned (default) or lost' },
      'old-key': {
        type: 'string',
        value: 'KEY',
        text: 'the lost key: its .pub file, or the second line of it (default: the .pub file beside the signing key)',
      },
    },
  },
  async (line, io) => {
    const { prepare = false, commit = false, reason = 'planned' } = line.values;
    if (reason !== 'planned' && reason !== 'lost') throw usageError('--reason is planned or lost');
    if (reason === 'lost' ? prepare || commit : prepare === commit)
      throw usageError('`keys rotate` wants --prepare, then --commit; or --reason lost, which is one step');
    if (reason !== 'lost' && line.values['old-key'] !== undefined)
      throw usageError('--old-key is named with --reason lost, and only there');
    const { config: file } = line.values;
    const loaded = await loadStationConfig(file);
    if (loaded.kind === 'refused') throw refusedFile(file, loaded.problems, 'bodydock', io);
    const { config } = loaded;
    const rotation = { config, files: rotationFiles(config.keys.signingFile), io, json: line.json };
    if (prepare) await prepareStation(rotation);
    else await commitStation(rotation, reason === 'lost' ? { oldKey: line.values['old-key'] } : undefined);
    return EXIT_GOOD;
  },
);

async function prepareStation({ config, files, io, json }: Rotation): Promise<void> {
  await readSigningKey(files.signingFile);
  const { key, fresh } = await prepareNextKey(files);
  if (json) return writeJson(io, { step: 'prepared', fresh, ...shown(key) });
  io.out(`${fresh ? 'made' : 'was made before'}: the next key of station ${config.station}
${pinning(config, key)}2. Stop the agent of this station, type \`bodydock keys rotate --commit\`, and start the agent again.
Until then the old key signs, and nothing else has changed.
`);
}

async function commitStation(rotation: Rotation, lost?: { oldKey: string | undefined }): Promise<void> {
  const { config, files } = rotation;
  const lock = await lockSpool(config.spool.path, await ownedFiles(config.spool.path));
  try {
    const folder = await openSpoolFolder(config.spool.path, keyChangesFolder(config.spool.path));
    const before = await committedBefore(rotation, folder);
    if (before !== undefined) return tellCommitted(rotation, folder, { ...before, again: true });
    const lostKey = lost && (await oldPublicKey(files, lost.oldKey));
    if (lostKey !== undefined) await prepareNextKey(files);
    const { key } = await commitNextKey({
      files,
      holder: config.station,
      lostKey,
      changedAt: new Date().toISOString(),
      folders: [folder, dirname(files.signingFile)],
      beforeSwitch: (old) => endSegments(config.station, spoolLayout(config.spool.path).custody, old),
    });
    const { change } = await loadKeyHistory(folder, config.station, publicKeyOf(key));
    if (change === undefined) {
      const message = `the key was changed, and the document that says so cannot be read in ${folder}: type the same again before the agent is started`;
      throw new DockError('key.change-unread', message, { retry: 'person' });
    }
    tellCommitted(rotation, folder, { change, again: false });
  } finally {
    await lock.release();
  }
}

/** The last change, where its step was done and only its end may be missing: there is no next key any more. */
async function committedBefore(
  { config, files }: Rotation,
  folder: string,
): Promise<{ change: ProvenKeyChange } | undefined> {
  const next = await readSigningKey(files.nextFile).catch((error: unknown) => {
    if (isDockError(error, 'key.missing')) return undefined;
    throw error;
  });
  const current = await readSigningKey(files.signingFile).catch((error: unknown) => {
    if (isDockError(error)) return undefined;
    throw error;
  });
  if (next !== undefined || current === undefined) return undefined;
  const { change } = await loadKeyHistory(folder, config.station, publicKeyOf(current));
  if (change === undefined) return undefined;
  await finishRotation(files);
  return { change };
}

async function oldPublicKey(files: RotationFiles, named: string | undefined): Promise<PublicKey> {
  if (named !== undefined && /^RW[A-Za-z0-9+/]{54}$/.test(named)) return parsePublicKey(named);
  return readPublicKeyFile(named ?? files.publicFile);
}

/** Segments of the custody log that a cut left open get their end from the key that began them. */
async function endSegments(station: StationId, folder: string, old: SecretKey): Promise<void> {
  const files = await ownedFiles(folder);
  if ((await files.stat(folder)) === undefined) return;
  const recovery = {
    folder,
    files,
    log: { error: nothing, warn: nothing, info: nothing, debug: nothing }, // the next start of the agent tells of the same
    station,
    signer: inlineSigner(old),
    clock: nodeClock(),
    bootId: await readBootId(),
    withSpace: <T>(attempt: () => Promise<T>) => attempt(),
    stationKeys: [publicKeyOf(old)],
    index: new Map(),
  };
  await recoverSegments(recovery);
}

function nothing(): void {}

function shown(key: PublicKey): { public: string; key_id: string; fingerprint: string } {
  return { public: publicKeyLine(key), key_id: keyIdHex(key.keyId), fingerprint: keyFingerprint(key) };
}

function pinning({ station }: StationConfig, key: PublicKey): string {
  return `  ${publicKeyLine(key)}
  key id ${keyIdHex(key.keyId)}, fingerprint ${keyFingerprint(key)}
1. At the store: add this line to stations[].public_keys of ${station} in receiver.yaml, leave the old one in it, compare the fingerprint
   with the person here, and start the receiver anew.
`;
}

/** Nobody who is trusted signed the change, so a verifier learns the new key by hand only. One name form for both: a key of one station alone hides those of any station. */
function forVerifiers({ config: { station }, files }: Rotation, keyId: string): string {
  return `2. Whoever verifies copies ${files.publicFile} into the folder of keys for \`bodydock verify\`, beside the old key and named alike:
   station-${station}.${keyId}.pub beside station-${station}.pub, station.${keyId}.pub beside station.pub. The old key stays there.
`;
}

function tellCommitted(
  rotation: Rotation,
  folder: string,
  { change, again }: { readonly change: ProvenKeyChange; readonly again: boolean },
): void {
  const { config, io, json, files } = rotation;
  const { old_key_id: oldId, new_key_id: newId, change_sha256: sha256 } = change.facts;
  const key = parsePublicKey(change.change.new_key);
  const file = join(folder, `${sha256.slice(0, 16)}.change.json`);
  if (json)
    return writeJson(io, { step: 'committed', again, old_key_id: oldId, change_file: file, ...shown(key) });
  const { reason } = change.change;
  io.out(`${again ? 'was changed before' : 'changed'}: station ${config.station} signs with key ${newId} (${files.signingFile}), before it with key ${oldId}
${reason === 'lost' ? pinning(config, key) + forVerifiers(rotation, newId) : ''}Start the agent again.
At the store: leave the old key in receiver.yaml; recordings that it signed may still come, and it is how they are checked.
Take ${file} and its signatures beside it to <vault>/${config.station}/keys/ of the store.
`);
}
