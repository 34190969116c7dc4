// Rows of a table in a terminal.

/** Cells under each other, two spaces apart, the last one as long as it is; columns of which `right` holds the number (from 0) end alike. */
export function columns(
  rows: readonly (readonly string[])[],
  right: ReadonlySet<number> = new Set(),
): string[] {
  const widths = (rows[0] ?? []).map((_, at) =>
    rows.reduce((most, row) => Math.max(most, (row[at] ?? '').length), 0),
  );
  const padded = (cell: string, at: number, last: number): string => {
    if (right.has(at)) return cell.padStart(widths[at] ?? 0);
    return at === last ? cell : cell.padEnd(widths[at] ?? 0);
  };
  return rows.map((row) =>
    row
      .map((cell, at) => padded(cell, at, row.length - 1))
      .join('  ')
      .trimEnd(),
  );
}
