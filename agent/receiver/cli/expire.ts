// `bodydock-receiver expire`: deletes what is due or ordered, once, or shows what that would be. A receiver may run beside it.
import { command, type Io, usageError } from '../../../config/command-line.ts';
import { EXIT_FAILURE, EXIT_GOOD } from '../../../config/exit-codes.ts';
import { RECEIVER_FILE } from '../../../config/load.ts';
import { describeError } from '../../../protocol/format/errors.ts';
import type { RetentionDeps } from '../retention/deps.ts';
import type { DroppedDocuments } from '../retention/documents.ts';
import { dropOldDocuments, expire as expireVault, type Expired } from '../retention/expire.ts';
import { previewVault } from '../retention/preview.ts';
import {
  count,
  doubtJson,
  doubtText,
  megabytes,
  previewJson,
  previewText,
  totalsJson,
  waitsJson,
  waitsText,
} from './preview-text.ts';
import { openRetentionCommand } from './store-command.ts';

/** Errors: "usage", "key.*", "vault.*", "lock.*", the system's. */
export const expire = command(
  {
    name: 'bodydock-receiver expire',
    usage: [
      '[--config FILE] [--json]                  deletes what is due or ordered and not held',
      '--preview [--all] [--config FILE] [--json]  shows what that would be and why the rest stays; changes nothing',
    ],
    about: `
Payload and digest list of a recording go; manifest, receipt and a signed deletion record stay, and the store's log tells of it. Nothing goes
by its time while nobody outside of this machine says the same time as its clock; more than a fifth of the vault at once waits for a day. A receiver that runs on the vault does the same by itself every \`retention.timer_hours\`, and may go on
running meanwhile.
`,
    options: {
      config: RECEIVER_FILE,
      preview: {
        type: 'boolean',
        text: 'only look: what goes, what is due within 7 days, and what is special',
      },
      all: {
        type: 'boolean',
        text: 'with --preview: every recording with its id and its time, the oldest first',
      },
    },
    exits:
      '0 done, 1 something failed, nobody outside says the time, or what is due stays since an order cannot be read, 2 usage, 78 configuration, keys or vault.',
    wordsMax: 0,
  },
  async (line, io) => {
    const { preview = false, all = false } = line.values;
    const { json } = line;
    if (all && !preview) throw usageError('--all goes with --preview');
    const deps = await openRetentionCommand(line.values.config, io);
    if (preview) return show(deps, io, { json, all });
    return run(deps, io, json);
  },
);

async function show(
  deps: RetentionDeps,
  io: Io,
  { json, all }: { readonly json: boolean; readonly all: boolean },
): Promise<number> {
  const preview = await previewVault(deps);
  io.out(json ? previewJson(preview) : previewText(preview, all));
  return EXIT_GOOD;
}

async function run(deps: RetentionDeps, io: Io, json: boolean): Promise<number> {
  const rounds = [await round(deps, io, json)];
  for (let last = rounds[0]; last?.more === true && last.deleted > 0; last = rounds.at(-1))
    rounds.push(await round(deps, io, json));
  const expired = sumOf(rounds);
  const { dropped, failure } = expired.doubt === null ? await drop(deps) : NOT_DROPPED;
  const all = { ...expired, failure: expired.failure ?? failure };
  if (json) io.out(resultJson(all, dropped));
  else io.out(resultText(all, dropped, deps.clock.wallMs()));
  if (all.failure !== undefined) io.err(`bodydock-receiver: ${describeError(all.failure)}\n`);
  const isDone = all.doubt === null && all.failure === undefined && all.totals.states.blocked === 0;
  return isDone ? EXIT_GOOD : EXIT_FAILURE;
}

const NOT_DROPPED = { dropped: { folders: 0, segments: 0 }, failure: undefined };

/** A failure here must not keep back what was deleted before. Errors: the signal's reason. */
async function drop(
  deps: RetentionDeps,
): Promise<{ readonly dropped: DroppedDocuments; readonly failure: unknown }> {
  try {
    return { dropped: await dropOldDocuments(deps), failure: undefined };
  } catch (failure) {
    deps.signal.throwIfAborted();
    return { ...NOT_DROPPED, failure };
  }
}

function round(deps: RetentionDeps, io: Io, json: boolean): Promise<Expired> {
  return expireVault(deps, ({ station, recording, sealedBytes }) => {
    if (!json) io.out(`deleted: ${station} ${recording} (${megabytes(sealedBytes)})\n`);
  });
}

/** What the rounds did together. */
function sumOf(rounds: readonly Expired[]): Expired {
  const [first] = rounds;
  if (first === undefined) throw new Error('there is a first round');
  return rounds.slice(1).reduce(
    (sum, each) => ({
      ...each,
      warned: sum.warned + each.warned,
      deleted: sum.deleted + each.deleted,
      deletedBytes: sum.deletedBytes + each.deletedBytes,
    }),
    first,
  );
}

function resultText(
  { deleted, deletedBytes, warned, doubt, waits, totals }: Expired,
  dropped: DroppedDocuments,
  nowMs: number,
): string {
  const lines = [
    `${count(deleted, 'recording')} deleted (${megabytes(deletedBytes)}), ${totals.states.held} held`,
  ];
  if (warned > 0)
    lines.push(
      `${warned} came so late that they were warned of first: they go a day from now at the soonest`,
    );
  if (totals.states.warned > 0) lines.push(`${totals.states.warned} that were warned of wait for their time`);
  if (totals.states.blocked > 0)
    lines.push(`${totals.states.blocked} that are due stay, since an order of their station cannot be read`);
  if (totals.findings > 0) lines.push(`${totals.findings} not as they should be: --preview names them`);
  const { folders, segments } = dropped;
  if (folders + segments > 0)
    lines.push(`old documents dropped: ${count(folders, 'folder')}, ${count(segments, 'log segment')}`);
  if (doubt !== null) lines.push(doubtText({ doubt, nowMs }));
  else if (waits !== null) lines.push(waitsText(waits));
  return `${lines.join('\n')}\n`;
}

function resultJson(
  { deleted, deletedBytes, warned, doubt, waits, totals, failure }: Expired,
  dropped: DroppedDocuments,
): string {
  const facts = {
    preview: false,
    deleted,
    deleted_bytes: deletedBytes,
    warned,
    dropped,
    clock_doubt: doubtJson(doubt),
    waits: waitsJson(waits),
    failure: failure === undefined ? null : describeError(failure),
  };
  return `${JSON.stringify({ ...facts, before: totalsJson(totals) })}\n`;
}
