// The commands of a kit's page as one script for bash, for whoever does not want to type them. Pure.
import { LINUX } from './kit-dialects.ts';
import { kitSteps, type KitContents } from './kit-steps.ts';

/** Each line stands as on the page; the script ends at the first one that fails. Steps that open are left out without an identity. */
export function checkScript(contents: KitContents): string {
  const steps = kitSteps(contents, LINUX).map(({ kind, subject, lines }) => {
    const opens = kind === 'original' || kind === 'name';
    const body = lines.map(({ command }) => command);
    const told = `echo; echo "== ${kind} ${subject}"`;
    return opens ? optional(told, body) : [told, ...body].join('\n');
  });
  return `#!/usr/bin/env bash
# The commands of INDEX.html, in its order. Needs minisign, age and coreutils. Usage: bash check.sh [IDENTITY]
# Ends with "EVERYTHING HOLDS", or at the first line that does not hold.
set -euo pipefail
cd "$(dirname "$0")"
IDENTITY=\${1:-}

${steps.join('\n\n')}

echo
echo "EVERYTHING HOLDS"
`;
}

function optional(told: string, body: readonly string[]): string {
  return ['if [ -n "$IDENTITY" ]; then', ...[told, ...body].map((line) => `  ${line}`), 'fi'].join('\n');
}
