// Follows the chains of manifests, one per station key and camera (SPEC 4.1, `previous_manifest_sha256`). Pure: digests in, faults out.
// Memory: one small object per recording.
import { findCircles } from './circles.ts';

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

/**
 * All faults of the chains that these links form; a link that comes twice counts once. A chain without a start shows as the gap, the
 * other chain or the cycle that its oldest link leads to.
 */
export function checkChains(links: Iterable<ChainLink>): ChainFault[] {
  const bySha256 = new Map<string, ChainLink>();
  for (const link of links) bySha256.set(link.sha256, link);
  const starts = new Map<string, ChainLink[]>();
  const followers = new Map<string, ChainLink[]>();
  for (const link of bySha256.values()) {
    if (link.previous === null) push(starts, link.chain, link);
    else push(followers, `${link.chain} ${link.previous}`, link);
  }
  return [
    ...[...starts].filter(([, found]) => found.length > 1).map(twoStarts),
    ...[...followers.values()].flatMap((found) => judgeFollowers(found, bySha256)),
    ...cycles(bySha256),
  ];
}

function push(map: Map<string, ChainLink[]>, key: string, link: ChainLink): void {
  const found = map.get(key);
  if (found === undefined) map.set(key, [link]);
  else found.push(link);
}

function namesOf(links: readonly ChainLink[]): string[] {
  return links.map(({ name }) => name).sort();
}

function twoStarts([chain, links]: [string, ChainLink[]]): ChainFault {
  return { kind: 'two-starts', chain, names: namesOf(links), other: null };
}

/** `links` are all of one chain with one predecessor, at least one. */
function judgeFollowers(links: readonly ChainLink[], bySha256: ReadonlyMap<string, ChainLink>): ChainFault[] {
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

function cycles(bySha256: ReadonlyMap<string, ChainLink>): ChainFault[] {
  const before = ({ previous }: ChainLink): ChainLink | undefined =>
    previous === null ? undefined : bySha256.get(previous);
  return findCircles(bySha256.values(), before).map((circle) => ({
    kind: 'cycle',
    chain: circle[0]?.chain ?? '',
    names: namesOf(circle),
    other: null,
  }));
}
