// A vault with one long life in it, for tests of the custody command: docked, pulled, receipted, erased, held, opened, deleted; and others
// beside it that must not get into its story.
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { History } from '../../../../agent/evidence/history/history.ts';
import { custody } from '../../../../agent/cli/custody.ts';
import { VaultBuilder, type BuiltRecording } from '../../../fakes/vault-builder.ts';
import { runCommand } from '../../cli/io-memory.ts';

/** What was built. */
export interface HistoryVault {
  readonly builder: VaultBuilder;
  readonly subject: BuiltRecording;
  readonly sidecar: BuiltRecording;
  readonly neighbour: BuiltRecording;
  /** A docking with nothing on the camera. */
  readonly emptyDocking: string;
}

/** Builds it. */
export async function historyVault(): Promise<HistoryVault> {
  const root = await mkdtemp(join(tmpdir(), 'bodydock-history-'));
  const builder = await VaultBuilder.create(root);
  await builder.dock({ camera: 'cam-2' });
  await builder.undock();
  const emptyDocking = builder.dockings[0]?.docking ?? '';
  const readAt = builder.clock.now();
  await builder.dock({
    camera: 'cam-1',
    identity: { model: 'BC-2 <script>alert(1)</script>', serial: '4711' },
    clock: {
      read_at: readAt,
      claimed_at: new Date(Date.parse(readAt) + 65_000).toISOString(),
      offset_ms: 65_000,
      uncertainty_ms: 500,
      zone_minutes: null,
      set: null,
    },
  });
  const subject = await builder.record({
    original: builder.random.bytes(1_100_000),
    path: 'DCIM/A.MP4',
    sidecars: ['DCIM/A.GPS'],
    erased: true,
  });
  builder.log('clock-stepped', { step_ms: -3000 });
  const sidecar = await builder.record({ path: 'DCIM/A.GPS', role: 'sidecar', sidecarOf: 'DCIM/A.MP4' });
  const neighbour = await builder.record({ path: 'DCIM/B.MP4' });
  await builder.restart();
  await builder.dock({ camera: 'cam-1' });
  await builder.undock();
  return { builder, subject, sidecar, neighbour, emptyDocking };
}

/** Runs the command over the vault and gives the JSON document. */
export async function historyOf(
  { builder }: Pick<HistoryVault, 'builder'>,
  word: string,
  ...more: readonly string[]
): Promise<{ readonly exitCode: number; readonly history: History; readonly err: string }> {
  const place = more.some((each) => /^--(?:vault|spool|config)$/.test(each))
    ? []
    : ['--vault', builder.vault];
  const run = await runCommand(custody, word, ...place, ...more, '--json');
  return { exitCode: run.exitCode, history: run.json as History, err: run.err };
}

/** Changes the text of one segment of a log; segments are in their order. */
export async function editSegment(
  { folder, segments }: { readonly folder: string; readonly segments: readonly string[] },
  at: number,
  edit: (text: string) => string,
): Promise<void> {
  const path = join(folder, `${segments[at]}.jsonl`);
  await writeFile(path, edit(await readFile(path, 'utf8')));
}
