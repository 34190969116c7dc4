// What SPEC 4.1 asks of a manifest beyond the shape of its fields. Pure.
import type { Manifest } from '../../../protocol/documents/manifest.ts';
import { sealedSizeBytes } from '../../../protocol/age/sealed-file.ts';

/** Every rule that the manifest breaks, in words; empty for a good one. */
export function brokenRules(manifest: Manifest): string[] {
  return [
    ...sealedSize(manifest),
    ...rejection(manifest),
    ...capture(manifest),
    ...joins(manifest),
    ...order('supersedes', manifest.supersedes),
    ...(new Set(manifest.recipients).size < manifest.recipients.length ? ['a recipient stands twice'] : []),
  ];
}

/** The length of an age file follows from the length of what is in it. */
function sealedSize({ original, sealed, recipients }: Manifest): string[] {
  const expected = sealedSizeBytes(original.size_bytes, recipients.length);
  if (expected === sealed.size_bytes) return [];
  return [
    `sealed.size_bytes is ${sealed.size_bytes}, an original of ${original.size_bytes} bytes for ${recipients.length} recipients makes ${expected}`,
  ];
}

function rejection({ rejected, original }: Manifest): string[] {
  if (rejected === null) return [];
  const { reason, unreadable } = rejected;
  const problems: string[] = [];
  if ((reason === 'damaged') !== unreadable.length > 0)
    problems.push(`rejected as ${reason} with ${unreadable.length} unreadable ranges`);
  let end = -1;
  for (const { offset_bytes, size_bytes } of unreadable) {
    if (offset_bytes <= end) problems.push(`unreadable ranges touch or are out of order at ${offset_bytes}`);
    end = offset_bytes + size_bytes;
  }
  if (end > original.size_bytes) problems.push(`an unreadable range ends at ${end}, behind the original`);
  if (reason === 'empty' && original.size_bytes > 0)
    problems.push(`rejected as empty with ${original.size_bytes} bytes`);
  return problems;
}

function capture({ capture }: Manifest): string[] {
  const { earliest_at: earliest, latest_at: latest, basis } = capture;
  if ((earliest === null) !== (latest === null)) return ['capture has only one end'];
  if (earliest === null || latest === null) return [];
  if (earliest > latest) return [`capture ends before it begins: ${earliest}, ${latest}`];
  return basis === 'clock-unmeasured' && earliest !== latest
    ? ['capture by an unmeasured clock has two different ends']
    : [];
}

function joins({ role, sidecars, sidecar_of: sidecarOf }: Manifest): string[] {
  const problems = order('sidecars', sidecars);
  if (role !== 'media' && sidecars.length > 0) problems.push(`role ${role} lists sidecars`);
  if ((role === 'sidecar') !== (sidecarOf !== null))
    problems.push(`role ${role} with sidecar_of ${sidecarOf ?? 'null'}`);
  return problems;
}

function order(field: string, values: readonly string[]): string[] {
  const good = values.every((value, at) => at === 0 || (values[at - 1] ?? '') < value);
  return good ? [] : [`${field} is not in ascending order, each once`];
}
