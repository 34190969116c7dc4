// `bodydock keys show`: the public half of key files, or of all keys of a station. Never prints a secret.
import { EXIT_CONFIGURATION, EXIT_GOOD } from '../../config/exit-codes.ts';
import { readPublicFile } from '../../config/guarded-file.ts';
import { readIdentityFile } from '../../config/enrolment/identity-file.ts';
import { keyChangesFolder, loadKeyHistory } from '../../config/enrolment/key-changes.ts';
import { readPublicKeyFile, readSigningKey } from '../../config/enrolment/keys.ts';
import { loadStationConfig, STATION_FILE_DEFAULT, STATION_FILE } from '../../config/load.ts';
import { renderProblems } from '../../config/problems.ts';
import { loadProofs, proofsFolder } from '../../config/enrolment/proofs.ts';
import type { StationConfig } from '../../config/station-config.ts';
import { parseRecipient } from '../../protocol/age/age-keys.ts';
import { parseUtf8 } from '../../protocol/format/bytes.ts';
import { isDockError } from '../../protocol/format/errors.ts';
import { keyIdHex, publicKeyLine, publicKeyOf, type PublicKey } from '../../protocol/documents/minisign.ts';
import { command, writeJson, type Io } from '../../config/command-line.ts';

const FILES_MAX = 64;
const FILE_BYTES_MAX = 64 * 1024;

interface Shown {
  readonly what: string;
  readonly public: string;
  readonly key_id: string | null;
  /** Only for recipients of a station. */
  readonly proven_at?: string | null;
}

/** Runs the command; gives the exit code. Errors: "usage", "key.*". */
export const showKeys = command(
  {
    name: 'bodydock keys show',
    usage: ['[FILE...] [--config FILE] [--json]'],
    about: `
Shows public halves, as the configuration of the other end wants them: of each FILE (signing key, public key, identity or
recipient), or without FILE the keys of this station, and for each recipient whether it has proven that it can open.
`,
    options: {
      config: STATION_FILE,
    },
    wordsMax: FILES_MAX,
  },
  async (line, io) => {
    const json = line.json;
    if (line.words.length > 0) {
      const shown: Shown[] = [];
      for (const file of line.words) shown.push(...(await showFile(file)));
      print(io, shown, json);
      return EXIT_GOOD;
    }
    const loaded = await loadStationConfig(line.values.config ?? STATION_FILE_DEFAULT);
    if (loaded.kind === 'refused') {
      if (json) writeJson(io, { good: false, problems: loaded.problems });
      else io.err(renderProblems(loaded.problems));
      return EXIT_CONFIGURATION;
    }
    print(io, await showStation(loaded.config), json);
    return EXIT_GOOD;
  },
);

function signing(what: string, key: PublicKey): Shown {
  return { what, public: publicKeyLine(key), key_id: keyIdHex(key.keyId) };
}

/** What kind of file it is, its text says; secrets are read again with the refusals that they deserve. */
async function showFile(file: string): Promise<Shown[]> {
  const text = parseUtf8(await readPublicFile(file, FILE_BYTES_MAX)) ?? '';
  if (text.startsWith('age1')) {
    const recipient = text.trim();
    parseRecipient(recipient);
    return [{ what: file, public: recipient, key_id: null }];
  }
  if (/AGE-SECRET-KEY-|^age-encryption|^-----BEGIN AGE/m.test(text))
    return (await readIdentityFile(file)).map(({ recipient }) => ({
      what: file,
      public: recipient,
      key_id: null,
    }));
  try {
    return [signing(file, await readPublicKeyFile(file))];
  } catch (error) {
    if (!isDockError(error, 'key.malformed')) throw error;
    return [signing(file, publicKeyOf(await readSigningKey(file)))];
  }
}

async function showStation(config: StationConfig): Promise<Shown[]> {
  const own = publicKeyOf(await readSigningKey(config.keys.signingFile));
  const { earlier } = await loadKeyHistory(keyChangesFolder(config.spool.path), config.station, own);
  const proofs = await loadProofs(proofsFolder(config.spool.path), config.station, [own, ...earlier]);
  return [
    signing(`station ${config.station}`, own),
    ...earlier.map((key) => signing(`station ${config.station}, before`, key)),
    ...config.store.publicKeys.map((key) => signing('store', key)),
    ...config.recipients.map((recipient) => ({
      what: 'recipient',
      public: recipient,
      key_id: null,
      proven_at: proofs.get(recipient)?.proven_at ?? null,
    })),
  ];
}

function print(io: Io, shown: readonly Shown[], json: boolean): void {
  if (json) return writeJson(io, { keys: shown });
  for (const { what, public: line, key_id: keyId, proven_at: provenAt } of shown) {
    const id = keyId === null ? '' : ` (key id ${keyId})`;
    const proof = provenAt === undefined ? '' : provenAt === null ? ' (not proven)' : ` (proven ${provenAt})`;
    io.out(`${what}: ${line}${id}${proof}\n`);
  }
}
