// `bodydock keys make`: draws keys and writes them into new files. Replaces nothing, ever.
import { join } from 'node:path';
import { EXIT_GOOD } from '../../config/exit-codes.ts';
import { makeIdentityFile } from '../../config/enrolment/identity-file.ts';
import { makeSigningKey } from '../../config/enrolment/keys.ts';
import { NAME_PATTERN } from '../../protocol/format/ids.ts';
import { makeFolders } from '../platform/make-folders.ts';
import { keyIdHex, publicKeyLine } from '../../protocol/documents/minisign.ts';
import { command, usageError, writeJson, type Io } from '../../config/command-line.ts';

interface Made {
  readonly secretFile: string;
  readonly publicFile: string;
  /** What the other end's configuration wants. */
  readonly line: string;
  readonly keyId: string | null;
  readonly advice: string;
}

type Maker = (folder: string, name: string | undefined) => Promise<Made>;

const MAKERS: Readonly<Record<string, Maker>> = {
  station: (folder, name = 'station') =>
    makeSigning(folder, name, 'Put this line into `stations[].public_keys` of receiver.yaml:'),
  store: (folder, name = 'store') =>
    makeSigning(folder, name, 'Put this line into `store.public_keys` of each station.yaml:'),
  identity: makeIdentity,
};

/** Runs the command; gives the exit code. Errors: "usage", "key.exists", "key.unwritable". */
export const makeKeys = command(
  {
    name: 'bodydock keys make',
    usage: ['station|store|identity --out DIR [--name NAME] [--json]'],
    about: `
  station   signing key of a station: station.key (private) and station.pub
  store     signing key of the store: store.key (private) and store.pub
  identity  age identity that opens recordings: store.identity (private) and store.recipient. Make it where recordings shall be
            opened, never on a station.
`,
    options: {
      out: {
        type: 'string',
        value: 'DIR',
        text: 'folder for the files; made where it is not there. A file that is already there is never replaced.',
      },
      name: {
        type: 'string',
        value: 'NAME',
        text: 'other name for the files, such as "escrow" for a second identity in a safe',
      },
    },
    notes:
      'Signing keys are minisign keys without a passphrase; identities are age identities. The stock tools read both.',
    wordsMax: 1,
  },
  async (line, io) => {
    const [kind = ''] = line.words;
    const make = Object.hasOwn(MAKERS, kind) ? MAKERS[kind] : undefined;
    if (make === undefined) throw usageError('`keys make` wants one of station, store, identity');
    const { out: folder, name } = line.values;
    if (folder === undefined) throw usageError('`keys make` wants --out DIR');
    if (name !== undefined && !NAME_PATTERN.test(name))
      throw usageError(`--name ${JSON.stringify(name)}: 1 to 32 of a-z, 0-9 and "-" are allowed`);
    await makeFolders(folder, 0o700);
    report(io, kind, await make(folder, name), line.json);
    return EXIT_GOOD;
  },
);

async function makeSigning(folder: string, name: string, advice: string): Promise<Made> {
  const secretFile = join(folder, `${name}.key`);
  const publicFile = join(folder, `${name}.pub`);
  const key = await makeSigningKey(secretFile, publicFile);
  return { secretFile, publicFile, line: publicKeyLine(key), keyId: keyIdHex(key.keyId), advice };
}

async function makeIdentity(folder: string, name = 'store'): Promise<Made> {
  const secretFile = join(folder, `${name}.identity`);
  const publicFile = join(folder, `${name}.recipient`);
  const line = await makeIdentityFile(secretFile, publicFile, new Date().toISOString());
  const advice =
    'Keep a copy of the identity in a safe place. Put this recipient into `recipients` of each station.yaml:';
  return { secretFile, publicFile, line, keyId: null, advice };
}

function report(io: Io, kind: string, made: Made, json: boolean): void {
  const { secretFile, publicFile, line, keyId, advice } = made;
  if (json)
    writeJson(io, { kind, secret_file: secretFile, public_file: publicFile, public: line, key_id: keyId });
  else io.out(`private: ${secretFile} (keep it secret)\npublic:  ${publicFile}\n${advice}\n  ${line}\n`);
}
