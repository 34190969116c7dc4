// `bodydock status` and `bodydock doctor` where station.yaml was edited and is refused, and an agent goes on with what it had before.
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { doctor } from '../../../agent/cli/doctor.ts';
import { status } from '../../../agent/cli/status.ts';
import { controlSocketPath, encodeAnswer } from '../../../agent/monitoring/control-protocol.ts';
import { openControlServer } from '../../../agent/monitoring/control-server.ts';
import { nodeClock } from '../../../agent/platform/clock-node.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { bay, condition, documentsOf, says } from '../monitoring/station-says.ts';
import { runCommand, type CommandRun } from './io-memory.ts';
import { withStation } from './station-folder.ts';

const STATION = says({
  bays: [bay({ camera: 'Camera 1' })],
  conditions: [condition('configuration.refused', [null], { line: 7, reason: 'config.value' })],
});

/** With an agent that answers, after the file was edited. */
async function edited(
  edit: (text: string) => string,
  use: (file: string, folder: string) => Promise<void>,
): Promise<void> {
  await withStation(async (file, folder) => {
    const spool = join(folder, 'spool');
    await mkdir(spool);
    const { kind: _kind, ...agent } = STATION.agent;
    const answer = (): Promise<string> => Promise.resolve(encodeAnswer(agent, documentsOf(STATION)));
    const path = controlSocketPath(spool);
    const server = await openControlServer({ path, answer, clock: nodeClock(), log: new MemoryLog() });
    try {
      await writeFile(file, edit(await readFile(file, 'utf8')));
      await use(file, folder);
    } finally {
      await server.close();
    }
  });
}

const EDITS: readonly (readonly [string, (text: string) => string, string])[] = [
  ['a word that is none', (text) => `${text}unknown_cameras: sometimes\n`, 'unknown_cameras'],
  ['a line that is no YAML', (text) => `${text}\nlog\n  level: [info\n`, 'is not YAML'],
  ['a slip beside the path', (text) => text.replace(/^( +)path:/m, '$1keep_horus: 3\n$1path:'), 'keep_horus'],
];

describe('bodydock status shows the problems of a refused file and what the agent does all the same, with', () => {
  test.each(EDITS)('%s', async (_what, edit, named) => {
    await edited(edit, async (file) => {
      const run = await runCommand(status, '--config', file, '--once');
      expect(run.exitCode).toBe(78);
      expect(run.err).toContain(named);
      expect(run.out).toContain('station.yaml is refused: `bodydock check` names');
      expect(run.out).toMatch(/bay-1 +Camera 1/);
      expect(run.out).toContain('configuration.refused');
      const german = await runCommand(status, '--config', file, '--once', '--lang', 'de');
      expect(german.out).toContain('Die Datei station.yaml wird abgewiesen');
      const asJson = await runCommand(status, '--config', file, '--json');
      expect(asJson.exitCode).toBe(78);
      expect(asJson.json).toMatchObject({ running: true, conditions: [{ code: 'configuration.refused' }] });
      expect((asJson.json as { problems: unknown[] }).problems.length).toBeGreaterThan(0);
    });
  });
});

test('bodydock status says nothing of a refused file where it is good', async () => {
  await edited(
    (text) => text,
    async (file) => {
      const run = await runCommand(status, '--config', file, '--once');
      expect([run.exitCode, run.err]).toEqual([0, '']);
      expect(run.out).not.toContain('is refused:');
      expect((await runCommand(status, '--config', file, '--json')).json).not.toHaveProperty('problems');
    },
  );
});

test('bodydock status asks nobody where the file does not tell where the spool is, or somebody else could have written it', async () => {
  await edited(
    (text) => text.replace(/^( +)path: .*/m, '$1path: 7'),
    async (file) => {
      const run = await runCommand(status, '--config', file, '--once');
      expect([run.exitCode, run.out]).toEqual([78, '']);
    },
  );
  await edited(
    (text) => text,
    async (file) => {
      await chmod(file, 0o666);
      expect(await runCommand(status, '--config', file, '--once')).toMatchObject({ exitCode: 78, out: '' });
      const { json } = await runCommand(status, '--config', file, '--json');
      expect(json).toEqual({ problems: [expect.objectContaining({ code: 'config.mode' })] });
    },
  );
});

test('bodydock status of a refused file says both that it is refused and that no agent runs', async () => {
  await withStation(async (file) => {
    await writeFile(file, `${await readFile(file, 'utf8')}unknown_cameras: sometimes\n`);
    const run: CommandRun = await runCommand(status, '--config', file, '--once');
    expect([run.exitCode, run.out]).toEqual([78, '']);
    expect(run.err).toMatch(/unknown_cameras[^]*No agent runs/);
  });
});

describe('bodydock doctor of a refused file asks the agent and looks at the disk, and says what it left out, with', () => {
  test.each(EDITS)('%s', { timeout: 20_000 }, async (_what, edit, named) => {
    await edited(edit, async (file) => {
      const run = await runCommand(doctor, '--config', file);
      expect(run.exitCode).toBe(78);
      expect(run.out).toMatch(/ERROR +config\.refused/);
      expect(run.out).toContain(named);
      expect(run.out).toMatch(/WARNING +configuration\.refused +config\.value/);
      expect(run.out).toMatch(/(ok|WARNING) +disk\.(good|slow)/);
      expect(run.out).toMatch(/clock\./);
      expect(run.out).toMatch(/config\.left-out[^]*Not looked at .*certificates.*broker/);
    });
  });

  test('a path that is none', { timeout: 20_000 }, async () => {
    await edited(
      (text) => text.replace(/^( +)path: .*/m, '$1path: 7'),
      async (file) => {
        const run = await runCommand(doctor, '--config', file, '--lang', 'de');
        expect(run.out).toMatch(/config\.all-left-out[^]*Nur das System angesehen/);
        expect(run.out).not.toContain('disk.');
      },
    );
  });
});
