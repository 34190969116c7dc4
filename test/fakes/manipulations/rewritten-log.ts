// Writes a custody log again as a thief with its key would: entries changed, dropped or put in, then everything chained and signed again.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeUtf8, sha256Hex } from '../../../protocol/format/bytes.ts';
import { encodeCanonical } from '../../../protocol/format/canonical.ts';
import type { SecretKey } from '../../../protocol/documents/minisign.ts';
import { signFast } from '../signer-fast.ts';

/** An entry whose fields may be changed. */
export interface LooseLine {
  readonly event: string;
  readonly facts: Record<string, unknown>;
  readonly at: string;
  readonly [name: string]: unknown;
}

/** Gives the entries that a segment has from now on; checkpoints among them are signed again. */
export type LogEdit = (entries: readonly LooseLine[], segment: number) => readonly LooseLine[];

/** Which log it is. */
export interface RewrittenLog {
  readonly folder: string;
  readonly segments: readonly string[];
  readonly holder: string;
  readonly keyOf: (segment: number) => SecretKey;
}

/** Writes all segments again, each after the one before. */
export async function rewriteLog(log: RewrittenLog, edit: LogEdit): Promise<void> {
  let last: Readonly<Record<string, unknown>> | undefined;
  for (const [number, segment] of log.segments.entries()) {
    const path = join(log.folder, `${segment}.jsonl`);
    const entries = edit(linesOf(await readFile(path, 'utf8')), number).map((entry) =>
      entry.event === 'segment-opened' && last !== undefined
        ? { ...entry, facts: { ...entry.facts, ...last } }
        : entry,
    );
    const chain = chainOf(entries, { segment, holder: log.holder, key: log.keyOf(number) });
    await writeFile(path, chain.text);
    last = { last_segment: segment, last_sequence: chain.sequence, last_sha256: chain.sha256 };
  }
}

/** Entries of a segment's text. */
export function linesOf(text: string): LooseLine[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as LooseLine);
}

/** Text of a segment with these entries, chained from its beginning. */
export function chainOf(
  entries: readonly LooseLine[],
  { segment, holder, key }: { readonly segment: string; readonly holder: string; readonly key: SecretKey },
): { text: string; sequence: number; sha256: string } {
  let text = '';
  let sha256 = '0'.repeat(64);
  let sequence = 0;
  for (const entry of entries) {
    const { at, boot, monotonic_ms } = entry;
    const place = { station: holder, segment, sequence, sha256 };
    const head = { type: 'custody-head', version: 1, ...place, at, boot, monotonic_ms };
    const facts = entry.event === 'checkpoint' ? checkpointOf(encodeCanonical(head), key) : entry.facts;
    sequence++;
    const line = Buffer.from(encodeCanonical({ ...entry, facts, sequence, previous: sha256 })).toString(
      'utf8',
    );
    sha256 = sha256Hex(encodeUtf8(line));
    text += `${line}\n`;
  }
  return { text, sequence, sha256 };
}

function checkpointOf(head: Uint8Array, key: SecretKey): Record<string, unknown> {
  const signature = signFast(key, head, 'bodydock custody-head');
  return { head: Buffer.from(head).toString('utf8'), signature };
}
