// Which run of which receiver works on a vault of files: one at a time, each with a higher epoch than all before it (SPEC 4.4, 6.2).
//
// Invariants:
// 1. The epoch is durable before the run changes anything else. The wall clock lifts it above what a vault that was restored from a backup
//    has forgotten.
// 2. A run of this machine that is noted has ended: whoever opens a vault holds the machine's lock of it (vault-lock.ts), which the kernel
//    frees with the process. A run of another machine that did not note its end may be alive: the vault is refused then.
// 3. A note that cannot be read costs nothing but these words: it is written again.
import { basename } from 'node:path';
import * as z from 'zod';
import { encodeUtf8, parseUtf8 } from '../../../protocol/format/bytes.ts';
import {
  ensureFolder,
  listIfThere,
  readIfThere,
  replaceDurable,
  unlinkIfThere,
} from '../../../protocol/format/durable.ts';
import { describeError, DockError, isMachineShort, systemCode } from '../../../protocol/format/errors.ts';
import type { ReceiverId } from '../../../protocol/format/ids.ts';
import type { Clock, Files, Log } from '../../../protocol/format/ports.ts';
import type { VaultLayout } from './vault-layout.ts';
import type { VaultQuarantine } from './vault-quarantine.ts';

const RUN_BYTES_MAX = 4096;
/** Sign of life of a receiver of 0.1.0: any number of them could work on one vault. */
const SIGN_OF_LIFE = /^[a-z2-7]{26}\.json$/;

/** The process that works on a vault. */
export interface RunningProcess {
  /** Name of the machine. */
  readonly host: string;
  readonly pid: number;
  /** Of the machine's kernel; null where it does not tell one. */
  readonly bootId: string | null;
}

const runSchema = z.object({
  receiver: z.string().max(64),
  epoch: z.int().min(0),
  host: z.string().max(256),
  pid: z.int(),
  boot_id: z.string().max(64).nullable(),
  started_at: z.string().max(64),
  ended_at: z.string().max(64).nullable(),
});

/** The note of one run. */
export type VaultRun = z.infer<typeof runSchema>;

export interface RunDeps {
  readonly files: Files;
  readonly layout: VaultLayout;
  readonly clock: Clock;
  readonly log: Log;
  readonly receiver: ReceiverId;
  readonly process: RunningProcess;
  readonly quarantine: VaultQuarantine;
}

/** The note of the run that works on the vault, or that worked on it last; undefined where there is none that can be read. Errors: the system's. */
export async function readRun(files: Files, layout: VaultLayout): Promise<VaultRun | undefined> {
  const bytes = await readIfThere(files, layout.run, RUN_BYTES_MAX);
  if (bytes === undefined) return undefined;
  try {
    return runSchema.parse(JSON.parse(parseUtf8(bytes) ?? ''));
  } catch {
    return undefined;
  }
}

/** Errors: "vault.in-use" where that run is of another machine and did not note its end. */
export function refuseOther(layout: VaultLayout, run: VaultRun | undefined, host: string): void {
  if (run === undefined || run.ended_at !== null || run.host === host) return;
  const { receiver, pid, started_at: since } = run;
  throw new DockError(
    'vault.in-use',
    `receiver ${receiver} on ${run.host} (process ${pid}, since ${since}) works on the vault ${layout.root}, or ended without a word: one receiver at a time works on a vault. Stop that one first, or type commands there; where it surely does not run any more, remove ${layout.run}`,
    { retry: 'person' },
  );
}

/** Begins a run: its note with a new epoch is durable. Errors: "vault.in-use"; the system's. */
export async function beginRun(deps: RunDeps): Promise<VaultRun> {
  const { files, layout, clock, log, receiver, process } = deps;
  await ensureFolder(files, layout.leases);
  await removeSigns(deps);
  const before = await readBefore(deps);
  refuseOther(layout, before, process.host);
  if (before?.ended_at === null)
    log.warn('the last receiver on this vault ended without a word, its work is taken over', {
      receiver: before.receiver,
      pid: before.pid,
      started_at: before.started_at,
      other_boot: before.boot_id !== process.bootId,
    });
  const nowMs = Math.max(0, Math.floor(clock.wallMs()));
  const run: VaultRun = {
    receiver,
    epoch: Math.max((before?.epoch ?? 0) + 1, nowMs),
    host: process.host,
    pid: process.pid,
    boot_id: process.bootId,
    started_at: new Date(nowMs).toISOString(),
    ended_at: null,
  };
  await writeRun(deps, run);
  await files.syncFolder(layout.leases);
  return run;
}

/** Notes that a run ended. Never rejects: the next one on this machine goes on all the same. */
export async function endRun(deps: RunDeps, run: VaultRun): Promise<void> {
  const nowMs = Math.max(0, Math.floor(deps.clock.wallMs()));
  await writeRun(deps, { ...run, ended_at: new Date(nowMs).toISOString() }).catch((error: unknown) =>
    deps.log.warn('the end of this run is not noted in the vault', { error }),
  );
}

async function writeRun({ files, layout }: RunDeps, run: VaultRun): Promise<void> {
  await replaceDurable(files, layout.run, encodeUtf8(JSON.stringify(run)));
}

/** What is no file of ours goes to the quarantine; what the disk does not show is written again. Errors: the machine's, and of the quarantine. */
async function readBefore({ files, layout, log, quarantine }: RunDeps): Promise<VaultRun | undefined> {
  try {
    return await readRun(files, layout);
  } catch (error) {
    if (isMachineShort(error)) throw error;
    log.warn('which receiver worked on this vault last cannot be read', { error: describeError(error) });
    if (['EISDIR', 'ELOOP', 'EFBIG'].includes(systemCode(error) ?? ''))
      await quarantine.setAside(layout.run, `no note of a run of a receiver (${basename(layout.run)})`);
    return undefined;
  }
}

/** Receivers of 0.1.0 wrote signs of life: none of them may work on this vault beside this one. Errors: the system's. */
async function removeSigns({ files, layout, log, receiver }: RunDeps): Promise<void> {
  const signs = (await listIfThere(files, layout.leases)).filter((name) => SIGN_OF_LIFE.test(name));
  for (const name of signs) await unlinkIfThere(files, `${layout.leases}/${name}`);
  if (signs.length > 0)
    log.warn('receivers of an earlier version worked on this vault: none may run beside this one', {
      receiver,
      signs: signs.length,
    });
}
