import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exportCommand } from '../../../agent/cli/export.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { keyIdHex, publicKeyOf } from '../../../protocol/documents/minisign.ts';
import { placePolicy } from '../../fakes/vault-builder-policy.ts';
import { VaultBuilder } from '../../fakes/vault-builder.ts';
import { exchange, publicLine, put, RECEIVER, recipient, STATION, withFolder } from '../config/files.ts';
import { runCommand, type CommandRun } from './io-memory.ts';

const ROLES = `retention:
  days: 21
  documents_days: 800
  timer_hours: 6
roles:
  officers: [${publicLine(31)}, ${publicLine(32)}]
  supervisors: [${publicLine(33)}]
`;

/** The annex for these two files. */
async function annex(station: string, receiver: string | undefined, ...more: string[]): Promise<CommandRun> {
  return withFolder(async (folder) => {
    const files = ['--config', await put(folder, 'station.yaml', station)];
    if (receiver !== undefined) files.push('--receiver-config', await put(folder, 'receiver.yaml', receiver));
    return runCommand(exportCommand, '--data-handling', ...files, ...more);
  });
}

const words = ({ out }: CommandRun): string => out.replaceAll(/\s+/g, ' ');

describe('the annex says', () => {
  test('the periods that the two files set, and which files these were', async () => {
    const ran = await annex(STATION, RECEIVER + ROLES);
    expect({ exitCode: ran.exitCode, err: ran.err }).toEqual({ exitCode: 0, err: '' });
    const text = words(ran);
    for (const said of [
      'then at most 48 hours, and in no case longer than 14 days',
      'Custody log of the station',
      'At the station 730 days after the store holds it; at the store until 830 days after all that it speaks of',
      'How long: 21 days (counted as below)',
      'every 6 hours, without anybody’s doing',
      `(SHA-256 ${sha256Hex(Buffer.from(STATION))}) and receiver.yaml (SHA-256`,
    ])
      expect(text).toContain(said);
  });

  test('to whom recordings are sealed, by recipient and fingerprint, and never a secret', async () => {
    const ran = await annex(STATION, undefined);
    const fingerprint = sha256Hex(Buffer.from(recipient(1))).slice(0, 16);
    expect(words(ran)).toContain(
      `- ${recipient(1)}, fingerprint ${fingerprint.replaceAll(/(.{4})(?!$)/g, '$1 ')}`,
    );
    expect(words(ran)).toContain('A person who holds one of the 2 identities');
    expect(ran.out).not.toMatch(/AGE-SECRET-KEY|password|key_file/i);
  });

  test('who may hold and delete, as numbers of keys and their ids', async () => {
    const text = words(await annex(STATION, RECEIVER + ROLES));
    expect(text).toMatch(
      /A recording officer \(2 keys: [0-9a-f]{16}, [0-9a-f]{16}\) at once; .* a supervisor \(1 key: [0-9a-f]{16}\)/,
    );
    expect(text).toMatch(
      /Only a recording officer \(2 keys: .*\) and a supervisor \(1 key: .*\) together, never the same key twice/,
    );
  });

  test('what happens to the cameras, by the release of the station', async () => {
    expect(words(await annex(STATION, undefined))).toContain('This station erases nothing.');
    const releasing = words(await annex(`${STATION}release: after-receipt\n`, undefined));
    expect(releasing).toContain('Until the store has confirmed each single file');
  });

  test('that words of staff may hold a name, where the screen asks for them', async () => {
    const said = 'Words of staff at the dock’s screen, which may hold a name';
    expect(words(await annex(STATION, undefined))).not.toContain(said);
    expect(words(await annex(`${STATION}screen: {port: 8460, questions: standard}\n`, undefined))).toContain(
      said,
    );
  });

  test('which cameras show which alias, and none of their serial numbers', async () => {
    const ran = await annex(STATION, undefined);
    expect(words(ran)).toContain('cam-1 (Camera 1), cam-2 (cam-2)');
    expect(ran.out).not.toContain('0001');
  });

  test('who outside hears what of the store, and what that protects against', async () => {
    const alone = words(await annex(STATION, RECEIVER + ROLES));
    expect(alone).toContain('No other address is contacted');
    expect(alone).toContain('a station on another machine, with each receipt. A deletion dated ahead');
    const outside = 'timestamps:\n  url: https://tsa.example/tsr\n';
    const text = words(await annex(STATION, RECEIVER + ROLES + outside));
    expect(text).toContain('digest of its custody log to these outside parties: tsa.example. They learn');
    expect(text).toContain('or tsa.example, at least once a day');
    expect(words(await annex(STATION, undefined))).toContain('is in its file. No cloud');
  });

  test('what the store’s file leaves open where it was not given', async () => {
    const text = words(await annex(STATION, undefined));
    expect(text).toContain('! The file of the central store (receiver.yaml) was not given.');
    expect(text).toContain('14 days where it says nothing');
  });

  test('what is agreed by policy, whatever the file of the store says, and whose keys count then', () =>
    withFolder(async (folder) => {
      const builder = await VaultBuilder.create(join(folder, 'store'));
      const inVault = exchange(RECEIVER, 'path: vault', `path: ${builder.vault}`) + ROLES;
      await builder.close();
      const said = async (): Promise<string> => words(await annex(STATION, inVault));
      expect(await said()).toContain(
        'No policy of both roles is in force: a recording stays no fewer than 14',
      );
      await placePolicy(builder, { number: 3, change: { days_min: 25, days_max: 40, documents_days: 900 } });
      await builder.close();
      const text = await said();
      expect(text).toContain(
        'Policy 3, which both roles signed, says: a recording stays no fewer than 25 and no more than 40 days, its documents no fewer than 900 days',
      );
      expect(text).toContain('How long: 25 days (counted as below)');
      expect(text).toContain('no case longer than 14 days');
      const officer = keyIdHex(publicKeyOf(builder.orders.keys.officer).keyId);
      expect(text).toContain(`A recording officer (1 key: ${officer})`);
      expect(words(await annex(STATION, RECEIVER + ROLES))).toContain('which was not read here');
    }));

  test('where the two files do not fit together', async () => {
    const other = exchange(RECEIVER, 'id: townhall-1', 'id: townhall-9');
    const text = words(await annex(STATION, other + ROLES.replace(/roles:[\s\S]*/, '')));
    for (const said of [
      '! The file of the store does not name this station',
      '! No key of a recording officer is configured',
      '! No key of a supervisor is configured',
    ])
      expect(text).toContain(said);
    const gone = words(
      await annex(exchange(STATION, 'receivers: [r-archive]', 'receivers: [r-other]'), RECEIVER),
    );
    expect(gone).toContain('! The file of the station does not name this store');
  });

  test('that deletion waits for somebody where no timer is set', async () => {
    const text = words(await annex(STATION, RECEIVER + exchange(ROLES, 'timer_hours: 6', 'timer_hours: 0')));
    expect(text).toContain('somebody must call it');
    expect(text).not.toContain('Nobody: the program does it');
  });
});

test('it says what a screen of the dock shows, where there is one', async () => {
  const without = words(await annex(STATION, RECEIVER));
  expect(without).not.toContain('Screen of the dock');
  const text = words(await annex(`${STATION}screen: {port: 8460}\n`, RECEIVER));
  expect(text).toMatch(/Screen of the dock[\s\S]*no name of a person[\s\S]*Not stored\./);
});

test('it says the same in German', async () => {
  const text = words(await annex(STATION, RECEIVER + ROLES, '--lang', 'de'));
  for (const said of [
    'Anlage zur Dienstvereinbarung',
    '21 Tage (gerechnet wie unten)',
    'Aufzeichnungsbeauftragte (2 Schlüssel: ',
    'alle 6 Stunden',
    'Was nie vorkommt',
  ])
    expect(text).toContain(said);
  expect(text).not.toMatch(/\{\}|undefined/);
});

test('--html writes one page without script and without anything from elsewhere', () =>
  withFolder(async (folder) => {
    const config = await put(
      folder,
      'station.yaml',
      exchange(STATION, 'alias: Camera 1', 'alias: <b>&"Camera'),
    );
    const page = join(folder, 'annex.html');
    const ran = await runCommand(
      exportCommand,
      '--data-handling',
      '--config',
      config,
      '--html',
      page,
      '--lang',
      'de',
    );
    expect(ran).toMatchObject({ exitCode: 0, err: '' });
    const html = await readFile(page, 'utf8');
    expect(html).toContain('<html lang="de">');
    expect(html).toContain('size: A4');
    expect(html).toContain('cam-1 (&lt;b&gt;&amp;&quot;Camera)');
    expect(html).not.toMatch(/<script|<link|<img|src=|href=|url\(|\{\}|undefined/);
  }));

test('--json gives the facts', async () => {
  const { json } = await annex(STATION, RECEIVER + ROLES, '--json');
  expect(json).toMatchObject({
    station: {
      id: 'townhall-1',
      keep_hours: 48,
      documents_days: 400,
      days: 14,
      release: 'never',
      broker_tls: true,
    },
    store: { receiver: 'r-archive', days: 21, documents_days: 800, timer_hours: 6 },
    conflicts: [],
  });
});

test.each([
  ['a station file that is not good', exchange(STATION, 'version: 1', 'version: 7'), RECEIVER, 78],
  ['a store file that is not good', STATION, exchange(RECEIVER, 'version: 1', 'version: 7'), 78],
])('%s gives no annex', async (_, station, receiver, exitCode) => {
  const ran = await annex(station, receiver);
  expect({ exitCode: ran.exitCode, out: ran.out }).toEqual({ exitCode, out: '' });
  expect(ran.err).toContain('version');
});

test.each([[['--data-handling', '--lang', 'fr']], [[]], [['--data-handling', 'word']]])(
  'what cannot be meant is a usage error: %j',
  async (args) => {
    expect((await runCommand(exportCommand, ...args)).exitCode).toBe(2);
  },
);
