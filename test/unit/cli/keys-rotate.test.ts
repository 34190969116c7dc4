import { chmod, chown, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { check } from '../../../agent/cli/check.ts';
import { keys } from '../../../agent/cli/program.ts';
import { CustodyLog } from '../../../agent/custody/custody-log.ts';
import { lockSpool } from '../../../agent/spool/lock.ts';
import { readPublicKeyFile, readSigningKey } from '../../../config/enrolment/keys.ts';
import { CUSTODY_SEGMENT_TRUSTED_COMMENT } from '../../../protocol/custody/custody-entry.ts';
import { parseStationId } from '../../../protocol/format/ids.ts';
import { nodeClock } from '../../../agent/platform/clock-node.ts';
import { nodeFiles } from '../../../agent/platform/files-node.ts';
import { nodeRandom } from '../../../agent/platform/random-node.ts';
import {
  inlineSigner,
  keyIdHex,
  publicKeyLine,
  verifyDocument,
  type SecretKey,
} from '../../../protocol/documents/minisign.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { runCommand, type CommandRun } from './io-memory.ts';
import { withStation } from './station-folder.ts';
import { canBeOthers } from '../../fakes/other-user.ts';

function rotate(file: string, ...words: readonly string[]): Promise<CommandRun> {
  return runCommand(keys, 'rotate', '--config', file, ...words);
}

async function line(folder: string, name: string): Promise<string> {
  return publicKeyLine(await readPublicKeyFile(join(folder, 'keys', name)));
}

test('shows the next key first, then lets it sign; what the old key proved stays proven', async () => {
  await withStation(async (file, folder) => {
    for (const identity of ['store/store.identity', 'safe/escrow.identity'])
      await runCommand(keys, 'prove', '--config', file, '--identity', join(folder, identity));
    const old = await line(folder, 'station.pub');
    const prepared = await rotate(file, '--prepare');
    const next = await line(folder, 'station.next.pub');
    expect([prepared.exitCode, await line(folder, 'station.pub')]).toEqual([0, old]);
    expect(prepared.out).toContain(`  ${next}\n`);
    expect(prepared.out).toMatch(/fingerprint (?:[0-9a-f]{4} ){7}[0-9a-f]{4}\n/);
    expect(prepared.out).toContain('stations[].public_keys of townhall-1');
    const again = await rotate(file, '--prepare', '--json');
    expect(again.json).toMatchObject({ step: 'prepared', fresh: false, public: next });
    const committed = await rotate(file, '--commit');
    expect([committed.exitCode, await line(folder, 'station.pub')]).toEqual([0, next]);
    expect(committed.out).toContain('leave the old key in receiver.yaml');
    const twice = await rotate(file, '--commit', '--json');
    expect(twice.json).toMatchObject({ step: 'committed', again: true, public: next });
    const { out } = await runCommand(keys, 'show', '--config', file);
    expect(out).toContain(`townhall-1: ${next}`);
    expect(out).toContain(`townhall-1, before: ${old}`);
    expect((await runCommand(check, '--config', file)).out).toContain('recipients 2 (all proven)');
  });
});

test('prints no secret and leaves none that is not in use', async () => {
  await withStation(async (file, folder) => {
    const secret = async (name: string): Promise<string> => {
      const text = await readFile(join(folder, 'keys', name), 'utf8');
      return text.split('\n')[1] ?? '';
    };
    const old = await secret('station.key');
    const prepared = await rotate(file, '--prepare');
    const next = await secret('station.next.key');
    const committed = await rotate(file, '--commit');
    for (const said of [prepared, committed])
      for (const hidden of [old, next]) expect(said.out + said.err).not.toContain(hidden);
    const names = await readdir(join(folder, 'keys'));
    expect(names.filter((name) => name.endsWith('.key'))).toEqual(['station.key']);
    expect(await secret('station.key')).toBe(next);
  });
});

test('is refused while an agent works on the spool, and changes nothing', async () => {
  await withStation(async (file, folder) => {
    const old = await line(folder, 'station.pub');
    await rotate(file, '--prepare');
    const lock = await lockSpool(join(folder, 'spool'));
    const refused = await rotate(file, '--commit');
    expect([refused.exitCode, refused.err]).toEqual([75, expect.stringContaining('stop it first')]);
    expect(await line(folder, 'station.pub')).toBe(old);
    await lock.release();
    expect((await rotate(file, '--commit')).exitCode).toBe(0);
  });
});

/** A log with an open segment, as a running agent has it. */
async function openLog(custody: string, key: SecretKey): Promise<CustodyLog> {
  await nodeFiles().makeFolder(custody);
  return CustodyLog.open({
    folder: custody,
    station: parseStationId('townhall-1'),
    version: '1',
    files: nodeFiles(),
    clock: nodeClock(),
    random: nodeRandom(),
    signer: inlineSigner(key),
    bootId: null,
    log: new MemoryLog(),
    conditions: new MemoryConditions(),
  });
}

test('lets the old key end the segment of the log that a cut left open', async () => {
  await withStation(async (file, folder) => {
    await rotate(file, '--prepare');
    await rotate(file, '--commit'); // makes the spool
    const key = await readSigningKey(join(folder, 'keys/station.key'));
    const custody = join(folder, 'spool/custody');
    const log = await openLog(custody, key);
    await rotate(file, '--prepare');
    expect((await rotate(file, '--commit')).exitCode).toBe(0);
    const [segment = ''] = (await readdir(custody)).filter((name) => name.endsWith('.jsonl'));
    const bytes = await readFile(join(custody, segment));
    const signature = await readFile(join(custody, `${segment}.minisig`), 'utf8');
    const old = await readPublicKeyFile(join(folder, `keys/station.${keyIdHex(key.keyId)}.pub`));
    verifyDocument(bytes, signature, CUSTODY_SEGMENT_TRUSTED_COMMENT, [old]);
    await log.close();
  });
});

const SERVICE_UID = 65_534;

test.runIf(canBeOthers)(
  'typed by root, leaves the log to the user of the service, who else could not read it',
  async () => {
    await withStation(async (file, folder) => {
      await rotate(file, '--prepare');
      await rotate(file, '--commit'); // makes the spool
      const custody = join(folder, 'spool/custody');
      const log = await openLog(custody, await readSigningKey(join(folder, 'keys/station.key')));
      const names = await readdir(custody);
      const spool = join(folder, 'spool');
      await chmod(folder, 0o711);
      const all = await readdir(spool, { recursive: true });
      for (const path of [spool, ...all.map((name) => join(spool, name))])
        await chown(path, SERVICE_UID, SERVICE_UID);
      await rotate(file, '--prepare');
      expect((await rotate(file, '--commit')).exitCode).toBe(0);
      const after = await readdir(custody);
      expect(after.length).toBe(names.length + 1); // the signature of the segment
      const owners = await Promise.all(after.map((name) => stat(join(custody, name))));
      expect(owners.map(({ uid, gid }) => [uid, gid])).toEqual(after.map(() => [SERVICE_UID, SERVICE_UID]));
      await log.close();
    });
  },
);

test('of a lost key is one step, and wants to know which key it was', async () => {
  await withStation(async (file, folder) => {
    const at = (name: string): string => join(folder, 'keys', name);
    const old = await line(folder, 'station.pub');
    const there = await rotate(file, '--reason', 'lost');
    expect([there.exitCode, there.err]).toEqual([78, expect.stringContaining('key.not-lost')]);
    await rename(at('station.key'), at('gone'));
    await rename(at('station.pub'), at('gone.pub'));
    const unknown = await rotate(file, '--reason', 'lost');
    expect([unknown.exitCode, unknown.err]).toEqual([78, expect.stringContaining('station.pub')]);
    const lost = await rotate(file, '--reason', 'lost', '--old-key', old);
    expect(lost.exitCode).toBe(0);
    expect(lost.out).toContain(await line(folder, 'station.pub'));
    const id = keyIdHex((await readPublicKeyFile(at('station.pub'))).keyId);
    expect(lost.out).toContain(`copies ${at('station.pub')} into the folder of keys for \`bodydock verify\``);
    expect(lost.out).toContain(`station-townhall-1.${id}.pub beside station-townhall-1.pub`);
    expect((await runCommand(keys, 'show', '--config', file)).out).toContain(`before: ${old}`);
    await rm(at('station.key'));
    const second = await rotate(file, '--reason', 'lost', '--json');
    expect(second.json).toMatchObject({ step: 'committed', again: false });
    expect((await runCommand(keys, 'show', '--config', file)).out.match(/before: RW/g)).toHaveLength(2);
  });
});

test('wants one step at a time, and the first one first', async () => {
  await withStation(async (file) => {
    for (const words of [
      [],
      ['--prepare', '--commit'],
      ['--reason', 'lost', '--prepare'],
      ['--reason', 'boredom', '--prepare'],
      ['--commit', '--old-key', 'x'],
    ])
      expect((await rotate(file, ...words)).exitCode, words.join(' ')).toBe(2);
    const early = await rotate(file, '--commit');
    expect([early.exitCode, early.err]).toEqual([78, expect.stringContaining('key.not-prepared')]);
  });
});
