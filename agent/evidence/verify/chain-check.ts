// Follows the chains of manifests, one per station key and camera (SPEC 4.1, `previous_manifest_sha256`). Pure: digests in, faults out.
// Memory: one row per recording.
import type { LogAccount } from './log-account.ts';
import { PackedMap, type Shape } from './packed-map.ts';
import { finding, note, type Remark } from './remark.ts';

/** One manifest whose signature holds. */
export interface ChainLink {
  /** Digest of the manifest's bytes. */
  readonly sha256: string;
  readonly previous: string | null;
  /** Station key and camera: what makes a chain. */
  readonly chain: string;
  /** The recording, for the report. */
  readonly name: string;
}

/**
 * What does not fit in a chain:
 * "two-starts": more than one manifest has no predecessor; "fork": several have one predecessor (`other` is its digest);
 * "gap": the predecessor is not here (`other` is its digest); "other-chain": the predecessor belongs to another chain (`other` is its
 * name); "cycle": the predecessors lead back to where they began.
 */
export interface ChainFault {
  readonly kind: 'two-starts' | 'fork' | 'gap' | 'other-chain' | 'cycle';
  readonly chain: string;
  /** The links that show it, at least one. */
  readonly names: readonly string[];
  readonly other: string | null;
}

/** A link by the digest of its manifest. */
interface HeldLink extends Omit<ChainLink, 'sha256'> {
  /** Whether another one of its chain follows it. */
  readonly isFollowed: boolean;
}

const LINK_SHAPE: Shape<HeldLink> = {
  previous: 'digest',
  chain: 'word',
  name: 'id',
  isFollowed: 'word',
};

type Links = PackedMap<HeldLink>;

/**
 * All faults of the chains that these links form; a link that comes twice counts once. A chain without a start shows as the gap, the
 * other chain or the cycle that its oldest link leads to.
 */
export function checkChains(links: Iterable<ChainLink>): ChainFault[] {
  const bySha256 = new PackedMap(LINK_SHAPE);
  for (const { sha256, previous, chain, name } of links)
    bySha256.set(sha256, { previous, chain, name, isFollowed: false });
  const starts = new Map<string, string[]>();
  const broken = new Set<string>();
  for (const link of bySha256.values())
    if (link.previous === null) push(starts, link.chain, link.name);
    else if (isBroken(link, bySha256)) broken.add(place(link));
  const followers = new Map<string, HeldLink[]>();
  for (const link of broken.size === 0 ? [] : bySha256.values())
    if (link.previous !== null && broken.has(place(link))) push(followers, place(link), link);
  return [
    ...[...starts].filter(([, found]) => found.length > 1).map(twoStarts),
    ...[...followers.values()].flatMap((found) => judgeFollowers(found, bySha256)),
    ...cycles(bySha256),
  ];
}

/** Where in which chain a link follows. */
function place({ chain, previous }: HeldLink): string {
  return `${chain} ${previous}`;
}

/** Whether it follows nothing that is here, another chain, or what another one follows. */
function isBroken({ previous, chain }: HeldLink, bySha256: Links): boolean {
  const before = bySha256.get(previous ?? '');
  if (before === undefined || before.chain !== chain || before.isFollowed) return true;
  bySha256.change(previous ?? '', { isFollowed: true });
  return false;
}

function push<T>(map: Map<string, T[]>, key: string, one: T): void {
  const found = map.get(key);
  if (found === undefined) map.set(key, [one]);
  else found.push(one);
}

function namesOf(links: readonly Pick<HeldLink, 'name'>[]): string[] {
  return links.map(({ name }) => name).sort();
}

function twoStarts([chain, names]: [string, string[]]): ChainFault {
  return { kind: 'two-starts', chain, names: names.sort(), other: null };
}

/** `links` are all of one chain with one predecessor, at least one. */
function judgeFollowers(links: readonly HeldLink[], bySha256: Links): ChainFault[] {
  const [first] = links;
  if (first === undefined || first.previous === null) return [];
  const { chain, previous } = first;
  const names = namesOf(links);
  const faults: ChainFault[] = [];
  if (links.length > 1) faults.push({ kind: 'fork', chain, names, other: previous });
  const before = bySha256.get(previous);
  if (before === undefined) faults.push({ kind: 'gap', chain, names, other: previous });
  else if (before.chain !== chain) faults.push({ kind: 'other-chain', chain, names, other: before.name });
  return faults;
}

function cycles(bySha256: Links): ChainFault[] {
  const before = (row: number): number | undefined => bySha256.row(bySha256.at(row).previous ?? '');
  return findCircles(bySha256.rows(), before).map((circle) => {
    const links = circle.map((row) => bySha256.at(row));
    return { kind: 'cycle', chain: links[0]?.chain ?? '', names: namesOf(links), other: null };
  });
}

// Puts faults of the chains into words, and explains a gap where a log can. Pure.

/** What may explain a gap. */
interface GapContext {
  /** Which chains: of manifests, or of docking records. */
  readonly of: 'chain' | 'docking-chain';
  /** Whether all documents of a chain should be here; a few loose ones need not be. */
  readonly complete: boolean;
  readonly kind: 'vault' | 'spool';
  /** Where a document lies, by its id; of several the one of a chain. */
  readonly whereIs: (name: string, chain?: string) => string | undefined;
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
  const where = context.whereIs(names[0] ?? '', chain) ?? '.';
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

// Finds circles among things that each name at most one predecessor. Pure; each thing is walked over once.

/** The members of each circle that following `before` leads into. */
export function findCircles<T>(all: Iterable<T>, before: (one: T) => T | undefined): T[][] {
  const circles: T[][] = [];
  const done = new Set<T>();
  for (const begin of all) {
    const walk = new Set<T>();
    let at: T | undefined = begin;
    while (at !== undefined && !done.has(at) && !walk.has(at)) {
      walk.add(at);
      at = before(at);
    }
    const steps = [...walk];
    if (at !== undefined && walk.has(at)) circles.push(steps.slice(steps.indexOf(at)));
    for (const one of steps) done.add(one);
  }
  return circles;
}
