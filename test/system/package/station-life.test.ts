// One life of a station on one clean machine; each test judges a part of it.
import assert from 'node:assert/strict';
import { cp, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, inject, test } from 'vitest';
import { NEXT_VERSION } from './build-packages.ts';
import { DebianMachine, lacksDebian, Loopback } from './debian-machine.ts';

/** Some 60 s on a machine with nothing else to do. */
const LIFE_MS = 300_000;
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** What one step printed: its facts by name, and all of it. */
interface Step {
  readonly text: string;
  readonly facts: ReadonlyMap<string, string>;
}

function stepsOf(output: string): Map<string, Step> {
  const steps = new Map<string, Step>();
  for (const part of output.split(/^== /m).slice(1)) {
    const [name = '', ...lines] = part.split('\n');
    const pairs = lines.map((line) => /^([a-z][a-z0-9-]*) ?(.*)$/.exec(line)?.slice(1, 3) ?? ['', '']);
    const facts = new Map(pairs.map(([fact = '', value = '']) => [fact, value.trim()]));
    steps.set(name, { text: lines.join('\n'), facts });
  }
  return steps;
}

describe.skipIf(lacksDebian())('a station from its packages', () => {
  let steps: Map<string, Step>;
  let version: string;
  beforeAll(async () => {
    const facts = JSON.parse(await readFile(here('../../../package.json'), 'utf8')) as { version: string };
    version = facts.version;
    const network = await Loopback.open();
    const without = ['usr/lib/systemd/system/mosquitto.service']; // the script starts a broker of its own
    const wish = { base: inject('debian'), network, hosts: [], without };
    const machine = await DebianMachine.boot('townhall-1', wish);
    try {
      const into = (name: string): string => join(machine.root, name);
      await cp(join(inject('packages'), 'one'), into('packages/one'), { recursive: true });
      for (const name of [
        'station-life.sh',
        'probe.mjs',
        'hold-in-the-middle.py',
        '../../fakes/mail-server.py',
      ])
        await cp(here(name), into(basename(name)));
      const { text } = await machine.type('bash /station-life.sh', { timeoutMs: LIFE_MS });
      steps = stepsOf(text.replaceAll('\r', ''));
    } finally {
      await machine.close();
      await network.close();
    }
  });

  /** The facts of a step that nothing in it came too late for. */
  function step(name: string): Step {
    const found = steps.get(name);
    assert.ok(found, `the script did not come to ${name}: it ended with ${[...steps].at(-1)?.[1].text}`);
    assert.doesNotMatch(found.text, /^late /m);
    return found;
  }
  /** Each fact as it has to be, with the step's whole text in the message. */
  function judge(name: string, wanted: Readonly<Record<string, string>>): Step {
    const found = step(name);
    const seen = Object.fromEntries(Object.keys(wanted).map((fact) => [fact, found.facts.get(fact)]));
    assert.deepEqual(seen, wanted, found.text);
    return found;
  }

  test('is installed without being started, tells how it goes on in both languages, and has manual and completion', () => {
    const { text, facts } = judge('install', {
      exit: '0',
      version: `bodydock ${version}`,
      active: 'inactive inactive',
      enabled: 'disabled disabled',
      keys: '700 root',
      configuration: '640 root bodydock',
      state: '750 bodydock',
      complete: 'make',
      verify: '',
    });
    assert.match(
      text,
      /On a station, to set it up.*\n.*keys make station.*\n.*edit \/etc\/bodydock\/station\.yaml/,
    );
    assert.match(text, /Eine Station einrichten, als root/);
    assert.ok(Number(facts.get('manual')) > 200, facts.get('manual'));
  });

  test('refuses the example as it is, and names what is to be replaced', () => {
    assert.match(judge('untouched-example', { exit: '78' }).text, /REPLACE/);
  });

  test('is ready offline and online after the printed steps, as users of their own, with the keys that root keeps', () => {
    const { facts } = judge('first-steps', {
      check: '0',
      'receiver-check': '0',
      exit: '0',
      active: 'active active active inactive',
      user: 'bodydock bodydock-receiver',
    });
    assert.match(facts.get('status') ?? '', /^station townhall-1: (?:ready|degraded)/);
    assert.match(facts.get('receiver-status') ?? '', /^receiver r-archive: ready/);
  });

  test('writes mails as its units let it: by the name of a server, with the password that it was handed', () => {
    judge('first-steps', { mail: '"login": "dock", "from": "dock@city.example", "to": ["it@city.example"]' });
  });

  test('can leave no piece of a recording in a core dump or in swap', () => {
    judge('first-steps', { core: '0 0', swap: '0' });
  });

  test('answers the agent alone through the power helper, once a person turned that on, and starts it again when something kills it', () => {
    judge('power', {
      exit: '0',
      active: 'active',
      socket: '660 root bodydock',
      agent:
        '{"ok":false,"code":"power.refused","message":"the configuration names no USB port for this bay"}',
      other: 'EACCES',
      again: 'active',
    });
  });

  test('mounts for the agent, who sees it, and its mount helper may do next to nothing else', () => {
    judge('mounts', {
      socket: '660 root bodydock',
      agent: '{"ok":true,"report":null}',
      other: 'EACCES',
      'set-read-only': '0',
      read: '0',
      mount: '0',
      forget: '0',
      detach: '0',
      network: 'own',
      chroot: '125',
      'set-clock': '1',
      'read-private': '1',
      'write-private': '1',
      'give-away': '1',
      namespace: '1',
      'agent-sees': '1',
      unmount: '0',
      gone: '0',
      again: 'active',
    });
    const seen = step('mounts').facts.get('seen') ?? '';
    assert.match(seen, /^ext4 ro,nosuid,nodev,noexec,noatime/);
  });

  test('is killed and started again where its loop stands still, and only then', () => {
    judge('watchdog', { ended: '1', restarts: '1', 'other-pid': 'yes' });
    judge('alive', { timeouts: '1' });
  });

  test('lets nobody restart the machine by Ctrl-Alt-Del', () => {
    judge('alive', { 'ctrl-alt-del': 'masked-runtime' });
  });

  test('is started again when something kills it', () => {
    judge('killed', { restarts: '2' });
  });

  test('tries again by itself until a broken configuration was put right', () => {
    judge('put-right', { exit: '1', status: '78', active: 'active' });
  });

  test('cannot do what an agent has no business with, and can do its work', () => {
    const { text } = judge('denied', { exit: '0' });
    const tried = (where: string): Map<string, string> =>
      new Map(
        [...text.matchAll(new RegExp(`^${where} (\\S+) (\\S+)$`, 'gm'))].map(
          ([, name = '', outcome = '']) => [name, outcome],
        ),
      );
    const denied = Object.fromEntries(tried('probe'));
    assert.deepEqual(denied, {
      'write-state': 'ok',
      'write-other-state': 'EROFS',
      'write-program': 'EROFS',
      'write-configuration': 'EROFS',
      'read-home': 'EACCES',
      'read-key-file': 'EACCES',
      'read-credential': 'ok',
      'set-user-id': 'EPERM',
      trace: 'errno-1',
      'load-module': 'errno-1',
      mount: 'errno-1',
      namespace: 'errno-1',
      'set-clock': 'errno-1',
      'other-family': 'errno-97',
      'connect-broker': 'ok',
      'connect-elsewhere': 'ETIMEDOUT', // what it sends is dropped
    });
    // What root may outside of the unit, so that the rest is no accident of this machine.
    const outside = tried('outside');
    for (const name of [
      'write-other-state',
      'write-program',
      'read-home',
      'read-key-file',
      'connect-elsewhere',
    ])
      assert.equal(outside.get(name), 'ok', name);
  });

  test('goes on with a transfer that an upgrade interrupted', () => {
    const { facts } = judge('upgrade', {
      'receipted-before': '0',
      exit: '0',
      version: `bodydock ${NEXT_VERSION} bodydock-receiver ${NEXT_VERSION}`,
      active: 'active active',
      receipted: '1',
      'old-left': `${NEXT_VERSION} bodydock mount-helper power-helper`,
    });
    assert.ok(Number(facts.get('held')) >= 8_000_000, facts.get('held'));
    assert.match(facts.get('runs') ?? '', new RegExp(`/${NEXT_VERSION}/`));
  });

  test('goes on with a transfer that the way back to the older version interrupted', () => {
    const { facts } = judge('rollback', {
      'receipted-before': '1',
      exit: '0',
      version: `bodydock ${version}`,
      receipted: '2',
    });
    assert.ok(Number(facts.get('held')) >= 8_000_000, facts.get('held'));
  });

  test('goes on where nobody takes its log', () => {
    judge('no-journal', { journal: 'inactive', receipted: '3', active: 'active' });
  });

  test('ends in time and in order when it is asked to', () => {
    const { facts } = judge('stop', { exit: '0', result: 'success 0', 'receiver-result': 'success 0' });
    assert.ok(Number(facts.get('ms')) < 45_000, facts.get('ms'));
  });

  test('has brought everything to the store once, whole, and can prove it', () => {
    const { text, facts } = judge('evidence', { verify: '0' });
    const sums = (where: string): string[] =>
      [...text.matchAll(new RegExp(`^${where} ([0-9a-f]{64})$`, 'gm'))].map(([, sum = '']) => sum).sort();
    assert.equal(sums('camera').length, 3, text);
    assert.deepEqual(sums('stored'), sums('camera'), text);
    const versions = [version, NEXT_VERSION, version].join(' ');
    assert.equal(facts.get('versions'), versions);
  });

  test('is purged without losing a key, a recording or a word of its configuration', () => {
    const { text, facts } = judge('remove', {
      exit: '0',
      difference: 'none',
      user: 'bodydock',
      left: '',
      unit: 'inactive',
    });
    assert.ok(Number(facts.get('files')) > 20, text);
    assert.match(text, /\/var\/lib\/bodydock stay/);
    assert.match(text, /\/var\/lib\/bodydock bleiben/);
  });
});
