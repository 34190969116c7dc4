// The handbook against what it speaks of: both languages say the same, and each unit, path, topic, option and code in it is there. That its
// commands are is shown by test/system/handbook.test.ts, that it works by test/system/package/handbook-walk.test.ts.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { conditionChapter, withConditionChapter } from '../../../agent/cli/handbook/condition-chapter.ts';
import { STATUS } from '../../../agent/cli/status-view.ts';
import { ledLamp } from '../../../agent/dock/lamp-leds.ts';
import { placesIn } from '../../../agent/cli/setup.ts';
import { CONDITION_TABLE } from '../../../agent/monitoring/condition-table.ts';
import { STORE_CONDITION_TABLE } from '../../../agent/monitoring/store-condition-table.ts';
import { CA_FOLDER_DEFAULT } from '../../../agent/receiver/cli/ca.ts';
import { KNOWN_VAULTS } from '../../../agent/receiver/vault/vault-id.ts';
import { VaultLayout } from '../../../agent/receiver/vault/vault-layout.ts';
import { spoolLayout } from '../../../agent/spool/layout.ts';
import { keyChangesFolder } from '../../../config/enrolment/key-changes.ts';
import { schemaOptions } from '../../../config/option-reference.ts';
import { receiverFileSchema } from '../../../config/receiver-schema.ts';
import { stationFileSchema } from '../../../config/station-schema.ts';
import { SCREEN_DE } from '../../../config/texts/de/screen.ts';
import { SCREEN_EN } from '../../../config/texts/en/screen.ts';
import { parseBayId, parseReceiverId, parseStationId } from '../../../protocol/format/ids.ts';
import { stationTopics, storeTopics } from '../../../protocol/transfer/topics.ts';
import { AGENT, RECEIVER } from '../../../systemd/packaging/parts.ts';
import {
  commandsOf,
  HANDBOOK_LANGUAGES,
  type HandbookLanguage,
  handbookText,
  type Section,
  sectionsOf,
} from './handbook-text.ts';

const project = (name: string): Promise<string> =>
  readFile(new URL(`../../../${name}`, import.meta.url), 'utf8');

const CODE = /^[a-z]+\.[a-z]+(?:-[a-z]+)*$/;
const OPTION = /^[a-z_]+(?:\[\])?(?:\.[a-z_]+(?:\[\])?)+$/;
const FILE_NAME = /\.(?:yaml|md|html|pub|key|pem|identity|recipient|password|conf|acl|service)$/;
const PARTS = await Promise.all(
  [AGENT.name, RECEIVER.name, 'bodydock-screen', 'bodydock-desk-page'].map(async (name) => {
    const lines = (await project(`systemd/debian/${name}.install`)).matchAll(/^([^#\s]\S+) (\S+)$/gm);
    const files = [...lines].map(([, from = '', to = '']) => ({ from, to: `/${to}/${basename(from)}` }));
    const units = files.map(({ to }) => basename(to)).filter((file) => file.endsWith('.service'));
    return { name, files, units };
  }),
);
const UNITS = [...PARTS.flatMap(({ units }) => units), 'mosquitto.service'];
const OPTIONS = [stationFileSchema, receiverFileSchema].flatMap((schema) =>
  schemaOptions(schema).map(({ path }) => path),
);

describe('the handbook', () => {
  let handbooks: Readonly<Record<HandbookLanguage, string>>;
  let sections: Readonly<Record<HandbookLanguage, readonly Section[]>>;
  beforeAll(async () => {
    handbooks = { en: await handbookText('en'), de: await handbookText('de') };
    sections = { en: sectionsOf(handbooks.en), de: sectionsOf(handbooks.de) };
  });

  test('names tests that there are, the same ones in both languages, where it says what holds against whom', async () => {
    const named = HANDBOOK_LANGUAGES.map((language) => {
      const [, chapter = ''] = handbooks[language].split('\n## 13. ');
      return [...chapter.matchAll(/`((?:unit|station|system)\/[a-z/-]+)`/g)].map(([, path = '']) => path);
    });
    expect(named[0]?.length).toBeGreaterThan(10);
    expect(named[1]).toEqual(named[0]);
    for (const path of named[0] ?? []) expect(await project(`test/${path}.test.ts`)).toContain('test');
  });

  test('has the same sections in both languages, numbered without a gap', () => {
    const numbers = (language: HandbookLanguage): string[] =>
      sections[language].map(({ number }) => number).filter((number) => number !== '');
    expect(numbers('de')).toEqual(numbers('en'));
    const chapters = numbers('en').filter((number) => !number.includes('.'));
    expect(chapters).toEqual(chapters.map((_, at) => String(at + 1)));
    expect(chapters.length).toBeGreaterThanOrEqual(12);
  });

  test('has the same commands in both languages, in the same order', () => {
    for (const [at, english] of sections.en.entries())
      expect([
        english.number,
        sections.de[at]?.typed.map((line) => line.replace('.example.de.', '.example.')),
      ]).toEqual([english.number, english.typed]);
    expect(commandsOf(sections.en).length).toBeGreaterThan(50);
  });

  test('names the same things in both languages', () => {
    // German says in brackets how to make a command speak German, and what an English word means.
    const named = ({ code }: Section): string[] =>
      code
        .filter((piece) => piece !== '--lang de')
        .map((piece) => piece.replace(/^(options|lights)\.de\./, '$1.en.'))
        .toSorted();
    for (const [at, english] of sections.en.entries()) {
      const german = sections.de[at];
      expect([english.title, german && named(german)]).toEqual([english.title, named(english)]);
    }
  });

  test.each(HANDBOOK_LANGUAGES)(
    'has the newest conditions (%s); `npm run schemas` writes them',
    (language) => {
      expect(withConditionChapter(handbooks[language], language)).toBe(handbooks[language]);
      const codes = [...conditionChapter(language).matchAll(/^- \*\*`([^`]+)`\*\* \(/gm)].map(
        ([, code]) => code,
      );
      expect(codes).toEqual([...Object.keys(CONDITION_TABLE), ...Object.keys(STORE_CONDITION_TABLE)]);
    },
  );

  test('names only codes and options that there are', async () => {
    const odd = sections.en
      .flatMap(({ code }) => code)
      .map((piece) => piece.split(': ')[0] ?? '')
      .filter((piece) => OPTION.test(piece) || CODE.test(piece))
      .filter((piece) => !FILE_NAME.test(piece) && !piece.endsWith('.example.org'))
      .filter((piece) => !OPTIONS.includes(piece))
      .filter((piece) => !(piece in CONDITION_TABLE) && !(piece in STORE_CONDITION_TABLE));
    expect(odd).toEqual([]);
    for (const { code } of sections.en)
      for (const piece of code.filter((each) => /^[a-z_]+: /.test(each))) {
        const [key = '', value = ''] = piece.split(': ');
        const option = schemaOptions(stationFileSchema).find(({ path }) => path === key);
        expect([piece, option?.allowed]).toEqual([piece, expect.stringContaining(value)]);
      }
  });

  test('names only topics that a station or a store writes', () => {
    const topics = stationTopics('bodydock', parseStationId('townhall-1'));
    const written = [
      topics.status,
      topics.health,
      topics.info,
      topics.event,
      topics.bay(parseBayId('bay-1')),
    ];
    const store = storeTopics('bodydock', parseReceiverId('r-archive'));
    written.push(store.status, store.health);
    const conditions = [
      ...Object.keys(CONDITION_TABLE).map((code) => topics.condition(code)),
      ...Object.keys(STORE_CONDITION_TABLE).map((code) => store.condition(code)),
    ];
    const named = sections.en.flatMap(({ code }) => code).filter((piece) => piece.startsWith('bodydock/v1/'));
    expect(named.filter((topic) => ![...written, ...conditions].includes(topic))).toEqual([]);
    expect(written.filter((topic) => !named.includes(topic))).toEqual([]);
  });

  test('names only units that there are', () => {
    const units = commandsOf(sections.en).flatMap((line) => {
      const [program, ...words] = line.split(' ');
      if (program === 'journalctl') return words.slice(words.indexOf('-u') + 1).slice(0, 1);
      return program === 'systemctl' ? words.filter((word) => !word.startsWith('-')).slice(1) : [];
    });
    expect(units.filter((unit) => !UNITS.includes(`${unit}.service`))).toEqual([]);
    expect(new Set(units)).toContain('bodydock-receiver');
    const inText = sections.en.flatMap(({ code }) => code).filter((piece) => piece.endsWith('.service'));
    expect(inText.toSorted()).toEqual(PARTS.flatMap(({ units: own }) => own).toSorted());
  });

  test('names only paths that packages, units and the programs make', async () => {
    const known = new Set([
      ...(await knownPaths()),
      ...Object.values(placesIn('/etc')), // of `bodydock setup`
      CA_FOLDER_DEFAULT,
      ...sections.en.flatMap(({ typed }) => typed.flatMap(madeBy)),
    ]);
    const texts = sections.en.flatMap(({ typed, code }) => [...typed, ...code]);
    const paths = texts.flatMap((text) => text.match(/(?<=^|\s)\/[a-z][^\s]*/g) ?? []);
    const own = /^\/(?:root|mnt)(?:\/|$)/; // places that whoever types it chooses
    const odd = paths
      .map((path) => path.replace(/\/\.?$/, ''))
      .filter((path) => !own.test(path) && !known.has(path));
    expect(odd).toEqual([]);
    const spool = Object.values(spoolLayout('/var/lib/bodydock/spool'));
    expect(paths.filter((path) => spool.includes(path)).length).toBeGreaterThan(5);
  });

  test('is in the package with everything that it points at', () => {
    for (const language of HANDBOOK_LANGUAGES)
      for (const name of [`handbook.${language}.md`, `options.${language}.md`, `lights.${language}.html`])
        expect(PARTS[0]?.files).toContainEqual({
          from: `config/${name}`,
          to: `/usr/share/doc/bodydock/${name}`,
        });
  });
});

/** Paths that a line itself makes. That it does is shown where it is typed (test/system/package/handbook-walk.test.ts). */
function madeBy(line: string): string[] {
  return [...line.matchAll(/(?:-out|-keyout|^cp \S+|^mkdir(?: -p)?) (\/\S+)/g)].map(([, path = '']) => path);
}

/** Files and folders that are there once the packages are installed, configured as in the examples, and ran. */
async function knownPaths(): Promise<ReadonlySet<string>> {
  const known = new Set(PARTS.flatMap(({ files }) => files.flatMap(({ to }) => [to, dirname(to)])));
  for (const { name, units } of PARTS) {
    for (const [, path = ''] of (await project(`systemd/debian/${name}.tmpfiles`).catch(() => '')).matchAll(
      /^d (\S+)/gm,
    ))
      known.add(path);
    for (const unit of units)
      for (const [, path = ''] of (await project(`systemd/${unit}`)).matchAll(/^RuntimeDirectory=(\S+)/gm))
        known.add(`/run/${path}`);
    if (units.includes('bodydock-receiver.service')) known.add(`/var/lib/${name}/${KNOWN_VAULTS}`);
  }
  for (const kind of ['station', 'receiver']) {
    known.add(`/etc/bodydock/${kind}.yaml`);
    const example = parse(await project(`config/${kind}.example.yaml`)) as {
      vault?: { path: string };
      spool?: { path: string };
      keys: { signing_file: string };
      broker: { key_file: string };
    };
    const { vault, spool, keys, broker } = example;
    if (vault !== undefined)
      known.add(vault.path).add(new VaultLayout(vault.path).keys(parseStationId('townhall-1')));
    if (spool !== undefined) known.add(keyChangesFolder(spool.path));
    for (const path of spool === undefined ? [] : Object.values(spoolLayout(spool.path))) known.add(path);
    const key = `/etc/bodydock/${keys.signing_file}`;
    for (const path of [key, key.replace(/key$/, 'pub')]) known.add(path);
    known.add(`/etc/bodydock/${broker.key_file}`);
    known.add(`/etc/bodydock/tls/${kind}.csr`);
  }
  known.add('/etc/bodydock/keys/station-townhall-1.pub'); // as `bodydock verify --help` names it
  for (const path of ['/etc/fstab', '/media']) known.add(path); // the system's own
  for (const name of ['mosquitto.conf', 'mosquitto.acl']) known.add(`/etc/mosquitto/${name}`);
  const broker = await project('systemd/mosquitto/mosquitto.example.conf');
  for (const [, path = ''] of broker.matchAll(/^(?:ca|cert|key)file (\S+)/gm))
    known.add(path).add(dirname(path));
  const dropIns = '/etc/systemd/system/mosquitto.service.d';
  for (const path of [dropIns, `${dropIns}/bodydock.conf`]) known.add(path);
  return known;
}

describe.each(HANDBOOK_LANGUAGES)('the page for the wall (%s)', (language) => {
  test('says the words of the lights that `bodydock status` says', async () => {
    const page = (await project(`config/lights.${language}.html`)).toLowerCase();
    for (const light of ['safe-to-take', 'do-not-take', 'call-someone'] as const)
      expect(wordOf(page, light)).toBe(STATUS[language](`light.${light}`).toLowerCase());
  });

  test('says what the screen of the dock says, word by word', async () => {
    const page = await project(`config/lights.${language}.html`);
    const words = language === 'de' ? SCREEN_DE : SCREEN_EN;
    for (const light of ['safe-to-take', 'do-not-take', 'call-someone', 'off'] as const) {
      const toDo = [words[`do.${light}`], ...(light === 'call-someone' ? [words['do.call']] : [])].join(' ');
      expect(wordOf(page, light)).toBe(words[`word.${light}`]);
      expect(/<div class="do">\s*([^<]+?)\s*<\/div>/.exec(rowOf(page, light))?.[1]).toBe(toDo);
    }
  });

  test('shows the LEDs as the agent switches them', async () => {
    const page = await project(`config/lights.${language}.html`);
    for (const light of ['safe-to-take', 'do-not-take', 'call-someone', 'off'] as const) {
      // What blinks says how fast in the group around it.
      const shown = [
        ...rowOf(page, light).matchAll(
          /(?:<g class="([a-z]+)">\s*(?:<path[^>]*>\s*)*)?<circle[^>]* class="([a-z]+)"/g,
        ),
      ].map(([, pace, glow]) => (glow === 'blinks' ? pace : glow));
      expect([light, shown]).toEqual([light, [...(await switched(1, light)), ...(await switched(2, light))]]);
    }
  });
});

type Light = 'safe-to-take' | 'do-not-take' | 'call-someone' | 'off';

function rowOf(page: string, light: Light): string {
  return page.split('<tr').find((row) => row.startsWith(` class="${light}"`)) ?? '';
}

function wordOf(page: string, light: Light): string | undefined {
  return /<div class="word">\s*([^<]+?)\s*<\/div>/.exec(rowOf(page, light))?.[1];
}

/** What so many LEDs do for a light: files as the kernel has them, written by the agent's own lamp. */
async function switched(count: number, light: Light): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bodydock-leds-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const names = Array.from({ length: count }, (_, at) => `led-${at}`);
  for (const name of names) {
    await mkdir(join(folder, name));
    const files = { trigger: 'none', brightness: '0', max_brightness: '1', delay_on: '0', delay_off: '0' };
    for (const [file, text] of Object.entries(files)) await writeFile(join(folder, name, file), text);
  }
  await ledLamp(names, async () => undefined, folder).show(light);
  const read = (name: string, file: string): Promise<string> => readFile(join(folder, name, file), 'utf8');
  const glows = names.map(async (name) => {
    if ((await read(name, 'trigger')).startsWith('timer'))
      return (await read(name, 'delay_on')).startsWith('1000') ? 'slow' : 'fast';
    return (await read(name, 'brightness')).startsWith('1') ? 'on' : 'off';
  });
  return Promise.all(glows);
}
