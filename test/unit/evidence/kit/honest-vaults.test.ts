// Vaults that nobody altered, as they come: what is handed out and told of them has no finding, as their verification has none.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { custody } from '../../../../agent/cli/custody.ts';
import { exportCommand } from '../../../../agent/cli/export.ts';
import { report } from '../../../../agent/cli/report.ts';
import { verify } from '../../../../agent/cli/verify.ts';
import { isRecordingId, isStationId } from '../../../../protocol/format/ids.ts';
import { buildRandomVault } from '../../../fakes/manipulations/random-vault.ts';
import { runCommand, type CommandRun } from '../../cli/io-memory.ts';

/** BODYDOCK_HONEST_VAULTS asks for more of them. */
const SEEDS = Array.from({ length: Number(process.env['BODYDOCK_HONEST_VAULTS'] ?? 4) }, (_, at) => at + 1);

/** Exit code, and the first finding. */
function verdict({ exitCode, out, err }: CommandRun): readonly unknown[] {
  return [exitCode, /FINDING.*/.exec(out)?.[0], err];
}
const GOOD = [0, undefined, ''];

test.each(SEEDS)('verify, custody, export and report are good (seed %i)', async (seed) => {
  const root = await mkdtemp(join(tmpdir(), 'bodydock-honest-'));
  try {
    const { vault, random } = await buildRandomVault(root, seed);
    expect(verdict(await runCommand(verify, vault))).toEqual(GOOD);
    const period = ['--from', '2025-01-30', '--to', '2026-11-20', '--zone', 'UTC'];
    expect(verdict(await runCommand(report, '--vault', vault, ...period))).toEqual(GOOD);
    for (const station of (await readdir(vault)).filter(isStationId)) {
      const ids = (await readdir(join(vault, station))).filter(isRecordingId);
      if (ids.length === 0) continue;
      const one = ids[random.below(ids.length)] ?? '';
      expect(verdict(await runCommand(custody, one, '--vault', vault)), one).toEqual(GOOD);
      for (const [name, asked] of [
        ['all', ids],
        ['one', [one]],
      ] as const) {
        const kit = join(root, `kit-${station}-${name}`);
        const place = ['--vault', vault, '--out', kit, '--reason', 'az-1'];
        expect(verdict(await runCommand(exportCommand, ...asked, ...place)), kit).toEqual(GOOD);
        expect(verdict(await runCommand(verify, kit, '--keys', join(kit, 'keys'))), kit).toEqual(GOOD);
      }
    }
  } finally {
    await rm(root, { recursive: true });
  }
});
