// Keys, proofs, key changes, certificates, passwords and configuration on a real disk, each damaged at 200 places (40 in CI) and in every way that a whole
// file can be: read as what it was, or refused in words that name the file. Never taken for another key, and nothing is waited for.
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCameraPassword } from '../../../config/broker-credentials.ts';
import { keepKeyChange, loadKeyHistory } from '../../../config/enrolment/key-changes.ts';
import { makeSigningKey, readPublicKeyFile, readSigningKey } from '../../../config/enrolment/keys.ts';
import { installProof, loadProofs } from '../../../config/enrolment/proofs.ts';
import { FileFinds } from '../../../config/file-finds.ts';
import { loadReceiverConfig, loadStationConfig } from '../../../config/load.ts';
import { checkTlsFiles } from '../../../config/tls-files.ts';
import { makeIdentity } from '../../../protocol/age/age-keys.ts';
import {
  inlineSigner,
  makeSecretKey,
  publicKeyLine,
  publicKeyOf,
} from '../../../protocol/documents/minisign.ts';
import { answerChallenge, makeChallenge } from '../../../protocol/documents/recipient-challenge.ts';
import { DockError, isDockError } from '../../../protocol/format/errors.ts';
import { parseStationId } from '../../../protocol/format/ids.ts';
import { pointTried } from '../../fakes/points.ts';
import { SeededRandom } from '../../fakes/random-seeded.ts';
import { takesShare } from '../../fakes/share-of-run.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { TestAuthority } from '../../fakes/tls.ts';
import { RECEIVER, STATION } from '../../unit/config/files.ts';

const PLACES = takesShare ? 40 : 200;
const SPARSE_BYTES = 10 * 1024 ** 3;
const station = parseStationId('townhall-1');
const random = new SeededRandom(3);
const [old, fresh] = [makeSecretKey(random), makeSecretKey(random)];
const person = makeIdentity(random);
let folder: string;

/** A kind of file. `read` gives what it says as a text, or is refused with words. */
interface Kind {
  readonly name: string;
  readonly path: () => Promise<string> | string;
  readonly mode: number;
  readonly read: () => Promise<string>;
  /** Nothing in it says whether it is what it was: what it says instead fits nothing, and is found there. */
  readonly isPlain?: boolean;
}

const at = (...names: string[]): string => join(folder, ...names);

function refuse(words: string): never {
  throw new DockError('test.refused', words, { retry: 'person' });
}

/** As a start reads them: a file that does not hold is told by its name. */
async function told(read: (onRefused: (file: string) => void) => Promise<unknown>): Promise<string> {
  const refused: string[] = [];
  const value = await read((file) => void refused.push(file));
  return refused.length > 0 ? refuse(refused.join(', ')) : JSON.stringify(value);
}

async function proofsSay(): Promise<string> {
  return told(async (onRefused) => [
    ...(await loadProofs(at('proofs'), station, [publicKeyOf(fresh)], onRefused)).keys(),
  ]);
}

async function changesSay(): Promise<string> {
  return told(async (onRefused) =>
    (await loadKeyHistory(at('changes'), station, publicKeyOf(fresh), onRefused)).earlier.map(publicKeyLine),
  );
}

async function tlsSays(): Promise<string> {
  const finds = new FileFinds();
  await checkTlsFiles({ caFile: at('ca.pem'), certFile: at('cert.pem'), keyFile: at('key.pem') }, finds);
  return finds.problems.length === 0
    ? 'good'
    : refuse(finds.problems.map(({ file, message }) => `${file} ${message}`).join(', '));
}

const configSays =
  (load: typeof loadStationConfig | typeof loadReceiverConfig, name: string) => async (): Promise<string> => {
    const loaded = await load(at(name));
    if (loaded.kind === 'loaded') return loaded.sha256;
    return refuse(loaded.problems.map(({ file, line, message }) => `${file}:${line} ${message}`).join('; '));
  };

const inFolder = (name: string, match: RegExp) => async (): Promise<string> => {
  const found = (await readdir(at(name))).find((each) => match.test(each));
  return at(name, found ?? refuse(`nothing in ${name}`));
};
const plain = (name: string, mode: number, read: () => Promise<string>): Kind => ({
  name,
  path: () => at(name),
  mode,
  read,
  isPlain: true,
});

const KINDS: readonly Kind[] = [
  {
    name: 'signing key',
    path: () => at('station.key'),
    mode: 0o600,
    read: async () => publicKeyLine(publicKeyOf(await readSigningKey(at('station.key')))),
  },
  plain('station.pub', 0o644, async () => publicKeyLine(await readPublicKeyFile(at('station.pub')))),
  plain('camera.password', 0o600, () => readCameraPassword(at('camera.password'))),
  { name: 'proof', path: inFolder('proofs', /json$/), mode: 0o644, read: proofsSay },
  { name: 'signature of a proof', path: inFolder('proofs', /minisig$/), mode: 0o644, read: proofsSay },
  { name: 'key change', path: inFolder('changes', /json$/), mode: 0o644, read: changesSay },
  {
    name: 'signature of a key change',
    path: inFolder('changes', /new\.minisig$/),
    mode: 0o644,
    read: changesSay,
  },
  plain('ca.pem', 0o644, tlsSays),
  plain('cert.pem', 0o644, tlsSays),
  plain('key.pem', 0o600, tlsSays),
  plain('station.yaml', 0o644, configSays(loadStationConfig, 'station.yaml')),
  plain('receiver.yaml', 0o644, configSays(loadReceiverConfig, 'receiver.yaml')),
];

describe.skipIf(lacksTools('openssl'))('a damaged file', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bodydock-key-files-'));
    await makeSigningKey(at('station.key'), at('station.pub'));
    await writeFile(at('camera.password'), 'secret-1\n', { mode: 0o600 });
    await mkdir(at('proofs'));
    await mkdir(at('changes'));
    const challenge = makeChallenge(person.recipient, random);
    await installProof(at('proofs'), {
      station,
      recipient: person.recipient,
      challengeSha256: challenge.sha256,
      answer: answerChallenge(challenge.sealed, [person.identity]),
      provenAt: '2026-11-25T09:30:00.000Z',
      signer: inlineSigner(fresh),
    });
    const change = {
      type: 'key-change',
      version: 1,
      holder: station,
      old_key: publicKeyLine(publicKeyOf(old)),
      new_key: publicKeyLine(publicKeyOf(fresh)),
      reason: 'planned',
      changed_at: '2026-11-25T09:30:00.000Z',
    } as const;
    await keepKeyChange(at('changes'), change, { old, fresh });
    const authority = await TestAuthority.open();
    const own = await authority.issue({ commonName: station, kind: 'client' });
    await writeFile(at('ca.pem'), authority.ca);
    await writeFile(at('cert.pem'), own.cert);
    await writeFile(at('key.pem'), own.key, { mode: 0o600 });
    await authority.close();
    await writeFile(at('station.yaml'), STATION);
    await writeFile(at('receiver.yaml'), RECEIVER);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each(KINDS)('$name: is read as it was, or refused by its name', async (kind) => {
    const path = await kind.path();
    const good = await readFile(path);
    const before = await kind.read();
    const place = new SeededRandom(good.length);
    const damages: [string, () => Promise<unknown>][] = [
      ...Array.from({ length: PLACES }, (): [string, () => Promise<unknown>] => {
        const [where, bit] = [place.below(good.length), place.below(8)];
        const turned = good.with(where, (good[where] ?? 0) ^ (1 << bit));
        return [`bit ${bit} of byte ${where}`, () => writeFile(path, turned)];
      }),
      ...[0, good.length >> 1, good.length - 1].map((length): [string, () => Promise<unknown>] => [
        `cut to ${length}`,
        () => writeFile(path, good.subarray(0, length)),
      ]),
      ['a byte more', () => writeFile(path, Buffer.concat([good, Buffer.from('x')]))],
      ['4 KB of zeros', () => writeFile(path, Buffer.concat([good, Buffer.alloc(4096)]))],
      ['zeros in the middle', () => writeFile(path, Buffer.from(good).fill(0, good.length >> 1))],
      ['10 GB', () => truncate(path, SPARSE_BYTES)],
      ['a folder', () => mkdir(path)],
      ['a FIFO', async () => execFileSync('mkfifo', ['-m', '600', path])],
      ['a link to /dev/zero', () => symlink('/dev/zero', path)],
    ];
    const odd: string[] = [];
    for (const [what, damage] of damages) {
      const inItsPlace = /folder|FIFO|link/.test(what);
      await rm(path, { recursive: true, force: true });
      if (!inItsPlace) await writeFile(path, good, { mode: kind.mode });
      await damage();
      pointTried();
      const said = await kind.read().catch((error: unknown) => {
        if (!isDockError(error)) return odd.push(`${what}: ${String(error)}`);
        const name = basename(path).replace(/(\.new)?\.minisig$/, '');
        if (!error.message.includes(name)) odd.push(`${what}: nothing names ${name}: ${error.message}`);
        return undefined;
      });
      if (typeof said !== 'string') continue;
      // What is no text or file at all is never taken for one.
      if (said !== before && (kind.isPlain !== true || inItsPlace)) odd.push(`${what}: says ${said}`);
    }
    await rm(path, { recursive: true, force: true });
    await writeFile(path, good, { mode: kind.mode });
    expect(await kind.read()).toBe(before);
    expect(odd).toEqual([]);
  });
});
