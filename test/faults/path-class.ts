/** What a path is called in the name of a point: ids and digests as *, numbers as #. */
export function classOf(path: string): string {
  return path.replace(/[a-z2-7]{26,}|[0-9a-f]{32,}/g, '*').replace(/\d+/g, '#') || '.';
}
