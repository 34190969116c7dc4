// `bodydock setup`: a pilot on one machine, from five questions or a file of answers. It owns the order of the steps; each is what the commands
// of a technician do. A step whose files are there is done, so a second run goes on where the first one stopped.
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, rename } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import * as z from 'zod';
import { command, type Command, type Io, LANG, usageError } from '../../config/command-line.ts';
import { writeNewFile } from '../../config/durable-file.ts';
import { isHost } from '../../config/enrolment/authority.ts';
import { makeIdentityFile } from '../../config/enrolment/identity-file.ts';
import { checkStationFiles } from '../../config/enrolment/installed-files.ts';
import { makeSigningKey, readPublicKeyFile } from '../../config/enrolment/keys.ts';
import { EXIT_CONFIGURATION, EXIT_GOOD } from '../../config/exit-codes.ts';
import { isThere } from '../../config/guarded-file.ts';
import { loadFile, loadStationConfig } from '../../config/load.ts';
import { refusedFile } from '../../config/problems.ts';
import { shippedFile } from '../../config/program-version.ts';
import * as part from '../../config/schema-parts.ts';
import { readSource } from '../../config/source.ts';
import type { receiverFileSchema } from '../../config/receiver-schema.ts';
import { stationFileSchema } from '../../config/station-schema.ts';
import { SETUP_DE } from '../../config/texts/de/setup.ts';
import { SETUP_EN } from '../../config/texts/en/setup.ts';
import { texts } from '../../config/texts.ts';
import { USB_PORT_PATTERN } from '../../config/usb-buses.ts';
import { encodePublicKey, parsePublicKey, publicKeyLine } from '../../protocol/documents/minisign.ts';
import { encodeUtf8 } from '../../protocol/format/bytes.ts';
import { DockError } from '../../protocol/format/errors.ts';
import { makeFolders } from '../platform/make-folders.ts';
import { askAtTerminal } from '../platform/terminal.ts';
import { ca } from '../receiver/cli/ca.ts';
import { check as checkStore } from '../receiver/cli/check.ts';
import { policy } from '../receiver/cli/policy.ts';
import { check as checkStation } from './check.ts';
import { proveKeys } from './keys-prove.ts';

const WORDS = texts(SETUP_EN, SETUP_DE);
type Words = (typeof WORDS)['en'];

const BROKER_ADDRESS = '127.0.0.1';
const VAULT_MADE_MS = 60_000;
const LOOK_MS = 500;
const RUN_MS = 120_000;
/** The first line of what was written here. */
const OURS = '# Written by `bodydock setup`.';
const USERS = ['mosquitto', 'bodydock', 'bodydock-receiver'];

const answersSchema = z
  .strictObject({
    station: part.stationId('Name of this station.'),
    host: z
      .string()
      .refine(isHost)
      .meta({ description: 'Name by which others find this machine.', allowed: 'a name of a machine' }),
    bays: z
      .array(z.string().refine((text) => isAbsolute(text) || USB_PORT_PATTERN.test(text)))
      .min(1)
      .meta({
        description: 'Where cameras are put.',
        allowed: 'a list of folders, serial ports and USB ports',
      }),
    recipients: stationFileSchema.shape.recipients.or(z.array(z.string()).length(0)).default([]).meta({
      description: 'Who can open. None: an identity is made here.',
      allowed: 'a list of recipients',
    }),
    officers: part.roleKeys('Keys of recording officers.'),
    supervisors: part.roleKeys('Keys of their superiors.'),
    receiver: part.receiverId('Name of the receiver.').default('r-archive'),
    port: part.count('Port of the broker.', 1, 65_535).default(8883),
    spool: part.path('Where sealed recordings wait.').default('/var/lib/bodydock/spool'),
    vault: part.path('Where recordings are kept.').default('/var/lib/bodydock-receiver/vault'),
    vault_bytes: part.bytes('Bytes that the vault may hold.', 1024 ** 3).default(1_000_000_000_000),
  })
  .meta({ description: 'Answers for a pilot on one machine.', allowed: 'a group of keys' });
type Answers = z.output<typeof answersSchema>;

/** Errors: "usage", "setup.*", "config.refused", "key.*", "tls.*", "openssl.*", "vault.*"; the system's. */
export const setup = command(
  {
    name: 'bodydock setup',
    usage: ['[--answers FILE] [--no-start] [--lang en|de]'],
    about: `
Sets up a pilot on this one machine: station, broker (mosquitto) and store, with keys, certificates, access rules and both configuration
files; then starts them. Asks five questions, or takes a file of answers. No file that is there is written over: one that is not of this
command is renamed, and said. Typed again it goes on where it stopped.
`,
    options: {
      answers: { type: 'string', value: 'FILE', text: 'answers instead of questions, YAML' },
      'no-start': { type: 'boolean', text: 'write the files, start no service' },
      etc: { type: 'string', value: 'DIR', default: '/etc', text: 'where configuration goes' },
      lang: LANG,
    },
    json: null,
    notes: `
A file of answers; all but the first three may be left out:
  station: townhall-1
  host: dock.example.org
  bays: [/media/bay-1, xhci-hcd.0/usb2-1.3]
  recipients: [age1...]
  officers: [RW...]
  supervisors: [RW...]
  receiver: r-archive
  port: 8883
  spool: /var/lib/bodydock/spool
  vault: /var/lib/bodydock-receiver/vault
  vault_bytes: 1000000000000
`,
    exits: '0 set up, 1 refused, 2 usage, 78 a configuration file is not good.',
  },
  async ({ values, language }, io) => {
    const { answers: file, 'no-start': noStart = false, etc } = values;
    const words = WORDS[language];
    const say = (text: string): void => io.out(text);
    const places = placesIn(etc);
    if (!noStart) await checkMachine(words);
    await checkBroker(places.mosquittoConf, words);
    const answers = await answersOf(file, places.answers, words, io);
    const pilot = new Pilot(answers, places, words, { ...io, language });
    await pilot.write();
    if (!(await pilot.isGood())) return EXIT_CONFIGURATION;
    await pilot.prove();
    if (!noStart) await pilot.start();
    const policyMade = await pilot.makePolicy(noStart ? 0 : VAULT_MADE_MS);
    const { station, receiver, officers, supervisors } = answers;
    say(words('done', { station, receiver }) + words(noStart ? 'next.not-started' : 'next.started'));
    say(await pilot.nextOfIdentity());
    const hasRoles = officers.length > 0 && supervisors.length > 0;
    if (!hasRoles) say(words('next.roles'));
    else say(words(policyMade ? 'next.policy' : 'next.policyLater', { folder: places.policy }));
    say(words('next.dock'));
    return EXIT_GOOD;
  },
);

/** Where everything goes. */
export function placesIn(etc: string) {
  const [own, mosquitto] = [join(etc, 'bodydock'), join(etc, 'mosquitto')];
  const dropIn = (unit: string): string => join(etc, 'systemd/system', `${unit}.service.d`, 'bodydock.conf');
  return {
    own,
    answers: join(own, 'setup.yaml'),
    stationFile: join(own, 'station.yaml'),
    receiverFile: join(own, 'receiver.yaml'),
    keys: join(own, 'keys'),
    tls: join(own, 'tls'),
    authority: join(own, 'authority'),
    identityFolder: join(own, 'identity'),
    identity: join(own, 'identity', 'store.identity'),
    recipient: join(own, 'identity', 'store.recipient'),
    policy: join(own, 'policy'),
    mosquitto,
    mosquittoConf: join(mosquitto, 'mosquitto.conf'),
    acl: join(mosquitto, 'mosquitto.acl'),
    brokerTls: join(mosquitto, 'tls'),
    brokerDropIn: dropIn('mosquitto'),
    stationDropIn: dropIn('bodydock'),
    receiverDropIn: dropIn('bodydock-receiver'),
  };
}
type Places = ReturnType<typeof placesIn>;

function refuse(code: string, message: string): never {
  throw new DockError(code, message, { retry: 'person' });
}

/** Users of the services that this machine lacks. */
async function missingUsers(): Promise<readonly string[]> {
  const users = await readFile('/etc/passwd', 'utf8');
  return USERS.filter((name) => !users.includes(`\n${name}:`));
}

/** Errors: "setup.not-root", "setup.packages". */
async function checkMachine(words: Words): Promise<void> {
  if (process.geteuid?.() !== 0) refuse('setup.not-root', words('noRoot'));
  const missing = await missingUsers();
  if (missing.length > 0) refuse('setup.packages', words('noPackages', { missing: missing.join(', ') }));
}

/** A broker that somebody set up for something else stays as it is. Errors: "setup.other-broker". */
async function checkBroker(file: string, words: Words): Promise<void> {
  const text = await textOf(file);
  if (!text.startsWith(OURS) && /^\s*(?:listener|port|bridge|connection)\s/m.test(text))
    refuse('setup.other-broker', words('otherBroker', { file }));
}

/** Whether somebody wrote it to the end: the examples of the packages still say REPLACE. */
async function isFinished(file: string): Promise<boolean> {
  return (await isThere(file)) && !/^[^#\n]*\bREPLACE with/m.test(await textOf(file));
}

async function textOf(file: string): Promise<string> {
  return (await isThere(file)) ? readFile(file, 'utf8') : '';
}

/** From the file, from an earlier run, or from the person at the terminal. They are remembered in `kept`. Errors: "usage", "config.refused". */
async function answersOf(file: string | undefined, kept: string, words: Words, io: Io): Promise<Answers> {
  const isKept = file === undefined && (await isThere(kept));
  const from = file ?? kept;
  if (file === undefined && !isKept) {
    const asked = await ask(words, io);
    await makeFolders(join(kept, '..'));
    await writeNewFile(kept, encodeUtf8(`${OURS}\n${stringify(asked)}`), 'public');
  }
  const loaded = loadFile(await readSource(from), from, answersSchema, {
    check: () => undefined,
    map: (answers: Answers) => answers,
    places: () => undefined,
  });
  if (loaded.kind === 'refused') throw refusedFile(from, loaded.problems, 'bodydock', io);
  if (isKept) io.out(words('goesOn', { file: kept }));
  return loaded.config;
}

/** Errors: "usage" where nobody is there; the signal's reason. */
async function ask(words: Words, io: Io): Promise<z.input<typeof answersSchema>> {
  const { shape } = answersSchema;
  async function one<T>(
    key: 'station' | 'host' | 'bays' | 'recipients' | 'roles',
    usual: string,
    read: (typed: string) => Promise<T | undefined>,
  ): Promise<T> {
    for (;;) {
      const typed = await askAtTerminal(words(`ask.${key}`, { usual }), io);
      if (typed === undefined) throw usageError(words('noTerminal'));
      const answer = await read(typed === '' ? usual : typed);
      if (answer !== undefined) return answer;
      io.err(`${words(`bad.${key}`)}\n`);
    }
  }
  const list = (typed: string): string[] => typed.split(/\s+/).filter((word) => word !== '');
  const good = async <T>(schema: z.ZodType<T>, value: unknown): Promise<T | undefined> =>
    schema.safeParse(value).data;
  if (process.stdin.isTTY) io.out(words('intro'));
  const name = hostname().toLowerCase();
  const short = name.replace(/\..*/, '');
  return {
    station: await one('station', shape.station.safeParse(short).success ? short : 'station-1', (typed) =>
      good(shape.station, typed),
    ),
    host: await one('host', name, (typed) => good(shape.host, typed)),
    bays: await one('bays', '/media/bay-1', (typed) => good(shape.bays, list(typed))),
    recipients: await one('recipients', '', (typed) => good(shape.recipients, list(typed))),
    ...(await one('roles', '', (typed) => rolesOf(list(typed)))),
  };
}

/** Of none or two keys, each a file or its second line; undefined where it is anything else. */
async function rolesOf(
  words: readonly string[],
): Promise<Partial<z.input<typeof answersSchema>> | undefined> {
  if (words.length === 0) return {};
  try {
    const read = async (word: string): Promise<string> =>
      publicKeyLine(isAbsolute(word) ? await readPublicKeyFile(word) : parsePublicKey(word));
    const [officer, supervisor, more] = await Promise.all(words.map(read));
    if (officer === undefined || supervisor === undefined || more !== undefined) return undefined;
    return officer === supervisor ? undefined : { officers: [officer], supervisors: [supervisor] };
  } catch (error) {
    if (error instanceof DockError) return undefined;
    throw error;
  }
}

/** One pilot that is being set up. */
class Pilot {
  readonly #answers: Answers;
  readonly #places: Places;
  readonly #words: Words;
  readonly #io: Io;
  /** Commands of ours say what a technician should do next, which is done here. */
  readonly #quiet: Io;

  constructor(answers: Answers, places: Places, words: Words, io: Io) {
    this.#answers = answers;
    this.#places = places;
    this.#words = words;
    this.#io = io;
    this.#quiet = { ...io, out: () => undefined };
  }

  /** Keys, certificates and files. Errors: "key.*", "tls.*", "openssl.*"; the system's. */
  async write(): Promise<void> {
    const { station, host, receiver, recipients, officers, supervisors } = this.#answers;
    const places = this.#places;
    const { keys, tls, authority, brokerTls } = places;
    await makeFolders(keys, 0o700);
    await makeFolders(tls, 0o755);
    await makeFolders(brokerTls, 0o755);
    for (const name of ['station', 'store'])
      await this.#step([join(keys, `${name}.key`)], () =>
        makeSigningKey(join(keys, `${name}.key`), join(keys, `${name}.pub`)),
      );
    for (const [role, lines] of Object.entries({ officer: officers, supervisor: supervisors }))
      for (const [at, line] of lines.entries()) {
        const file = join(keys, `${role}${at === 0 ? '' : `-${at + 1}`}.pub`);
        await this.#step([file], () =>
          writeNewFile(file, encodeUtf8(encodePublicKey(parsePublicKey(line))), 'public'),
        );
      }
    if (recipients.length === 0 && !(await isFinished(places.stationFile)))
      await this.#step([places.recipient], async () => {
        await mkdir(places.identityFolder, { recursive: true, mode: 0o700 });
        await makeIdentityFile(places.identity, places.recipient, new Date().toISOString());
      });
    await this.#step([authority, join(authority, 'crl.pem')], () =>
      this.#call(ca, 'init', '--ca', authority),
    );
    const issue = (name: string, role: string, out: string, ...more: readonly string[]): Promise<void> =>
      this.#step([join(out, `${role}.pem`), join(out, 'ca.pem')], () =>
        this.#call(ca, 'issue', name, '--role', role, '--out', out, '--ca', authority, ...more),
      );
    await issue(host, 'broker', brokerTls, '--host', BROKER_ADDRESS, '--host', 'localhost');
    await issue(receiver, 'receiver', tls);
    await issue(station, 'station', tls);
    await this.#file(places.stationFile, async () => stringify(await this.#stationFile()));
    await this.#file(places.receiverFile, async () => stringify(await this.#receiverFile()));
    await this.#file(places.mosquittoConf, () =>
      shipped('mosquitto.example.conf')
        .replace('listener 8883', `listener ${this.#answers.port} ${BROKER_ADDRESS}`)
        .replace('#crlfile', 'crlfile')
        .replaceAll('/etc/mosquitto', places.mosquitto),
    );
    await this.#file(places.acl, () => shipped('mosquitto.acl').replaceAll('r-archive', receiver));
    await this.#file(places.brokerDropIn, () => shipped('bodydock.conf'));
    await this.#secrets(places.stationDropIn, places.stationFile, 'station.key', 'station-key.pem');
    await this.#secrets(places.receiverDropIn, places.receiverFile, 'store.key', 'receiver-key.pem');
    await this.#giveAway();
  }

  /** Both configuration files with all that they name; what is wrong is said. */
  async isGood(): Promise<boolean> {
    for (const [check, file] of [
      [checkStore, this.#places.receiverFile],
      [checkStation, this.#places.stationFile],
    ] as const) {
      const said: string[] = [];
      const code = await check(['--config', file], { ...this.#io, out: (text) => void said.push(text) });
      if (code === EXIT_GOOD) continue;
      this.#io.out(this.#words('notGood', { file }) + said.join(''));
      return false;
    }
    return true;
  }

  /** That the identity, as long as it is here, opens what the station seals: nothing is erased from a camera without. */
  async prove(): Promise<void> {
    const { identity, stationFile } = this.#places;
    if (!(await isThere(identity))) return;
    await this.#call(proveKeys, '--identity', identity, '--config', stationFile);
    this.#io.out(this.#words('proven'));
  }

  /** What comes next for those who open recordings. */
  async nextOfIdentity(): Promise<string> {
    const { identity, identityFolder, stationFile } = this.#places;
    if (await isThere(identity)) return this.#words('next.identity', { folder: identityFolder });
    const loaded = await loadStationConfig(stationFile);
    const files = loaded.kind === 'loaded' ? await checkStationFiles(loaded.config, Date.now()) : undefined;
    return this.#words(files?.unprovenRecipients.length === 0 ? 'next.proven' : 'next.prove');
  }

  /** Broker first, station last. Errors: the system's, with what systemctl said. */
  async start(): Promise<void> {
    await run('systemctl', 'daemon-reload');
    await run('systemctl', 'restart', 'mosquitto'); // its package started it with another file
    for (const unit of ['mosquitto', 'bodydock-receiver', 'bodydock']) {
      await run('systemctl', 'enable', '--now', unit);
      this.#io.out(this.#words('started', { unit }));
    }
  }

  /** For both roles to sign. Gives whether it is there: a vault is made by the first start of the store, which may take `waitMs`. */
  async makePolicy(waitMs: number): Promise<boolean> {
    const { vault, officers, supervisors } = this.#answers;
    if (officers.length === 0 || supervisors.length === 0) return false;
    const endMs = performance.now() + waitMs;
    const made = join(vault, 'vault.json');
    while (!(await isThere(made)) && performance.now() < endMs)
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    if (!(await isThere(made))) return false;
    const { policy: folder, receiverFile } = this.#places;
    await this.#step([folder], () => this.#call(policy, 'make', '--out', folder, '--config', receiverFile));
    return true;
  }

  /** Makes files that are not there all; says which were. */
  async #step(files: readonly [string, ...string[]], make: () => Promise<unknown>): Promise<void> {
    const there = await Promise.all(files.map(isThere));
    const isDone = there.every((each) => each);
    if (!isDone) await make();
    this.#io.out(this.#words(isDone ? 'kept' : 'made', { file: files[0] }));
  }

  /** Makes a file of text. An example of the packages, and what a package of the broker brings, is renamed. */
  async #file(path: string, make: () => Promise<string> | string): Promise<void> {
    const text = await textOf(path);
    const isBrokers = path.startsWith(this.#places.mosquitto) && !text.startsWith(OURS);
    if (text !== '' && (isBrokers || !(await isFinished(path)))) {
      const aside = `${path}.before-setup`;
      if (await isThere(aside)) refuse('key.exists', this.#words('asideTaken', { file: aside }));
      await rename(path, aside);
      this.#io.out(this.#words('aside', { file: path, aside }));
    }
    await this.#step([path], async () => {
      await makeFolders(dirname(path));
      await writeNewFile(path, encodeUtf8(`${OURS}\n${await make()}`), 'public');
    });
  }

  /** The unit of a package hands over all of keys/ and tls/: here that is the key of the other service, too. */
  async #secrets(dropIn: string, configFile: string, signing: string, certificate: string): Promise<void> {
    if (!(await textOf(configFile)).startsWith(OURS)) return; // it may name other ones
    const text = `# Only its own secrets. A further one, as the password of a camera, is a further line.
[Service]
LoadCredential=
LoadCredential=keys_${signing}:${join(this.#places.keys, signing)}
LoadCredential=tls_${certificate}:${join(this.#places.tls, certificate)}
`;
    await this.#file(dropIn, () => text);
  }

  /** One of our commands. Errors: its own. */
  async #call(of: Command, ...words: readonly string[]): Promise<void> {
    const code = await of(words, this.#quiet);
    if (code !== EXIT_GOOD)
      throw new DockError('setup.step', `\`${words.join(' ')}\` ended with ${code}`, { retry: 'person' });
  }

  async #stationFile(): Promise<z.input<typeof stationFileSchema>> {
    const { station, spool, recipients, receiver, bays, officers, supervisors } = this.#answers;
    const own = /age1\w{58}/.exec(await textOf(this.#places.recipient))?.[0] ?? '';
    const places = bays.map((place, at) => ({ place, id: `bay-${at + 1}`, camera: `cam-${at + 1}` }));
    const named = places.filter(({ place }) => isAbsolute(place));
    return {
      version: 1,
      station,
      spool: { path: spool },
      keys: { signing_file: 'keys/station.key' },
      recipients: recipients.length > 0 ? recipients : [own],
      store: { public_keys: [await this.#publicKey('store')], receivers: [receiver] },
      broker: this.#broker('station'),
      bays: places.map(({ place, id, camera }) => {
        if (!isAbsolute(place)) return { id, usb_port: place };
        return place.startsWith('/dev/') ? { id, serial_path: place, camera } : { id, folder: place, camera };
      }),
      cameras: named.map(({ camera }) => ({ id: camera })),
      ...(named.length < places.length && { unknown_cameras: 'accept' }),
      roles: { officers, supervisors },
      release: 'never',
    };
  }

  async #receiverFile(): Promise<z.input<typeof receiverFileSchema>> {
    const { station, receiver, vault, vault_bytes: quota, officers, supervisors } = this.#answers;
    return {
      version: 1,
      receiver,
      vault: { path: vault, quota_bytes: quota },
      keys: { signing_file: 'keys/store.key' },
      stations: [{ id: station, public_keys: [await this.#publicKey('station')] }],
      roles: { officers, supervisors },
      broker: this.#broker('receiver'),
    };
  }

  #broker(who: string): { url: string; ca_file: string; cert_file: string; key_file: string } {
    const url = `mqtts://${BROKER_ADDRESS}:${this.#answers.port}`;
    return { url, ca_file: 'tls/ca.pem', cert_file: `tls/${who}.pem`, key_file: `tls/${who}-key.pem` };
  }

  async #publicKey(name: string): Promise<string> {
    return publicKeyLine(await readPublicKeyFile(join(this.#places.keys, `${name}.pub`)));
  }

  /** Each service reads its own files: the broker its key and rules, the agent its file, which names serial numbers of cameras. */
  async #giveAway(): Promise<void> {
    if (process.geteuid?.() !== 0 || (await missingUsers()).length > 0) return;
    const { brokerTls, acl, stationFile } = this.#places;
    for (const [owner, mode, file] of [
      ['root:mosquitto', 0o640, join(brokerTls, 'broker-key.pem')],
      ['mosquitto:mosquitto', 0o600, acl],
      ['root:bodydock', 0o640, stationFile],
    ] as const) {
      await run('chown', owner, file);
      await chmod(file, mode);
    }
  }
}

/** Of the broker, as the project ships it. Errors: those of shippedFile(). */
function shipped(name: string): string {
  return shippedFile(`systemd/mosquitto/${name}`).toString('utf8');
}

async function run(program: string, ...words: readonly string[]): Promise<void> {
  await promisify(execFile)(program, words, { timeout: RUN_MS });
}
