// `bodydock-receiver status`: what the receiver of this machine says of itself, or what its vault shows where none runs. Changes nothing.
import { command, LANG, writeJson } from '../../../config/command-line.ts';
import { durationText } from '../../../config/durations.ts';
import { EXIT_CONFIGURATION, EXIT_FAILURE, EXIT_GOOD } from '../../../config/exit-codes.ts';
import { dataSize, type Language, shownAt } from '../../../config/language.ts';
import { loadReceiverConfig, RECEIVER_FILE } from '../../../config/load.ts';
import { printable, renderProblems } from '../../../config/problems.ts';
import type { ReceiverConfig } from '../../../config/receiver-config.ts';
import { texts } from '../../../config/texts.ts';
import { STORE_STATUS_DE } from '../../../config/texts/de/store-status.ts';
import { STORE_STATUS_EN } from '../../../config/texts/en/store-status.ts';
import { isAbsent } from '../../../protocol/format/errors.ts';
import type { ConditionDocument, StoreHealthDocument } from '../../../protocol/transfer/monitoring.ts';
import { shownSubjects } from '../../monitoring/condition-document.ts';
import { worstFirst } from '../../monitoring/condition-table.ts';
import { type Asked, askOver } from '../../monitoring/control-client.ts';
import {
  controlSocketPath,
  parseStoreAnswer,
  RECEIVER_SOCKETS,
  type StoreSays,
} from '../../monitoring/control-protocol.ts';
import { nodeClock } from '../../platform/clock-node.ts';
import { nodeFiles } from '../../platform/files-node.ts';
import { isVaultInUse } from '../vault/vault-lock.ts';

/** What both commands say. */
export const STORE_STATUS = texts(STORE_STATUS_EN, STORE_STATUS_DE);
const LABEL_COLUMNS = 18;

/** Errors: "usage", "control.path-length". */
export const status = command(
  {
    name: 'bodydock-receiver status',
    usage: ['[--config FILE] [--lang en|de] [--json]'],
    about: `
Shows what the receiver on this machine says of itself, as monitoring sees it: its state, disk, recordings, log, stations, and every condition
with what to do. Where none runs it says so, and how much room the vault has.
`,
    options: { config: RECEIVER_FILE, lang: LANG },
    json: 'one JSON document on standard output',
    exits: '0 good, 1 no receiver answered, 2 usage, 78 the file is refused.',
  },
  async ({ values: { config: file }, json, language }, io) => {
    const loaded = await loadReceiverConfig(file);
    if (loaded.kind === 'refused') {
      io.err(renderProblems(loaded.problems, language));
      return EXIT_CONFIGURATION;
    }
    const { config } = loaded;
    const asked = await askReceiver(config, io.signal);
    if (asked.kind === 'answered') {
      const { agent, ...documents } = asked.says;
      const { pid, broker, broker_connected } = agent;
      if (json) writeJson(io, { running: true, pid, broker, broker_connected, ...documents });
      else io.out(statusText(config.receiver, asked.says, language));
      return EXIT_GOOD;
    }
    const free = await freeBytes(config);
    if (json) {
      const running = asked.kind === 'absent' ? false : null;
      writeJson(io, { running, reason: asked.kind, free_bytes: typeof free === 'number' ? free : null });
    } else {
      const say = STORE_STATUS[language];
      const room =
        typeof free === 'number' ? say('free', { free: dataSize(free, language) }) : say(`disk.${free}`);
      io.err(`${say(`run.${asked.kind}`)}\n${say(`run.${asked.kind}Remedy`)}\n`);
      io.out(row(say('disk'), room));
    }
    return EXIT_FAILURE;
  },
);

/** What the receiver of that file says. Errors: "control.path-length"; the signal's reason. */
export function askReceiver(
  { receiver, vault }: Pick<ReceiverConfig, 'receiver' | 'vault'>,
  signal: AbortSignal,
): Promise<Asked<StoreSays>> {
  const folder = process.env['RUNTIME_DIRECTORY']?.split(':')[0] ?? RECEIVER_SOCKETS;
  const path = controlSocketPath(folder, `${receiver}.sock`);
  const isHeld = (): Promise<boolean> => isVaultInUse(vault.path, nodeFiles()).catch(() => false);
  return askOver({ path, parse: parseStoreAnswer, isHeld, clock: nodeClock() }, signal);
}

/** Of the disk of the vault; or that there is no vault yet, or that it cannot be told. */
export function freeBytes({ vault }: Pick<ReceiverConfig, 'vault'>): Promise<number | 'none' | 'unreadable'> {
  return nodeFiles()
    .freeBytes(vault.path)
    .catch((error: unknown) => (isAbsent(error) ? 'none' : 'unreadable'));
}

/** One look as lines. */
export function statusText(receiver: string, says: StoreSays, language: Language): string {
  const say = STORE_STATUS[language];
  const { agent, status: state, health, conditions } = says;
  const { broker } = agent;
  return [
    `${receiver}  ${say(`state.${state.state}`)}  ${say('since', { at: shownAt(state.since) })}\n\n`,
    row(say('broker'), say(agent.broker_connected ? 'connected' : 'notConnected', { broker })),
    health === null ? '' : numbersText(health, language),
    '\n',
    conditions.length === 0 ? `${say('noConditions')}\n` : '',
    ...worstFirst(conditions).map((each) => conditionText(each, language)),
  ].join('');
}

function numbersText(health: StoreHealthDocument, language: Language): string {
  const say = STORE_STATUS[language];
  const size = (bytes: number): string => dataSize(bytes, language);
  const { free_bytes: free, used_bytes: used, recordings, policy } = health;
  const { newest_receipt_at: receipt, log_size: lines, outside_age_seconds: outside } = health;
  const room = [
    free === null ? say('unknown') : say('free', { free: size(free) }),
    ...(used === null ? [] : [say('used', { used: size(used), quota: size(health.quota_bytes) })]),
  ];
  const kept = {
    held: health.recordings_held ?? 0,
    due: health.recordings_due ?? 0,
    deleted: health.recordings_deleted ?? 0,
  };
  const confirmed =
    outside === null ? say('noOutside') : say('outside', { age: durationText(outside, language) });
  return [
    row(say('disk'), room.join(', ')),
    row(
      say('recordings'),
      recordings === null ? say('unknown') : say('kept', { count: recordings, ...kept }),
    ),
    row(say('transfers'), String(health.transfers)),
    row(say('receipt'), receipt === null ? say('unknown') : `${shownAt(receipt)} UTC`),
    row(say('log'), `${lines === null ? say('unknown') : say('lines', { count: lines })}, ${confirmed}`),
    row(say('policy'), policy === null ? say('none') : String(policy)),
    ...health.stations.map(({ station, heard_at: at }, number) =>
      row(
        number === 0 ? say('stations') : '',
        at === null ? say('unheard', { station }) : say('heard', { station, at: shownAt(at) }),
      ),
    ),
  ].join('');
}

function row(label: string, text: string): string {
  return printable(`${label.padEnd(LABEL_COLUMNS)}${text}`) + '\n';
}

function conditionText(
  { code, severity, since, subjects, text, remedy }: ConditionDocument,
  language: Language,
): string {
  const say = STORE_STATUS[language];
  const about = shownSubjects(subjects);
  const head = `${say(`severity.${severity}`)}  ${code}${about === '' ? '' : ` (${about})`}`;
  return [
    `${head}  ${say('since', { at: shownAt(since) })}`,
    `  ${text[language]}`,
    `  ${say('toDo')}${remedy[language]}`,
  ]
    .map((line) => `${printable(line)}\n`)
    .join('');
}
