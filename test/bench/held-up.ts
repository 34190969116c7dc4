// How long a thread was held up, of many looks; as it was, and without the times in which the whole machine stood still.

/** When it came, in ms of the machine's clock, and by how many ms it was late. */
export type Look = readonly [atMs: number, lateMs: number];

/** From and to, in ms of the machine's clock. */
export type Span = readonly [fromMs: number, toMs: number];

/** ms, of all looks. */
export interface HeldUp {
  readonly looks: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly longestMs: number;
}

/** NaN where nobody looked. */
export function heldUp(looks: readonly Look[]): HeldUp {
  const late = looks.map(([, lateMs]) => lateMs).sort((a, b) => a - b);
  const quantile = (share: number): number =>
    late[Math.max(0, Math.ceil(share * late.length) - 1)] ?? Number.NaN;
  return {
    looks: late.length,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    p999Ms: quantile(0.999),
    longestMs: quantile(1),
  };
}

/** Each look as late as it would be if the spans, which do not overlap, had not been. */
export function without(spans: readonly Span[], looks: readonly Look[]): Look[] {
  return looks.map(([atMs, lateMs]) => {
    const inSpans = spans.reduce(
      (sum, [fromMs, toMs]) => sum + Math.max(0, Math.min(toMs, atMs) - Math.max(fromMs, atMs - lateMs)),
      0,
    );
    return [atMs, lateMs - inSpans];
  });
}

/** What lies in a span of each list; the spans of each are in order and do not overlap. */
export function common([first = [], ...others]: readonly (readonly Span[])[]): Span[] {
  return others.reduce<Span[]>(
    (shared, spans) =>
      shared.flatMap(([fromMs, toMs]) =>
        spans
          .map(([from, to]): Span => [Math.max(from, fromMs), Math.min(to, toMs)])
          .filter(([from, to]) => from < to),
      ),
    [...first],
  );
}
