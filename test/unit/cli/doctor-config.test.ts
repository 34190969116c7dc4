// What the doctor says of the files that a configuration names.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkFiles } from '../../../agent/cli/doctor-config.ts';
import type { Finding } from '../../../agent/cli/doctor-finding.ts';
import { wordsOf } from '../../../agent/cli/doctor-finding.ts';
import { conditionKind } from '../../../agent/monitoring/condition-table.ts';
import { loadStationConfig } from '../../../config/load.ts';
import { nodeClock } from '../../../agent/platform/clock-node.ts';
import { SeededRandom } from '../../fakes/random-seeded.ts';
import { exchange, put, STATION, withFolder } from '../config/files.ts';
import { live } from '../../contracts/driver-subject.ts';

async function findings(file: string): Promise<Finding[]> {
  const loaded = await loadStationConfig(file);
  if (loaded.kind === 'refused') throw new Error(JSON.stringify(loaded.problems));
  const world = { clock: nodeClock(), random: new SeededRandom(1), signal: live() };
  return checkFiles({ file, config: loaded.config, asked: undefined, connect: false, ...world });
}

test('a file that is missing comes with the command that brings that file, and no other one', async () => {
  await withFolder(async (folder) => {
    const usb = exchange(STATION, 'folder: /media/bay-1', 'usb_port: 1-1.4');
    const text = exchange(usb, 'alias: Camera 1\n', 'alias: Camera 1\n    password_file: camera.password\n');
    const missing = (await findings(await put(folder, 'station.yaml', text))).filter(({ code }) =>
      code.endsWith('missing'),
    );
    const told = (name: string): string => {
      const finding = missing.find(({ where }) => where === join(folder, name));
      return finding === undefined ? '' : `${finding.code}: ${wordsOf(finding, 'en').remedy}`;
    };
    expect(told('keys/station.key')).toMatch(/^key\.missing: .*`bodydock keys make station`/);
    expect(told('tls/key.pem')).toMatch(
      /^tls\.key-missing: .*`bodydock keys enrol` makes the key of the cert/,
    );
    expect(told('tls/cert.pem')).toMatch(/^tls\.file-missing: .*`bodydock keys enrol` asks for a new cert/);
    expect(told('tls/ca.pem')).toMatch(/^tls\.file-missing: /);
    expect(told('camera.password')).toBe('file.missing: Put it there, or correct its path.');
  });
});

test('the condition about a certificate names the command that sees certificates of both sides', () => {
  const { remedy } = conditionKind('broker.tls');
  for (const text of [remedy.en, remedy.de]) {
    expect(text).toContain('"bodydock doctor"');
    expect(text).not.toContain('bodydock check');
  }
});

test.each([
  [48, 24, false],
  [47, 24, true],
  [48, 168, true],
  [336, 168, false],
  [8784, 169, true],
])(
  'copies that stay %i hours beside a backup every %i hours: a warning is %s',
  async (keep, backup, warned) => {
    await withFolder(async (folder) => {
      const spool = exchange(STATION, 'spool:\n', `spool:\n  keep_hours: ${keep}\n`);
      const text = exchange(spool, 'store:\n', `store:\n  backup_hours: ${backup}\n`);
      const found = await findings(await put(folder, 'station.yaml', text));
      const short = found.find(({ code }) => code === 'spool.keep-short');
      expect(short !== undefined).toBe(warned);
      if (short !== undefined) expect(wordsOf(short, 'en').remedy).toContain(`to ${2 * backup} or more`);
    });
  },
);
