// What a simulation asks of the store's log when a file goes off its camera: the receipt is in it, and it is the tree that the station saw.
// Reads the durable lines alone.
import { parseCheckpoint } from '../../protocol/transparency/checkpoint.ts';
import { CompactRange, leafHash } from '../../protocol/transparency/merkle.ts';
import { parseNote } from '../../protocol/transparency/signed-note.ts';
import type { DurableFolder } from './durable-tree.ts';

/** The parts of an entry that are looked at. */
interface Line {
  readonly event: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/**
 * Undefined where all is as it must be for a recording that has one of those ids in the vault. A station that was cut between the receipt that it
 * stored and its entries has seen nothing (SPEC 6.12.13): then the receipt alone is looked for.
 */
export function witnessFault(
  custody: DurableFolder | undefined,
  store: DurableFolder | undefined,
  ids: readonly string[],
): string | undefined {
  const notes = segments(custody).flatMap((lines) =>
    lines.map(parsed).filter((line) => line?.event === 'store-log'),
  );
  const trees = treesOf(segments(store));
  for (const note of notes) {
    const { origin, size, root } = parseCheckpoint(parseNote(String(note?.facts['checkpoint'])).text);
    const tree = new CompactRange();
    for (const line of (trees.get(origin) ?? []).slice(0, size)) tree.append(leafHash(line));
    if (tree.size !== size || !Buffer.from(tree.root()).equals(root))
      return `the log of the store is not the one that the station saw at ${size}`;
  }
  const isReceipted = [...trees.values()].flat().some((line) => {
    if (!line.includes('"event":"receipt"')) return false;
    return ids.includes(String(parsed(line)?.facts['recording']));
  });
  return isReceipted ? undefined : 'its receipt is not in the log of the store';
}

/** Lines by the origin of their tree. */
function treesOf(all: readonly Buffer[][]): Map<string, Buffer[]> {
  const trees = new Map<string, Buffer[]>();
  const begun = all.map((lines) => ({ lines, ...placeOf(lines) }));
  for (const { lines, origin, size } of begun.toSorted((a, b) => a.size - b.size)) {
    const tree = trees.get(origin) ?? [];
    trees.set(origin, tree);
    tree.splice(size, tree.length - size, ...lines);
  }
  return trees;
}

function placeOf([first]: readonly Buffer[]): { readonly origin: string; readonly size: number } {
  const facts = first === undefined ? {} : (parsed(first)?.facts ?? {});
  return { origin: String(facts['log_origin']), size: Number(facts['log_size'] ?? 0) };
}

/** Whole lines of each segment, without their LF. */
function segments(folder: DurableFolder | undefined): Buffer[][] {
  const names = (folder?.names ?? []).filter((name) => name.endsWith('.jsonl'));
  return names.map((name) => {
    const lines: Buffer[] = [];
    const bytes = Buffer.from(folder?.bytes(name) ?? []);
    for (let from = 0, end = bytes.indexOf(10); end >= 0; from = end + 1, end = bytes.indexOf(10, from))
      lines.push(bytes.subarray(from, end));
    return lines;
  });
}

function parsed(line: Buffer): Line | undefined {
  try {
    return JSON.parse(line.toString()) as Line;
  } catch {
    return undefined;
  }
}
