// Puts faults of the chains into words, and explains a gap where the custody log can. Pure.
import type { ChainFault } from './chain-check.ts';
import type { LogAccount } from './log-account.ts';
import { finding, note, type Remark } from './remark.ts';

/** What may explain a gap. */
export interface GapContext {
  /** Whether all recordings of a chain should be here; a few loose ones need not be. */
  readonly complete: boolean;
  readonly kind: 'vault' | 'spool';
  /** Where each recording lies, by its id. */
  readonly places: ReadonlyMap<string, string>;
  /** Ids that other recordings name as replaced. */
  readonly superseded: ReadonlySet<string>;
  readonly accounts: readonly LogAccount[];
}

/** Names that are told in one remark. */
const NAMED_MAX = 5;

/** One remark for a fault. */
export function chainRemark(fault: ChainFault, context: GapContext): Remark {
  const { kind, chain, names, other } = fault;
  const where = context.places.get(names[0] ?? '') ?? '.';
  const message = `chain of ${chain}: ${wordsOf(fault)}`;
  if (kind === 'gap') return gapRemark(other ?? '', where, message, context);
  return finding(`chain.${kind}`, where, message, { recordings: names.length, other });
}

function wordsOf({ kind, names, other }: ChainFault): string {
  const some = listed(names);
  const words: Readonly<Record<typeof kind, string>> = {
    'two-starts': `expected one first recording, found ${names.length}: ${some}`,
    fork: `recordings ${some} all follow the manifest with SHA-256 ${other}`,
    gap: `recording ${some} follows the manifest with SHA-256 ${other}, which is not here`,
    'other-chain': `recording ${some} follows recording ${other}, which belongs to another camera or key`,
    cycle: `recordings ${some} follow each other in a circle`,
  };
  return words[kind];
}

function gapRemark(missing: string, where: string, message: string, context: GapContext): Remark {
  if (!context.complete) return note('chain.gap-elsewhere', where, message, { missing });
  const found = spooledAs(missing, context.accounts);
  if (found === undefined) return finding('chain.gap', where, message, { missing });
  const { recording, receipted } = found;
  const named = `${message}; the custody log names it as recording ${recording}`;
  const facts = { missing, recording };
  if (context.superseded.has(recording)) return note('chain.gap-superseded', where, named, facts);
  const here = context.places.has(recording);
  if (context.kind === 'vault' && !receipted && !here) return note('chain.gap-waiting', where, named, facts);
  const why = here ? ', whose manifest here is another one or does not hold' : '';
  return finding('chain.gap', where, named + why, facts);
}

function spooledAs(
  manifestSha256: string,
  accounts: readonly LogAccount[],
): { readonly recording: string; readonly receipted: boolean } | undefined {
  for (const account of accounts)
    for (const [recording, logged] of account.all())
      if (logged.manifestSha256 === manifestSha256)
        return { recording, receipted: logged.receipts.length > 0 };
  return undefined;
}

function listed(names: readonly string[]): string {
  const more = names.length > NAMED_MAX ? `, and ${names.length - NAMED_MAX} more` : '';
  return names.slice(0, NAMED_MAX).join(', ') + more;
}
