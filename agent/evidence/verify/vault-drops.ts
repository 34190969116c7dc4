// Whether a store was allowed to drop what its log says it dropped (drop-check.ts), for views of a vault that are no verification: a count, a
// life. By the orders, the deletion records and the logs alone: whether other documents need what went, only `verify` says.
import { isReceiverId } from '../../../protocol/format/ids.ts';
import { judgeKept } from './deletion-check.ts';
import { checkKept, judgeDrops, type KeptDeletion } from './drop-check.ts';
import { custodyFolder, keptAndOrders, stationCustodies } from './found-folders.ts';
import { checkOrders, type FoundOrder, OrderBook } from './order-check.ts';
import { PlaceFacts } from './place-facts.ts';
import { PlaceLogs } from './place-logs.ts';
import type { Policies } from './policy-check.ts';
import { listSorted, type ReadFiles } from './read-files.ts';
import type { Finding } from './remark.ts';
import type { LoggedDrop } from './store-log.ts';
import type { TrustedKeys } from './trusted-keys.ts';

/** A vault. `vault` is its path, `keys` those that its own documents introduce among them. */
interface VaultQuestion {
  readonly files: ReadFiles;
  readonly vault: string;
  readonly keys: TrustedKeys;
  /** Time of the judgement, ms since 1970. */
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

/** What the logs of the store and of the stations say; what does not hold of them is for `verify`. Errors: the signal's reason; the machine's. */
export async function readVaultLogs(
  { files, vault, keys, signal }: Omit<VaultQuestion, 'nowMs'>,
  policies: Policies['found'],
): Promise<PlaceLogs> {
  const names = (await listSorted(files, vault)) ?? [];
  const stations = await stationCustodies(files, vault);
  const nothing = { facts: new PlaceFacts(), pasts: undefined, restored: new Set<string>() };
  const logs = new PlaceLogs({ files, keys, kind: 'vault', signal, stations, policies, ...nothing });
  for (const receiver of names.filter(isReceiverId))
    await logs.readStore(receiver, custodyFolder(vault, receiver));
  for (const station of stations) await logs.readStation(station);
  return logs;
}

/** What is wrong with the drops that are asked for, and with the deletions before them. Errors: the signal's reason; the machine's. */
export async function judgeVaultDrops(
  question: VaultQuestion,
  logs: PlaceLogs,
  isAsked: (drop: LoggedDrop) => boolean,
): Promise<Finding[]> {
  const { files, vault, keys, nowMs } = question;
  const facts = new PlaceFacts();
  const orders: FoundOrder[] = [];
  const kept: KeptDeletion[] = [];
  const findings: Finding[] = [];
  for await (const found of keptAndOrders(files, vault)) {
    if (found.kind === 'orders') orders.push(...(await checkOrders({ ...question, ...found })).orders);
    else if (found.kind === 'kept') {
      const checked = await checkKept(files, found, keys);
      findings.push(...checked.findings);
      if (checked.kept !== undefined) kept.push(checked.kept);
    }
  }
  const log = logs.store;
  const book = new OrderBook(orders, facts, log);
  const basisOfDrops = { log, facts, kept, orders: book, nowMs };
  const { stations } = logs;
  const drops = judgeDrops({ ...basisOfDrops, stations }, isAsked);
  const basis = { facts, orders: book, logs, keys, complete: true, extent: 'vault', nowMs } as const;
  const asked = new Set<string>([...log.drops.values()].filter(isAsked).map(({ recording }) => recording));
  const missing = book.missing((recording) => asked.has(recording));
  return [...findings, ...drops.findings, ...judgeKept({ ...basis, kept: drops.deleted }), ...missing];
}
