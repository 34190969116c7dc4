// What of station.yaml a running station takes over without being put down and up again. The rest it takes over too, between two cameras.

/** First keys of the file, or single options of one, such as "broker.windows". */
export const LIVE_OPTIONS: ReadonlySet<string> = new Set([
  'log',
  'broker.rate_bytes_per_s',
  'broker.windows',
]);
