// Puts faults of the chains into words, and explains a gap where a log can. Pure.
import type { ChainFault } from './chain-check.ts';
import type { LogAccount } from './log-account.ts';
import { finding, note, type Remark } from './remark.ts';

/** What may explain a gap. */
export interface GapContext {
  /** Which chains: of manifests, or of docking records. */
  readonly of: 'chain' | 'docking-chain';
  /** Whether all documents of a chain should be here; a few loose ones need not be. */
  readonly complete: boolean;
  readonly kind: 'vault' | 'spool';
  /** Where a document lies, by its id. */
  readonly whereIs: (name: string) => string | undefined;
  /** Ids that other recordings name as replaced. */
  readonly superseded: ReadonlySet<string>;
  /** Digests of documents that the store's own log says it let go. */
  readonly dropped: ReadonlySet<string>;
  readonly accounts: readonly LogAccount[];
  /** Whether all logs are here from their first entry on. */
  readonly fromTheStart: boolean;
}

/** Names that are told in one remark. */
const NAMED_MAX = 5;
const DOCUMENTS = {
  chain: { one: 'recording', many: 'recordings', document: 'manifest' },
  'docking-chain': { one: 'docking record', many: 'docking records', document: 'docking record' },
} as const;

/** One remark for a fault. */
export function chainRemark(fault: ChainFault, context: GapContext): Remark {
  const { kind, chain, names, other } = fault;
  const where = context.whereIs(names[0] ?? '') ?? '.';
  const message = `chain of ${chain}: ${wordsOf(fault, context)}`;
  if (kind === 'gap') return gapRemark(other ?? '', where, message, context);
  return finding(`${context.of}.${kind}`, where, message, { recordings: names.length, other });
}

function wordsOf({ kind, names, other }: ChainFault, { of }: GapContext): string {
  const some = listed(names);
  const { one, many, document } = DOCUMENTS[of];
  const words: Readonly<Record<typeof kind, string>> = {
    'two-starts': `expected one first ${one}, found ${names.length}: ${some}`,
    fork: `${many} ${some} all follow the ${document} with SHA-256 ${other}`,
    gap: `${one} ${some} follows the ${document} with SHA-256 ${other}, which is not here`,
    'other-chain': `${one} ${some} follows ${one} ${other}, which belongs to another camera or key`,
    cycle: `${many} ${some} follow each other in a circle`,
  };
  return words[kind];
}

function gapRemark(missing: string, where: string, message: string, context: GapContext): Remark {
  const { of } = context;
  if (!context.complete) return note(`${of}.gap-elsewhere`, where, message, { missing });
  if (context.dropped.has(missing)) return note(`${of}.gap-dropped`, where, message, { missing });
  const found = madeAs(missing, context.accounts);
  // A station lets a docking record go once it is receipted, and later the segment that names it.
  const isOlder = of === 'docking-chain' && context.kind === 'spool' && !context.fromTheStart;
  if (found === undefined && isOlder) return note('docking-chain.gap-dropped', where, message, { missing });
  if (found === undefined) return finding(`${of}.gap`, where, message, { missing });
  const { name, receipted } = found;
  const named = `${message}; the custody log names it as ${DOCUMENTS[of].one} ${name}`;
  const facts = { missing, recording: name };
  if (of === 'chain' && context.superseded.has(name))
    return note('chain.gap-superseded', where, named, facts);
  const here = context.whereIs(name) !== undefined;
  if (context.kind === 'vault' && !receipted && !here) return note(`${of}.gap-waiting`, where, named, facts);
  if (of === 'docking-chain' && context.kind === 'spool' && receipted && !here)
    return note('docking-chain.gap-dropped', where, named, facts);
  const why = here ? ', whose document here is another one or does not hold' : '';
  return finding(`${of}.gap`, where, named + why, facts);
}

function madeAs(
  sha256: string,
  accounts: readonly LogAccount[],
): { readonly name: string; readonly receipted: boolean } | undefined {
  for (const account of accounts)
    for (const [name, logged] of account.all())
      if (logged.sha256 === sha256) return { name, receipted: logged.receipts.length > 0 };
  return undefined;
}

function listed(names: readonly string[]): string {
  const more = names.length > NAMED_MAX ? `, and ${names.length - NAMED_MAX} more` : '';
  return names.slice(0, NAMED_MAX).join(', ') + more;
}
