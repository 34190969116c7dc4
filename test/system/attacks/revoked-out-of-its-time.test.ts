// A thief pushes recordings in the hours before anybody misses the station; and a keeper dates a revocation back, so that all genuine
// recordings look like the thief's.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canonical, signWithMinisign } from '../../fakes/forged-log.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { AttackedWorld, refusing, STATION, TOOLS } from './attacked-world.ts';

const good = { exitCode: 0, findings: [] };
/** Before anything of that world was received. */
const BEFORE = '2026-01-01T00:00:00.000Z';

describe.skipIf(lacksTools(...TOOLS))('the key of a stolen station', () => {
  let honest: AttackedWorld;
  let keyId: string;
  beforeAll(async () => {
    honest = await AttackedWorld.open();
    keyId = await honest.stationKeyId();
  });
  afterAll(() => honest.close());

  async function revoked(...words: readonly string[]): Promise<AttackedWorld> {
    const world = await honest.copy();
    const ran = await world.store('revoke', STATION, '--key', keyId, '--reason', 'stolen', ...words);
    expect(ran.exitCode, ran.stdout + ran.stderr).toBe(0);
    return world;
  }

  function revocationFile(world: AttackedWorld): string {
    return join(world.vault, STATION, 'keys', `${keyId}.revocation.json`);
  }

  test('leaves what came before the revocation good', async () => {
    const world = await revoked();
    const { product, python } = await world.verdicts();
    expect([product, python]).toMatchObject([good, good]);
    await world.close();
  });

  test('is doubtful from the time on that the store names, also where it names that later', async () => {
    const world = await revoked('--since', BEFORE);
    const doubtful = { exitCode: 1, findings: ['docking.doubtful-key', 'manifest.doubtful-key'] };
    for (const found of Object.values(await world.verdicts()))
      expect({ ...found, findings: found.findings.toSorted() }).toMatchObject(doubtful);
    await world.close();
    const later = await revoked();
    await later.store('revoke', STATION, '--key', keyId, '--reason', 'stolen', '--since', BEFORE);
    for (const found of Object.values(await later.verdicts()))
      expect({ ...found, findings: found.findings.toSorted() }).toMatchObject(doubtful);
    await later.close();
  });

  test('cannot be called stolen since an instant that is still to come, or that is none', async () => {
    for (const since of ['2999-01-01T00:00:00Z', 'yesterday']) {
      const words = ['--key', keyId, '--reason', 'stolen', '--since', since];
      expect((await honest.store('revoke', STATION, ...words)).exitCode).toBe(2);
    }
  });

  async function forge(change: Readonly<Record<string, unknown>>): Promise<AttackedWorld> {
    const world = await revoked();
    const file = revocationFile(world);
    const json = canonical({ ...(JSON.parse(await readFile(file, 'utf8')) as object), ...change });
    await rm(file);
    await writeFile(file, json);
    await writeFile(
      `${file}.minisig`,
      await signWithMinisign(json, world.storeKey, 'bodydock key-revocation'),
    );
    return world;
  }

  test('is not revoked at another time than the log says', async () => {
    for (const revoked_at of [BEFORE, '2999-01-01T00:00:00.000Z']) {
      const world = await forge({ revoked_at });
      expect(await world.verdicts()).toEqual(refusing('key-revocation.misdated'));
      await world.close();
    }
  });

  test('is not made doubtful by a document that the log does not know', async () => {
    const world = await forge({ compromised_since: BEFORE });
    expect(await world.verdicts()).toEqual(refusing('key-revocation.other-logged'));
    await world.close();
  });
});
