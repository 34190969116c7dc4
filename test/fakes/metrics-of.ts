// Reads OpenMetrics 1.0 as a scraper would that takes nothing else: families in one piece, TYPE before samples, one value for each name with its
// labels, and the mark of the end.

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"';
const SAMPLE = new RegExp(`^(${NAME})((?:\\{${LABEL}(?:,${LABEL})*\\})?) (-?[0-9.]+(?:e[+-]?[0-9]+)?)$`);

/** Values by name with labels. Errors: RangeError for a text that is not well formed. */
export function metricsOf(text: string): Map<string, number> {
  const lines = text.split('\n');
  if (lines.at(-1) !== '' || lines.at(-2) !== '# EOF') throw new RangeError('the end is missing');
  const values = new Map<string, number>();
  const families = new Set<string>();
  let family = '';
  for (const line of lines.slice(0, -2)) {
    const [, keyword, named = ''] = /^# (TYPE|HELP) (\S+) .+$/.exec(line) ?? [];
    if (keyword === 'TYPE') {
      if (families.has(named)) throw new RangeError(`${named} comes twice`);
      families.add((family = named));
    } else if (keyword === 'HELP' && named === family) continue;
    else {
      const [, name, labels = '', value] = SAMPLE.exec(line) ?? [];
      if (name !== family || values.has(name + labels))
        throw new RangeError(`not a sample of ${family}: ${line}`);
      values.set(name + labels, Number(value));
    }
  }
  return values;
}
