// `bodydock-receiver rotate`: changes the signing key of the store. In two steps: every station must pin the next key before anything is
// signed by it, or no receipt counts at the stations that were forgotten.
import { dirname } from 'node:path';
import { EXIT_GOOD } from '../../../config/exit-codes.ts';
import { loadKeyHistory } from '../../../config/enrolment/key-changes.ts';
import {
  commitNextKey,
  finishRotation,
  isPrepared,
  prepareNextKey,
  rotationFiles,
  type RotationFiles,
} from '../../../config/enrolment/key-rotation.ts';
import { readSigningKey } from '../../../config/enrolment/keys.ts';
import { RECEIVER_FILE } from '../../../config/load.ts';
import { ensureFolder } from '../../../protocol/format/durable.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { keyFingerprint, type ProvenKeyChange } from '../../../protocol/documents/key-documents.ts';
import {
  keyIdHex,
  parsePublicKey,
  publicKeyLine,
  publicKeyOf,
  type PublicKey,
  type SecretKey,
} from '../../../protocol/documents/minisign.ts';
import { isVaultInUse } from '../vault/vault-lock.ts';
import { command, usageError, type Io } from '../../../config/command-line.ts';
import { openStoreCommand, type StoreCommand } from './store-command.ts';

/** A store whose key changes. */
interface Rotation {
  readonly store: StoreCommand;
  readonly files: RotationFiles;
  readonly io: Io;
  readonly json: boolean;
}

/** Runs the command; gives the exit code. Errors: "usage", "key.*", "vault.*", "lock.*", "receiver.running", the system's. */
export const rotate = command(
  {
    name: 'bodydock-receiver rotate',
    usage: [
      "--prepare [--config FILE] [--json]   1. makes the next key of the store and says what each station's file needs",
      '--commit [--config FILE] [--json]    2. with the receiver stopped: the next key takes the place of the old one',
    ],
    about: `
Every station must know the next key before the second step: a receipt whose key a station does not pin releases nothing there. Receipts
that were given stay as they are; one that a station goes on asking for, since it does not pin the old key any more, is signed by the next
key, too. A step that was cut off is finished by typing it again.
`,
    options: {
      config: RECEIVER_FILE,
      prepare: { type: 'boolean', text: 'makes the next key' },
      commit: { type: 'boolean', text: 'the next key takes the place of the old one' },
    },
    wordsMax: 0,
  },
  async (line, io) => {
    const { prepare = false, commit = false, config: file } = line.values;
    const { json } = line;
    if (prepare === commit)
      throw usageError('`rotate` wants --prepare, and --commit once every station knows the key');
    const store = await openStoreCommand(file, io);
    const rotation = { store, files: rotationFiles(store.config.keys.signingFile), io, json };
    await (prepare ? prepareStore(rotation) : commitStore(rotation));
    return EXIT_GOOD;
  },
);

async function prepareStore({ store, files, io, json }: Rotation): Promise<void> {
  const { key, fresh } = await prepareNextKey(files);
  const stations = store.config.stations.map(({ id }) => id);
  if (json) return io.out(`${JSON.stringify({ step: 'prepared', fresh, stations, ...shown(key) })}\n`);
  io.out(`${fresh ? 'made' : 'was made before'}: the next key of receiver ${store.config.receiver}
  ${publicKeyLine(key)}
  key id ${keyIdHex(key.keyId)}, fingerprint ${keyFingerprint(key)}
1. At each station (${stations.join(', ')}): add this line to store.public_keys in station.yaml, leave the old one in it, compare the
   fingerprint with the person there, and start the agent anew.
2. Once every station has it: stop this receiver, type \`bodydock-receiver rotate --commit\`, and start it again.
Until then the old key signs, and nothing else has changed.
`);
}

async function commitStore(rotation: Rotation): Promise<void> {
  const { store, files } = rotation;
  const { receiver } = store.config;
  if (await isVaultInUse(store.layout.root, store.files)) throw running(rotation);
  const folder = store.layout.keys(receiver);
  for (const path of [dirname(folder), folder]) await ensureFolder(store.files, path);
  const again = !(await isPrepared(files));
  if (!again)
    await commitNextKey({
      files,
      holder: receiver,
      lostKey: undefined,
      changedAt: new Date(store.clock.wallMs()).toISOString(),
      folders: [folder, dirname(files.signingFile)],
      beforeSwitch: () => store.endLog(),
    });
  const key = await readSigningKey(files.signingFile);
  const { change } = await loadKeyHistory(folder, receiver, publicKeyOf(key));
  if (change === undefined) throw notPrepared();
  if (again) await finishRotation(files);
  await enter(store, change, key);
  tell(rotation, change, again);
}

/** The first entry behind the opening of the first segment that the new key signs, since the old key ended the one before. */
async function enter(store: StoreCommand, { facts }: ProvenKeyChange, key: SecretKey): Promise<void> {
  const event = { event: 'key-changed', facts } as const;
  if (!(await store.isEntered(event, facts.change_sha256))) await store.enter([event], key);
}

function shown(key: PublicKey): { public: string; key_id: string; fingerprint: string } {
  return { public: publicKeyLine(key), key_id: keyIdHex(key.keyId), fingerprint: keyFingerprint(key) };
}

function tell(
  { store, files, io, json }: Rotation,
  { change, facts }: ProvenKeyChange,
  again: boolean,
): void {
  const key = parsePublicKey(change.new_key);
  const { old_key_id: oldId, new_key_id: newId } = facts;
  if (json)
    return io.out(`${JSON.stringify({ step: 'committed', again, old_key_id: oldId, ...shown(key) })}\n`);
  io.out(`${again ? 'was changed before' : 'changed'}: receiver ${store.config.receiver} signs with key ${newId} (${files.signingFile}), before it with key ${oldId}
Start the receiver again. Leave the old key in store.public_keys of the stations as long as they have receipts of it in their spools.
A station that does not have it any more and goes on asking gets those receipts signed by the new key, once every byte was compared.
Whoever checks the vault later needs both keys: keep ${files.earlierPublicFile(parsePublicKey(change.old_key))}.
`);
}

function running({ store }: Rotation): DockError {
  const message = `receiver ${store.config.receiver} runs: stop it first (systemctl stop bodydock-receiver), it would go on with the old key`;
  return new DockError('receiver.running', message, { retry: 'person' });
}

function notPrepared(): DockError {
  const message = 'there is no next key: make it first (--prepare), and let every station know it';
  return new DockError('key.not-prepared', message, { retry: 'person' });
}
