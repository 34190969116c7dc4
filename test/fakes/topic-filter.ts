// MQTT's topic filters for brokers in memory: "+" for one level, "#" for the rest.

/** True where the topic is one that the filter names. Topics that start with "$" are hidden from leading wildcards (MQTT 5.0, 4.7.2). */
export function matchesFilter(filter: string, topic: string): boolean {
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false;
  const wanted = levelsOf(filter);
  const levels = levelsOf(topic);
  for (const [place, level] of wanted.entries()) {
    if (level === '#') return true;
    if (place >= levels.length || (level !== '+' && level !== levels[place])) return false;
  }
  return wanted.length === levels.length;
}

const LEVELS_MAX = 5000;
const known = new Map<string, readonly string[]>();

/** A broker asks for the same ones again and again: each topic once for each filter of each client. */
function levelsOf(text: string): readonly string[] {
  let levels = known.get(text);
  if (levels === undefined) {
    if (known.size >= LEVELS_MAX) known.clear();
    known.set(text, (levels = text.split('/')));
  }
  return levels;
}
