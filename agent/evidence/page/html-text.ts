// The few building blocks of a printed page: escaped text, a table, and the frame with its style. No script, nothing from elsewhere.

/** Text as it may stand in HTML and in attribute values. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** A table; cells are text, the first column is the head of its row. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[]): string =>
    row
      .map((cell, at) =>
        at === 0 ? `<th scope="row">${escapeHtml(cell)}</th>` : `<td>${escapeHtml(cell)}</td>`,
      )
      .join('');
  const heads = head.map((cell) => `<th scope="col">${escapeHtml(cell)}</th>`).join('');
  return `<table><thead><tr>${heads}</tr></thead><tbody>${rows.map((row) => `<tr>${cells(row)}</tr>`).join('\n')}</tbody></table>`;
}

const STYLE = `
@page { size: A4; margin: 18mm 16mm; }
body { font: 11pt/1.45 system-ui, "DejaVu Sans", Arial, sans-serif; color: #111; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.7em; margin-bottom: .2em; overflow-wrap: anywhere; } h2 { font-size: 1.2em; margin-top: 1.8em; border-bottom: 1px solid #999; break-after: avoid; }
h3 { font-size: 1em; margin-bottom: .2em; break-after: avoid; }
table { border-collapse: collapse; width: 100%; font-size: .86em; margin: .6em 0; }
th, td { padding: .25em .4em; border-bottom: 1px solid #ddd; text-align: right; vertical-align: top; }
th:first-child, td:first-child { text-align: left; } thead th { border-bottom: 1px solid #666; }
table:has(th:nth-child(7)) thead th { font-size: .86em; padding-inline: .25em; } thead { display: table-header-group; } tr, svg, article { break-inside: avoid; } h3:has(+ svg), p:has(+ svg) { break-after: avoid; }
svg { width: 100%; height: auto; } svg text { font: 10px system-ui, "DejaVu Sans", Arial, sans-serif; fill: #333; }
.big { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1rem 0; } .big div { box-sizing: border-box; flex: 1 1 8rem; border: 1px solid #bbb; padding: .6rem .8rem; }
.big b { display: block; font-size: 1.6em; } .small { font-size: .86em; color: #444; } .warn { border-left: 4px solid #a33; padding-left: .8rem; }
article { border-left: 3px solid #bbb; padding-left: .8rem; margin: 1rem 0; }
@media screen and (max-width: 40rem) { table { font-size: .68em; } th, td { padding: .2em; overflow-wrap: anywhere; } }
@media print { body { margin: 0; max-width: none; padding: 0; } table { font-size: .78em; } }
`;

/** A whole page around a body that is HTML already; `style` adds to the common one. */
export function page(language: string, title: string, body: string, style = ''): string {
  const policy = "default-src 'none'; style-src 'unsafe-inline'";
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)}</title><style>${STYLE}${style}</style></head>
<body>
${body}
</body></html>
`;
}
