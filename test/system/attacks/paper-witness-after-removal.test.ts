// The day's line hangs on a wall. The keeper writes that a recording of that day was dropped, and removes it: the day's root stays as it is, since
// what was dropped counts for it.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseWitness, witnessLine } from '../../../protocol/custody/witness.ts';
import { encodeSecretKey } from '../../../protocol/documents/minisign.ts';
import { droppedFacts } from '../../fakes/dropped-facts.ts';
import { ForgedLog } from '../../fakes/forged-log.ts';
import { buildEvidenceVault, type EvidenceVault } from '../../fakes/manipulations/evidence-vault.ts';
import { judgeWithBoth } from '../../fakes/manipulations/judged.ts';
import { BODYDOCK, runProgram, type CommandOutcome } from '../../fakes/program.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { TOOLS } from './attacked-world.ts';

describe.skipIf(lacksTools(...TOOLS))(
  'a witness on paper, and a recording of its day that was removed',
  () => {
    let root: string;
    let built: EvidenceVault;
    let line: string;
    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'bodydock-paper-'));
      built = await buildEvidenceVault(join(root, 'world'));
      const file = join(built.dock1.vault, 'r-store', 'witness', `${built.witnessDays[0]}.json`);
      line = witnessLine(parseWitness(await readFile(file)));
    });
    afterAll(() => rm(root, { recursive: true, force: true }));

    function check(): Promise<CommandOutcome> {
      const { vault, keys } = built.dock1;
      return runProgram(BODYDOCK, [
        'witness',
        '--vault',
        vault,
        '--keys',
        keys,
        '--check',
        line,
        '--lang',
        'en',
      ]);
    }

    test('fits the vault before', async () => {
      expect((await check()).exitCode).toBe(0);
    });

    test('is no word for the vault after', async () => {
      const { dock1, middle } = built;
      const { vault, keys, receiver } = dock1;
      const key = join(root, 'store.key');
      await mkdir(root, { recursive: true });
      await writeFile(key, encodeSecretKey(receiver.key), { mode: 0o600 });
      const log = await ForgedLog.open(receiver.custody, receiver.receiver, key);
      log.add('documents-dropped', { ...(droppedFacts(middle) ?? expect.fail('it has no receipt')) });
      await log.close();
      await rm(middle.folder, { recursive: true });
      const ran = await check();
      expect(ran.exitCode, ran.stdout).toBe(1);
      expect(ran.stdout).toContain(middle.id);
      expect(ran.stdout).toContain('drop.not-deleted');
      // The root itself says nothing of it.
      expect(ran.stdout).not.toContain('witness.root-differs');
      const [said] = await judgeWithBoth([vault], { keys });
      for (const { findings } of [said?.product, said?.python].map(
        (each) => each ?? expect.fail('not judged'),
      ))
        expect(findings.map(({ code }) => code)).toContain('drop.not-deleted');
    });
  },
);
