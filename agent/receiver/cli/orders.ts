// `bodydock-receiver orders`: which orders lie in the vault, which of them count, and which wait for whose signature.
import { join } from 'node:path';
import { command, type Io, usageError } from '../../../config/command-line.ts';
import { EXIT_FAILURE, EXIT_GOOD } from '../../../config/exit-codes.ts';
import { RECEIVER_FILE } from '../../../config/load.ts';
import { printable } from '../../../config/problems.ts';
import { type Role, ROLES } from '../../../protocol/documents/order.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { isSessionId, isStationId } from '../../../protocol/format/ids.ts';
import type { Finding, RetentionDeps } from '../retention/deps.ts';
import { type ListedOrder, listOrders } from '../retention/order-list.ts';
import { ORDER_FILE, readOrderFolder } from '../retention/orders-read.ts';
import { listedJson, signCommand, waitingDeletion } from './order-texts.ts';
import { writeSigningFolder } from './signing-folder.ts';
import { columns } from '../../../config/columns.ts';
import { checkKnown, openRetentionCommand } from './store-command.ts';

/** Errors: "usage", "order.*", "key.*", "vault.*", the system's. */
export const orders = command(
  {
    name: 'bodydock-receiver orders',
    usage: [
      '[STATION] [--all] [--config FILE] [--json]         lists the orders that count or wait for a signature',
      '--fetch ORDER --out FOLDER [--config FILE]         puts one into a folder, for the signature that is missing',
    ],
    about: 'Orders to hold a recording, to end its holds, or to delete it early.',
    options: {
      config: RECEIVER_FILE,
      all: { type: 'boolean', text: 'also those that have lapsed, were lifted or were carried out' },
      fetch: { type: 'string', value: 'ORDER', text: 'the id of an order in the vault' },
      out: { type: 'string', value: 'FOLDER', text: 'where it is put' },
    },
    exits:
      '0 good, 1 an order lies there that cannot be read or whose signature does not hold, 2 usage, 78 configuration, keys or vault.',
    wordsMax: 1,
  },
  async (line, io) => {
    const [station] = line.words;
    const { all = false, fetch: id, out, config } = line.values;
    if (station !== undefined && !isStationId(station))
      throw usageError(`${JSON.stringify(station)} is no id of a station`);
    if ((id === undefined) !== (out === undefined))
      throw usageError('--fetch ORDER and --out FOLDER go together');
    const deps = await openRetentionCommand(config, io);
    if (id !== undefined && out !== undefined) return fetchOrder(deps, io, id, out);
    await checkKnown(deps, station);
    const { orders: found, findings } = await listOrders(deps, station);
    const shown = all ? found : found.filter(({ state }) => state !== 'over');
    io.out(line.json ? listJson(shown, findings) : listText(shown, findings, found.length - shown.length));
    return findings.length === 0 ? EXIT_GOOD : EXIT_FAILURE;
  },
);

async function fetchOrder(deps: RetentionDeps, io: Io, id: string, out: string): Promise<number> {
  const { orders: found } = await listOrders(deps);
  const listed = isSessionId(id) ? found.find(({ order }) => order.order === id) : undefined;
  if (listed === undefined)
    throw new DockError(
      'order.missing',
      'the vault holds no such order: `bodydock-receiver orders --all` lists them',
      {
        retry: 'person',
      },
    );
  const { order, needed, deletion } = listed;
  const read = await readOrderFolder(deps, join(deps.layout.orders(order.station), order.order));
  const signatures: Partial<Record<Role, string>> = {};
  for (const role of ROLES) {
    const state = read.signatures[role];
    if (state.kind === 'good') signatures[role] = state.text;
  }
  const next = needed === null ? 'nothing is missing' : `the ${needed} types in it: ${signCommand(needed)}`;
  const waits = waitingDeletion(order, deletion);
  const warned = waits === undefined ? '' : `${waits.de}\n${waits.en}\n`;
  const sheet = `${order.verb} ${order.recording} (${order.station}), ${order.reason}, ${order.ordered_at}\n${needed === null ? '' : `${signCommand(needed)}\n`}${warned}`;
  const folder = await writeSigningFolder(deps.files, out, {
    file: ORDER_FILE,
    bytes: read.bytes,
    sheet,
    signatures,
  });
  io.out(
    `order ${id} lies in ${folder}; ${next}\n${waits === undefined ? '' : `${waits.en}\n`}then: bodydock-receiver ${order.verb} --place ${folder}\n`,
  );
  return EXIT_GOOD;
}

const STATES = {
  counts: 'counts',
  alone: 'counts, one signature',
  waits: 'waits',
  stopped: 'stopped by a hold',
  over: 'over',
} as const;

function listText(shown: readonly ListedOrder[], findings: readonly Finding[], over: number): string {
  const head = ['order', 'verb', 'station', 'recording', 'ordered', 'reason', 'state', 'needs'];
  const rows = shown.map((each) => {
    const { order, state, needed, until } = each;
    const needs =
      needed === null
        ? '-'
        : `${needed}${until === null ? '' : ` until ${until.slice(0, 16).replace('T', ' ')}`}`;
    const at = order.ordered_at.slice(0, 16).replace('T', ' ');
    return [
      order.order,
      order.verb,
      order.station,
      order.recording,
      at,
      order.reason,
      STATES[state],
      state === 'over' ? '-' : needs,
    ];
  });
  const lines = rows.length === 0 ? ['no order counts or waits'] : columns([head, ...rows]);
  if (over > 0) lines.push(`${over} more are over: --all lists them`);
  for (const { station, what } of findings) lines.push(printable(`not as it should be: ${station}: ${what}`));
  return `${lines.join('\n')}\n`;
}

function listJson(shown: readonly ListedOrder[], findings: readonly Finding[]): string {
  return `${JSON.stringify({ orders: shown.map(listedJson), findings })}\n`;
}
