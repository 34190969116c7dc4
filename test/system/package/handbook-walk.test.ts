// Chapters 1, 2, 6, 7, 8 and 10 of the handbook, typed line by line as root on clean machines of Debian: a station, a store with its broker, the
// machine where recordings are opened, later a station with another card, and a pilot on one machine that becomes two. The lines come from the handbook; a line whose place is not said,
// or that nobody here knows how to fill in, fails. What a person edits, carries and compares is done here as the text says it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFile, cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, inject, test } from 'vitest';
import { REVOCATIONS_MS } from '../../../agent/receiver/limits.ts';
import { handbookText, sectionsOf, type Section, type Step } from '../../unit/config/handbook-text.ts';
import { fingerprintsIn } from '../../fakes/two-machines.ts';
import { NEXT_VERSION } from './build-packages.ts';
import { DebianMachine, lacksDebian, Loopback, type Typed } from './debian-machine.ts';

const BROKER = 'broker.example.org';
const STORE = 'store.example.org';
const PILOT_HOST = 'dock.example.org';
/** What somebody types who is asked for a pilot. */
const PILOT = ['townhall-1', PILOT_HOST, '/media/bay-1', '', '/root/officer.pub /root/supervisor.pub', ''];
const BROKER_FILES = ['usr/sbin/mosquitto', 'usr/lib/systemd/system/mosquitto.service'];
const VAULT = '/var/lib/bodydock-receiver/vault';
const CHAPTERS = ['1', '2', '6', '7', '8', '10'];
const PASSWORD = 'of-one-person\n';
/** Longer than the receiver's rounds of a minute. */
const SOON_MS = 100_000;
/** What never leaves its machine. */
const SECRET = /(?:\.key|-key\.pem|\.identity)$/;
/** Exit codes other than 0 that are right for a line, by its beginning. */
type Codes = Readonly<Record<string, readonly number[]>>;

/** Commands in sentences of these chapters: those that are typed here, and those that only say what there is. */
const IN_SENTENCES: Readonly<Record<string, 'typed' | 'told'>> = {
  'systemctl reload mosquitto': 'typed',
  'bodydock bays': 'told', // no USB here
  'bodydock bays learn': 'told',
  'bodydock status --once': 'typed',
  'systemctl disable --now bodydock': 'typed',
  'bodydock spool verify': 'typed',
  'bodydock spool export RECORDING --out DIR --config FILE': 'typed',
  'bodydock spool ls --config FILE': 'typed',
  'bodydock keys rotate --reason lost': 'told', // test/unit/cli/keys-rotate.test.ts
  'bodydock-receiver ca issue --help': 'typed',
  'bodydock-receiver ca revoke office-1 --out /etc/bodydock/desk': 'typed',
  'systemctl restart bodydock-desk': 'typed',
  'systemctl restart bodydock-receiver bodydock-desk': 'typed',
  'apt install ./bodydock-desk-page_*_all.deb': 'typed',
  'bodydock-receiver ca list': 'typed',
  'bodydock-receiver orders': 'typed',
  "journalctl -u bodydock-receiver | grep 'condition raised'": 'typed',
  'bodydock-receiver restored --backup-at 2026-11-30T02:00:00Z': 'typed',
  'bodydock-receiver restored --fetch FOLDER': 'typed',
  'bodydock-receiver restored --place FOLDER': 'typed',
};

describe.skipIf(lacksDebian())('the handbook on clean machines', () => {
  const sentences = new Set<string>();
  let sections: readonly Section[];
  let network: Loopback;
  let station: DebianMachine;
  let store: DebianMachine;
  let office: DebianMachine;
  /** Has all three, and is a machine of its own network. */
  let pilot: DebianMachine | undefined;
  /** Takes the station of the pilot over. */
  let other: DebianMachine | undefined;
  const machines = new Map<RegExp, () => DebianMachine | undefined>([
    [/^on the one machine\b/, () => pilot],
    [/^on the other machine\b/, () => other],
    [/^on the (?:new )?station\b/, () => station],
    [/^at the store\b/, () => store],
    [/^where recordings are opened\b/, () => office],
    [/^(?:on the (?:officer|supervisor)'s own machine|where the page is published)\b/, () => office],
  ]);
  /** What was printed, the last one last. */
  const printed: Typed[] = [];
  const all = (): DebianMachine[] =>
    [station, store, office, pilot, other].filter((machine) => machine !== undefined);

  beforeAll(async () => {
    sections = sectionsOf(await handbookText('en'));
    network = await Loopback.open();
    const wish = { base: inject('debian'), network, hosts: [BROKER, STORE] };
    const without = [...BROKER_FILES, 'usr/bin/minisign', 'usr/bin/age'];
    [station, store, office] = await Promise.all([
      DebianMachine.boot('townhall-1', { ...wish, without }),
      DebianMachine.boot('store', wish),
      DebianMachine.boot('office', { ...wish, without: BROKER_FILES }),
    ]);
    await Promise.all(all().map(carryPackages));
  });
  afterAll(async () => {
    await Promise.all(all().map((machine) => machine?.close()));
    await network?.close();
  });

  async function carryPackages({ root }: DebianMachine): Promise<void> {
    for (const file of await readdir(join(inject('packages'), 'one')))
      if (!file.includes(NEXT_VERSION))
        await cp(join(inject('packages'), 'one', file), join(root, 'root', file));
  }

  function machineOf({ where, line }: Step): DebianMachine {
    for (const [pattern, machineAt] of machines) {
      const machine = pattern.test(where) ? machineAt() : undefined;
      if (machine !== undefined) return machine;
    }
    throw new Error(`where is this typed? ${JSON.stringify(where)}: ${line}`);
  }

  /** Takes what the comment or the line names to the machine that lacks it, from the one that has it, where the comment says so. */
  async function carry(to: DebianMachine, { where, line }: Step): Promise<void> {
    for (const path of `${where} ${line}`.match(/\/root\/[\w.*/-]+/g) ?? []) {
      if ((await listed(to, path)).length > 0) continue;
      for (const from of all().filter((each) => each !== to))
        for (const found of await listed(from, path)) {
          assert.match(
            where,
            /, with /,
            `${line}: ${found} is on ${from.name} and nobody says that it is carried`,
          );
          await take(from, to, found);
        }
    }
  }

  /** Types a line where it belongs. `codes` names exit codes other than 0 that are right, by the beginning of the line. */
  async function type(step: Step, fill: (line: string) => string, codes: Codes = {}): Promise<Typed> {
    const machine = machineOf(step);
    const line = fill(step.line).replace(
      /bodydock_\*_(?:amd64|arm64)/,
      'bodydock_*_$(dpkg --print-architecture)',
    );
    assert.doesNotMatch(line, /(?<=[ /])[A-Z]{3,}(?= |$)/, `what is meant by ${line}?`);
    await carry(machine, { ...step, line });
    const input =
      line === 'bodydock setup' ? PILOT.join('\n') : /enrol (?:\/|--answer)/.test(line) ? 'yes\n' : '';
    const done =
      input !== ''
        ? await machine.type(`script -qec ${JSON.stringify(line)} /dev/null`, { input })
        : await machine.type(line, line.startsWith('minisign') ? { input: PASSWORD.repeat(2) } : {});
    printed.push({ ...done, line });
    const right = Object.entries(codes).find(([start]) => step.line.startsWith(start))?.[1] ?? [0];
    if (!right.includes(done.code)) {
      const journal = await machine.type('journalctl --no-pager -o cat -n 30');
      assert.fail(`${machine.name}: ${line}: exit ${done.code}\n${done.text}\nits journal:\n${journal.text}`);
    }
    return { ...done, line };
  }

  /** Types a section's lines; `before` is what a person does before a line that begins so. */
  async function walk(
    number: string,
    options: {
      readonly fill?: (line: string) => string;
      readonly before?: Readonly<Record<string, () => Promise<unknown>>>;
      readonly codes?: Codes;
    } = {},
  ): Promise<Typed[]> {
    const { steps } = sections.find((each) => each.number === number) ?? { steps: [] };
    assert.ok(steps.length > 0, `nothing is typed in ${number}`);
    const shown: Typed[] = [];
    for (const step of steps) {
      for (const [start, act] of Object.entries(options.before ?? {}))
        if (step.line.startsWith(start)) await act();
      shown.push(await type(step, options.fill ?? ((line) => line), options.codes));
    }
    return shown;
  }

  /** Types a command that the text has in a sentence. */
  async function typeSaid(
    said: string,
    where: string,
    {
      fill = (line) => line,
      codes = {},
    }: { readonly fill?: (line: string) => string; readonly codes?: Codes } = {},
  ): Promise<Typed> {
    sentences.add(said);
    return type({ where, line: said }, fill, codes);
  }

  /** Looks until it is so. Errors: where it does not come in time, with what was seen. */
  async function until(
    what: string,
    machine: DebianMachine,
    line: string,
    isSo: (text: string) => boolean,
  ): Promise<string> {
    const endMs = performance.now() + SOON_MS;
    let text = '';
    while (performance.now() < endMs) {
      ({ text } = await machine.type(line));
      if (isSo(text)) return text;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    const journal = await machine.type('journalctl --no-pager -n 40 -u "bodydock*" -o cat');
    throw new Error(`${what}: not in time: ${text}\n${journal.text}`);
  }

  const edit = async (
    machine: DebianMachine,
    path: string,
    change: (text: string) => string,
  ): Promise<void> => {
    const file = join(machine.root, path);
    const text = await readFile(file, 'utf8');
    const next = change(text);
    assert.notEqual(next, text, `${path} stays as it was`);
    await writeFile(file, next);
  };
  const second = async (machine: DebianMachine, path: string): Promise<string> =>
    (await readFile(join(machine.root, path), 'utf8')).split('\n')[1] ?? '';

  /** Something is recorded on the card in the bay. */
  async function record(name: string, at = station): Promise<void> {
    const make = `cd /media/bay-1 && mkdir -p DCIM && head -c 3000000 /dev/urandom >.new && touch -d '1 hour ago' .new && mv .new DCIM/${name}`;
    const { code, text } = await at.type(make);
    assert.equal(code, 0, text);
  }
  /** A card without files, mounted as 1.5 says. */
  async function insertCard(at = station): Promise<void> {
    const options = 'uid=bodydock,gid=bodydock,mode=755';
    const { code, text } = await at.type(
      `mkdir -p /media/bay-1 && mount -t tmpfs -o ${options} tmpfs /media/bay-1 && install -d -o bodydock -g bodydock /media/bay-1/DCIM`,
    );
    assert.equal(code, 0, text);
  }
  const recordings = async (at = store): Promise<string[]> => {
    const { text } = await at.type(`cd ${VAULT}/townhall-1 && ls -d */payload.age`);
    return text
      .split('\n')
      .filter((path) => path.endsWith('/payload.age'))
      .map(dirname);
  };

  test('has nothing of the machine that runs this, and the Node that a town has', async () => {
    for (const machine of all()) {
      const { text } = await machine.type(
        'node --version; dpkg-query -W -f \'${Package}\\n\' nodejs; node -e "process.setegid(1)"',
      );
      assert.match(text, /^v20\.19\.\d+\nnodejs\n/);
      assert.match(text, /setegid\(\) disabled/); // else this says little about Debian's
    }
  });

  test('1: from packages to a station that runs, with the proof made', async () => {
    await walk('1.1');
    await walk('1.2');
    await walk('1.3');
    await walk('1.4');
    await typeSaid('systemctl reload mosquitto', 'at the store');
    const broker = await store.type('journalctl -u mosquitto --no-pager -o cat');
    assert.doesNotMatch(broker.text, /future versions|error/i);
    await walk('1.5');
    await edit(station, 'etc/bodydock/station.yaml', withOneFolderBay);
    const roles = [await second(office, 'root/officer.pub'), await second(office, 'root/supervisor.pub')];
    for (const role of ['officer', 'supervisor'])
      await take(office, store, `/root/${role}.pub`, `/etc/bodydock/keys/${role}.pub`);
    await edit(store, 'etc/bodydock/receiver.yaml', (text) =>
      text
        .replace(/REPLACE with the second line of an off.*/, roles[0] ?? '')
        .replace(/REPLACE with the second line of a sup.*/, roles[1] ?? ''),
    );
    const enrolled = await walk('1.6', {
      before: {
        'bodydock keys show /root/identity': async () => {
          const key = await second(store, 'etc/bodydock/keys/station-townhall-1.pub');
          await edit(store, 'etc/bodydock/receiver.yaml', (text) =>
            text.replace(/REPLACE with the second line of station.pub.*/, key),
          );
          await take(office, station, '/root/identity/store.recipient', '/root/store.recipient');
        },
        'bodydock-receiver check': async () => {
          const recipient = (await readFile(join(station.root, 'root/store.recipient'), 'utf8')).trim();
          await edit(station, 'etc/bodydock/station.yaml', (text) =>
            text
              .replace(/REPLACE with the recipient of the store.*/, recipient)
              .replace(/ *- REPLACE with the recipient of the ident.*\n/, ''),
          );
        },
      },
    });
    const [request, answer, installed, made, carried, ...checks] = enrolled.map(({ text }) => text);
    for (const [here, there] of [
      [answer, request],
      [installed, answer],
    ])
      assert.ok(
        fingerprintsIn(here ?? '').some((each) => fingerprintsIn(there ?? '').includes(each)),
        `${there}
${here}`,
      );
    assert.equal(made, carried?.replace('/root/store.recipient', '/root/identity/store.recipient'));
    for (const text of checks) assert.match(text, /^good: /m);
    const proven = await walk('1.7');
    assert.match(proven.at(-1)?.text ?? '', /^recipient: age1\w{58} \(proven /m);
    const started = await walk('1.8', {
      fill: (line) => (line === 'bodydock status' ? 'timeout --signal=INT 4 bodydock status' : line),
      codes: { 'bodydock doctor': [1], 'bodydock status': [0, 124, 130] },
    });
    assert.match(started[1]?.text ?? '', /no agent/i);
  });

  test('2: a first docking is delivered and opens; then cameras are emptied', async () => {
    await insertCard();
    await record('FIRST.MP4');
    const original = await station.type('sha256sum </media/bay-1/DCIM/FIRST.MP4');
    await until('delivered', station, 'bodydock status --once', (text) => /done/.test(text));
    const [first = ''] = await recordings();
    const shown = await walk('2', {
      fill: (line) => line.replaceAll('RECORDING', first),
      codes: { 'bodydock-receiver expire --preview': [0, 1] }, // 1: a clock that nobody keeps right
    });
    assert.ok(shown[1]?.text.includes(first), shown[1]?.text);
    assert.match(shown[0]?.text ?? '', /^good/m);
    const opened = await office.type('sha256sum </root/opened/FIRST.MP4');
    assert.equal(opened.text, original.text);
    await edit(station, 'etc/bodydock/station.yaml', (text) =>
      text.replace('release: never', 'release: after-receipt'),
    );
    await until('emptied', station, 'ls /media/bay-1/DCIM', (text) => text.trim() === '');
  });

  test('8.1: another key signs, and the vault proves it', async () => {
    const shown = await walk('8.1', {
      before: {
        'systemctl restart bodydock-receiver': async () => {
          const [, line = ''] = /^ {2}(RW\S{54})$/m.exec(printed.at(-1)?.text ?? '') ?? [];
          await edit(store, 'etc/bodydock/receiver.yaml', (text) =>
            text.replace(/( +- )(RW\S+)/, `$1$2\n$1${line}`),
          );
        },
        'systemctl start bodydock': () => record('SECOND.MP4'),
        'bodydock verify': () =>
          until('emptied', station, 'ls /media/bay-1/DCIM', (text) => text.trim() === ''),
      },
    });
    assert.match(shown.at(-1)?.text ?? '', /^good/m);
    assert.equal((await recordings()).length, 2);
  });

  test('8.2: the store signs with another key, and its receipts still empty cameras', async () => {
    await walk('8.2', {
      before: {
        'bodydock check': async () => {
          const [, line = ''] = /^ {2}(RW\S{54})$/m.exec(printed.at(-1)?.text ?? '') ?? [];
          await edit(station, 'etc/bodydock/station.yaml', (text) =>
            text.replace(/(public_keys:\n(?:\s*#.*\n)*)( +- )/, `$1$2${line}\n$2`),
          );
        },
      },
    });
    await record('THIRD.MP4');
    await until('emptied', station, 'ls /media/bay-1/DCIM', (text) => text.trim() === '');
    assert.equal((await recordings()).length, 3);
  });

  test('8.4: certificates are looked at and the service takes them', async () => {
    const [checked, ...shown] = await walk('8.4');
    assert.match(checked?.text ?? '', /^good: /m);
    const issued = shown.find(({ line }) => line.endsWith('ca list'))?.text ?? '';
    for (const row of [
      /^r-archive +receiver +valid/m,
      /^broker\.\S+ +broker +valid/m,
      /^townhall-1 +station +valid/m,
    ])
      assert.match(issued, row);
    await record('RENEWED.MP4');
    await until('emptied', station, 'ls /media/bay-1/DCIM', (text) => text.trim() === '');
  });

  test('10: what is due, orders of two persons, a kit, a report', async () => {
    const [first = '', other = ''] = await recordings();
    const today = new Date().toISOString().slice(0, 10);
    await take(station, store, '/etc/bodydock/station.yaml', '/root/station.yaml');
    const signed = (file: string) => async (): Promise<void> => {
      for (const name of ['officer', 'supervisor']) await take(office, store, `${file}.${name}.minisig`);
    };
    const fill = (line: string): string => line.replaceAll('RECORDING', first).replaceAll('DAY', today);
    const shown = await walk('10', {
      fill,
      before: {
        'bodydock-receiver hold --place': signed('/root/hold/order.json'),
        'bodydock-receiver policy place': signed('/root/policy/policy.json'),
      },
      codes: { 'bodydock-receiver expire --preview': [0, 1], 'bodydock witness': [0, 1] },
    });
    const told = (start: string): string => shown.find(({ line }) => line.startsWith(start))?.text ?? '';
    assert.match(told('bodydock-receiver hold --place'), /is held until both roles lift that/);
    assert.match(told('bodydock-receiver policy show'), /now: recordings stay 14 days/);
    assert.match(told('bodydock export'), /everything in it holds/);
    assert.match(told('bodydock custody'), /signatures that hold:\s+[0-9a-f]{16}, [0-9a-f]{16}/);
    // The same lines for the other two orders, as the text says.
    for (const [kind, recording] of [
      ['unhold', first],
      ['delete', other],
    ] as const) {
      const steps = sections.find(({ number }) => number === '10')?.steps ?? [];
      const begin = steps.findIndex(({ line }) => line.startsWith('bodydock-receiver hold townhall-1'));
      for (const step of steps.slice(begin, begin + 4)) {
        if (step.line.includes('--place'))
          for (const name of ['officer', 'supervisor'])
            await take(office, store, `/root/${kind}/order.json.${name}.minisig`);
        const renamed = { where: step.where.replace('hold', kind), line: step.line.replaceAll('hold', kind) };
        const done = await type(renamed, (line) => line.replaceAll('RECORDING', recording));
        if (step.line.includes('--place'))
          assert.match(
            done.text,
            kind === 'unhold' ? /Nobody holds the recording now/ : /1 recording deleted/,
          );
      }
    }
    assert.ok(!(await recordings()).includes(other));
    await typeSaid('bodydock-receiver orders', 'at the store');
    await store.type('systemctl stop bodydock-receiver');
    await typeSaid('bodydock-receiver restored --backup-at 2026-11-30T02:00:00Z', 'at the store');
    const folder = { fill: (line: string) => line.replace('FOLDER', '/root/restored') };
    await typeSaid('bodydock-receiver restored --fetch FOLDER', 'at the store', folder);
    for (const role of ['officer', 'supervisor']) {
      const statement = '/root/restored/restored.json';
      const where = `on the ${role}'s own machine, with ${statement}`;
      const line = `minisign -S -m ${statement} -x ${statement}.${role}.minisig -t "bodydock restored" -s /root/${role}.key`;
      await type({ where, line }, (each) => each);
      await take(office, store, `${statement}.${role}.minisig`);
    }
    await typeSaid('bodydock-receiver restored --place FOLDER', 'at the store', folder);
    await store.type('systemctl start bodydock-receiver');
    const nothingWrong = { codes: { journalctl: [0, 1] } }; // grep's answer
    await typeSaid("journalctl -u bodydock-receiver | grep 'condition raised'", 'at the store', nothingWrong);
    const verified = await store.type(`bodydock verify ${VAULT} --keys /etc/bodydock/keys`);
    assert.match(verified.text, /^good/m);
  });

  test('10.1: the office lists over a certificate of its own and a signed page, and the desk can change nothing', async () => {
    const page = 'root/desk.html';
    await cp(join(inject('packages'), 'one/desk.html'), join(office.root, page));
    const withDesk = (text: string): string =>
      text.replace(/^#desk:\n(?:#  .*\n)+/m, (group) => group.replaceAll(/^#/gm, ''));
    const shown = await walk('10.1', {
      before: { 'bodydock-receiver check': () => edit(store, 'etc/bodydock/receiver.yaml', withDesk) },
    });
    const told = (start: string): string => shown.find(({ line }) => line.startsWith(start))?.text ?? '';
    assert.match(told('bodydock-receiver check'), /^good: /m);
    assert.match(told('minisign -V'), /verified/);
    await appendFile(join(office.root, page), ' ');
    assert.notEqual((await office.type('minisign -Vm /root/desk.html -p /root/publisher.pub')).code, 0);
    await typeSaid('apt install ./bodydock-desk-page_*_all.deb', 'where recordings are opened');
    const signed = '-Vm /usr/share/bodydock-desk-page/desk.html -x /root/desk.html.minisig';
    const ofPackage = await office.type(`minisign ${signed} -p /root/publisher.pub`);
    assert.equal(ofPackage.code, 0, ofPackage.text);
    const beside = await store.type('apt-get install --simulate ./bodydock-desk-page_*_all.deb');
    assert.match(beside.text, /^Remv bodydock-receiver /m); // the store's machine has one or the other

    for (const name of ['office-1.p12', 'office-1.password', 'ca.pem'])
      await cp(join(store.root, 'root/office-1', name), join(office.root, 'root', name));
    const asks = (path: string, body = ''): Promise<Typed> =>
      office.type(`node --input-type=module - ${STORE} ${path} '${body}'`, { input: BROWSER });
    const listed = async (): Promise<readonly string[]> => {
      const { text } = await asks('/v1/recordings');
      const { recordings: rows } = JSON.parse(text) as { recordings: { recording: string }[] };
      return rows.map(({ recording }) => recording);
    };
    const held = (await recordings()).toSorted();
    assert.ok(held.length > 1);
    for (const recording of held) assert.ok((await listed()).includes(recording), recording);
    const look = { station: 'townhall-1', recording: held[0], reason: 'case-9' };
    assert.match((await asks('/v1/looks', JSON.stringify(look))).text, /^\{"look":"[a-z2-7]+"\}$/);

    const { text: pid } = await store.type('systemctl show -P MainPID bodydock-desk');
    const within = `nsenter -t ${pid.trim()} -m setpriv --reuid bodydock-desk --regid bodydock-receiver --clear-groups`;
    for (const [line, outcome] of [
      [`head -c 1 ${VAULT}/townhall-1/${held[0]}/payload.age >/dev/null`, 'done'],
      [`touch ${VAULT}/.disclosures/.tmp && rm ${VAULT}/.disclosures/.tmp`, 'done'],
      [`touch ${VAULT}/new`, 'denied'],
      [`touch ${VAULT}/townhall-1/${held[0]}/payload.age`, 'denied'],
      [`rm ${VAULT}/townhall-1/${held[0]}/receipt.json`, 'denied'],
      ['ls /etc/bodydock/keys', 'denied'],
      ['ls /etc/bodydock/authority', 'denied'],
      ['cat /etc/bodydock/desk/desk-server-key.pem', 'denied'],
      ['ls /run/bodydock-receiver', 'denied'],
      ['ls /run/credentials/bodydock-receiver.service/', 'denied'],
    ] as const) {
      const { code, text } = await store.type(`${within} sh -c '${line}'`);
      assert.equal(code === 0 ? 'done' : 'denied', outcome, `${line}: ${text}`);
    }
    const owned = await store.type('ls /run/credentials/bodydock-desk.service; ls /run/bodydock-desk');
    assert.doesNotMatch(owned.text, /^(?:keys|tls)_|\.key$/m);
    const log = `grep -h case-9 ${VAULT}/r-archive/custody/*.jsonl`;
    await until('in the log', store, log, (text) => /"disclosed"/.test(text));

    await store.type('systemctl stop bodydock-receiver');
    assert.equal((await store.type('systemctl is-active bodydock-desk')).text, 'inactive\n');
    await store.type('systemctl start bodydock-receiver');
    const before = await store.type('sha256sum /etc/bodydock/receiver.yaml /etc/bodydock/desk/*');
    for (const version of [NEXT_VERSION, '']) {
      const from = version === '' ? '/root' : '/root/next';
      if (version !== '')
        for (const file of await readdir(join(inject('packages'), 'one')))
          if (file.includes(`_${NEXT_VERSION}_`) && !file.includes('arm64'))
            await cp(join(inject('packages'), 'one', file), join(store.root, from, file));
      const packages = `${from}/bodydock_*_$(dpkg --print-architecture).deb ${from}/bodydock-receiver_*_all.deb`;
      const upgraded = await store.type(`apt-get install --yes --allow-downgrades ${packages}`);
      assert.equal(upgraded.code, 0, upgraded.text);
      await until('started again', store, 'systemctl is-active bodydock-desk', (text) => text === 'active\n');
      const runs = await store.type('tr "\\0" " " </proc/$(systemctl show -P MainPID bodydock-desk)/cmdline');
      assert.equal(runs.text.includes(`/${NEXT_VERSION}/`), version !== '', runs.text);
      assert.ok((await listed()).includes(held[0] ?? ''));
    }
    assert.equal(
      (await store.type('sha256sum /etc/bodydock/receiver.yaml /etc/bodydock/desk/*')).text,
      before.text,
    );

    const both = 'systemctl is-active bodydock-receiver bodydock-desk';
    await typeSaid('systemctl restart bodydock-receiver bodydock-desk', 'at the store');
    await until('started again', store, both, (text) => text === 'active\nactive\n');
    assert.match(
      (await typeSaid('bodydock-receiver ca list', 'at the store')).text,
      /^office-1 +viewer +valid/m,
    );
    await typeSaid('bodydock-receiver ca issue --help', 'at the store');
    await typeSaid('bodydock-receiver ca revoke office-1 --out /etc/bodydock/desk', 'at the store');
    await typeSaid('systemctl restart bodydock-desk', 'at the store');
    assert.notEqual((await asks('/v1/recordings')).code, 0);
  });

  test('6.1: another card goes on where the old one stopped', async () => {
    await typeSaid('bodydock status --once', 'on the station');
    await typeSaid('systemctl disable --now bodydock', 'on the station');
    const old = station;
    station = await DebianMachine.boot('townhall-1', { base: inject('debian'), network, hosts: [BROKER] });
    await station.type('useradd --system first-come'); // the users of services have other numbers here
    for (const file of await readdir(join(old.root, 'root')))
      if (file.endsWith('.deb')) await cp(join(old.root, 'root', file), join(station.root, 'root', file));
    const [install] = sections.find(({ number }) => number === '1.1')?.steps ?? [];
    if (install !== undefined) await type(install, (line) => line);
    for (const path of ['etc/bodydock', 'var/lib/bodydock']) {
      await mkdir(join(station.root, 'mnt', dirname(path)), { recursive: true });
      execFileSync('cp', ['-a', join(old.root, path), join(station.root, 'mnt', path)]);
    }
    await old.close();
    await insertCard();
    const shown = await walk('6.1', { codes: { 'bodydock doctor': [0, 1] } });
    assert.match(shown.at(-1)?.text ?? '', /\(0 errors/);
    assert.match((await typeSaid('bodydock spool verify', 'on the station')).text, /^good/m);
    await record('FOURTH.MP4');
    await until('emptied', station, 'ls /media/bay-1/DCIM', (text) => text.trim() === '');
  });

  test('7 and 6.2: nothing of a revoked key is taken any more, and an old disk still gives what it has', async () => {
    const file = await readFile(join(store.root, 'etc/bodydock/receiver.yaml'), 'utf8');
    const keys = /public_keys:\n((?: +- RW\S+\n)+)/.exec(file)?.[1]?.match(/RW\S+/g) ?? [];
    assert.equal(keys.length, 2);
    const [revoke, ...ofCertificate] = sections.find(({ number }) => number === '7')?.steps ?? [];
    assert.ok(revoke);
    for (const key of keys) await type(revoke, (line) => line.replaceAll('KEY', key));
    await new Promise((resolve) => setTimeout(resolve, REVOCATIONS_MS)); // a running receiver looks so often
    await record('FIFTH.MP4');
    await until('refused', station, 'bodydock status --once', (shown) => /refuse/.test(shown));
    assert.match((await station.type('ls /media/bay-1/DCIM')).text, /FIFTH/);
    assert.equal(ofCertificate.length, 2);
    for (const step of ofCertificate) await type(step, (line) => line);
    await until('shut out', station, 'bodydock status --once', (shown) =>
      /broker\.(?:tls|refused|unreachable)/.test(shown),
    );
    const again = await walk('6.2', { fill: (line) => line.replaceAll('KEY', keys[0] ?? '') });
    assert.match(again.at(-1)?.text ?? '', /was revoked before/);
    await station.type(
      "systemctl stop bodydock; mkdir -p /mnt/var/lib; cp -a /var/lib/bodydock /mnt/var/lib/; sed -e 's#/var/lib#/mnt/var/lib#' -e 's#keys/station.key#/mnt/etc/bodydock/keys/station.key#' /etc/bodydock/station.yaml >/root/old.yaml",
    );
    const old = (line: string): string =>
      line.replace('FILE', '/root/old.yaml').replace('DIR', '/root/saved');
    const listed = await typeSaid('bodydock spool ls --config FILE', 'on the new station', { fill: old });
    const [recording = ''] = /[a-z2-7]{26}/.exec(listed.text) ?? [];
    await typeSaid('bodydock spool export RECORDING --out DIR --config FILE', 'on the new station', {
      fill: (line) => old(line).replace('RECORDING', recording),
    });
    const saved = await station.type('ls -R /root/saved');
    assert.match(saved.text, /^payload\.age$/m);
  });

  test('1.9 and 1.10: a pilot on one machine, which becomes two', async () => {
    const own = await Loopback.open();
    const wish = { base: inject('debian'), network: own, hosts: [PILOT_HOST] };
    const delivered = async (machine: DebianMachine, count: number): Promise<void> => {
      await until(
        'delivered',
        machine,
        `ls -d ${VAULT}/townhall-1/*/receipt.json`,
        (text) => text.split('\n').filter((line) => line.endsWith('receipt.json')).length === count,
      );
    };
    try {
      pilot = await DebianMachine.boot('dock', wish);
      await carryPackages(pilot);
      for (const role of ['officer', 'supervisor']) await take(office, pilot, `/root/${role}.pub`);
      const one = pilot;
      const shown = await walk('1.9', {
        fill: (line) => (line === 'bodydock status' ? 'timeout --signal=INT 4 bodydock status' : line),
        codes: { 'bodydock doctor': [0, 1], 'bodydock status': [0, 124, 130] },
        before: {
          'rm -r /etc/bodydock/identity': async () => {
            // The one secret that leaves its machine, as the text says.
            const from = join(one.root, 'etc/bodydock/identity');
            await cp(from, join(office.root, 'root/pilot'), { recursive: true });
          },
        },
      });
      const told = (start: string): string => shown.find(({ line }) => line.startsWith(start))?.text ?? '';
      assert.match(
        told('bodydock setup'),
        /\n1\. Take \/etc\/bodydock\/identity off[^]*\n2\. Let officer[^]*\n3\. bodydock doctor/,
      );
      assert.match(told('bodydock doctor'), /\(0 errors/);
      for (const [unit, secrets] of [
        ['bodydock', 'keys_station.key\ntls_station-key.pem'],
        ['bodydock-receiver', 'keys_store.key\ntls_receiver-key.pem'],
      ] as const)
        assert.equal((await one.type(`ls /run/credentials/${unit}.service`)).text.trim(), secrets, unit);
      assert.match((await one.type('ls /etc/bodydock/policy')).text, /policy\.json/);
      const twice = await one.type('bodydock setup --lang de');
      assert.equal(twice.code, 0, twice.text);
      assert.match(twice.text, /weiter mit den Antworten[^]*Jede Identität hat nachgewiesen/);
      await insertCard(one);
      await record('FIRST.MP4', one);
      await delivered(one, 1);
      const split = async (): Promise<void> => {
        other = await DebianMachine.boot('townhall-1', { ...wish, without: BROKER_FILES });
        await other.type('useradd --system first-come'); // the users of services have other numbers here
        await carryPackages(other);
        await one.type('umount /media/bay-1');
      };
      const moved = await walk('1.10', {
        before: { 'systemctl disable --now bodydock': split, 'bodydock check': () => insertCard(other) },
        codes: { 'bodydock doctor': [0, 1] },
      });
      assert.match(moved.find(({ line }) => line === 'bodydock doctor')?.text ?? '', /\(0 errors/);
      assert.ok(other);
      await record('SECOND.MP4', other);
      await delivered(one, 2);
      const verified = await one.type(`bodydock verify ${VAULT} --keys /etc/bodydock/keys`);
      assert.match(verified.text, /^good/m);
    } finally {
      await Promise.all([pilot?.close(), other?.close()]);
      [pilot, other] = [undefined, undefined];
      await own.close();
    }
  });

  test('says no command in a sentence that is neither typed here nor known to be only named', () => {
    const walked = sections.filter(({ number }) => CHAPTERS.includes(number.split('.')[0] ?? ''));
    const said = new Set(
      walked.flatMap(({ code }) => code.filter((piece) => COMMAND.test(piece) && !isBare(piece))),
    );
    const typed = Object.entries(IN_SENTENCES).flatMap(([piece, how]) => (how === 'typed' ? [piece] : []));
    assert.deepEqual([...said].toSorted(), Object.keys(IN_SENTENCES).toSorted());
    assert.deepEqual([...sentences].toSorted(), typed.toSorted());
  });
});

/** Asks a desk as a browser does that has the file for it: its host, a path, and a body to send. */
const BROWSER = `import { readFileSync } from 'node:fs';
import { request } from 'node:https';
const [host, path, body] = process.argv.slice(2);
const [pfx, passphrase, ca] = ['office-1.p12', 'office-1.password', 'ca.pem'].map((name) => readFileSync('/root/' + name));
const own = { pfx, passphrase: passphrase.toString().trim(), ca, headers: { origin: 'null' } };
const asked = request({ host, port: 8743, path, method: body ? 'POST' : 'GET', ...own }, (response) => {
  process.exitCode = response.statusCode < 300 ? 0 : 1;
  response.pipe(process.stdout);
});
asked.end(body);
`;

const COMMAND = /^(?:bodydock|bodydock-receiver|systemctl|journalctl|apt) \S/;

/** The name of a command alone. */
function isBare(piece: string): boolean {
  return /^bodydock(?:-receiver)? (?:check|doctor|status|verify|custody|report|expire --preview)(?: --help)?$/.test(
    piece,
  );
}

/** The example as somebody edits it who has one camera that appears as a folder. */
function withOneFolderBay(text: string): string {
  const bays = 'bays:\n  - id: bay-1\n    folder: /media/bay-1\n    camera: cam-01\n\n';
  const cameras = 'cameras:\n  - id: cam-01\n    alias: Camera 1\n\n';
  return text
    .replace(/^bays:\n(?:(?: .*|#.*)?\n)*?(?=\n# The cameras)/m, bays)
    .replace(/^cameras:\n(?:(?: .*|#.*)?\n)*?(?=\n# A camera in a bay)/m, cameras);
}

/** Paths on a machine that a pattern names. */
async function listed(machine: DebianMachine, pattern: string): Promise<string[]> {
  const { code, text } = await machine.type(`ls -d ${pattern}`);
  return code === 0 ? text.trim().split('\n') : [];
}

/** Takes a file or folder from one machine to another, as root's there. Errors: one that never leaves its machine. */
async function take(from: DebianMachine, to: DebianMachine, path: string, as = path): Promise<void> {
  const source = join(from.root, path);
  const names = (await stat(source)).isDirectory() ? await readdir(source, { recursive: true }) : [];
  for (const name of [basename(path), ...names]) assert.doesNotMatch(name, SECRET);
  await mkdir(dirname(join(to.root, as)), { recursive: true });
  await cp(source, join(to.root, as), { recursive: true });
}
