// The commands of a kit's page as one script for bash, for whoever does not want to type them. Pure.
import { FINDINGS_FILE } from './kit-texts.ts';
import { SAID, type KitLine } from './kit-lines.ts';
import { kitSteps, opens, type KitContents } from './kit-steps.ts';

/** Each command stands as on the page. The script ends at the first one that fails or does not show what the page says. */
export function checkScript(contents: KitContents): string {
  const steps = kitSteps(contents).map((step) => {
    const told = `echo; echo "== ${step.kind}"`;
    const body = [told, ...step.groups.flat().map(checked)];
    return opens(step)
      ? ['if [ -n "$IDENTITY" ]; then', ...body.map((line) => `  ${line}`), 'fi'].join('\n')
      : body.join('\n');
  });
  return `#!/usr/bin/env bash
[ -n "\${BASH_VERSION:-}" ] || exec bash "$0" "$@"
# The commands of INDEX.html, in its order. Needs minisign, age and coreutils. Usage: bash check.sh [IDENTITY]
# Ends with "EVERYTHING HOLDS", or at the first line that does not hold; where FINDINGS.txt lies here never with that word.
# What is opened is written beside this file.
set -euo pipefail
IDENTITY=\${1:+$(realpath "$1")}
cd "$(dirname "$0")"
${SAID}
# Shows what a command says, and ends the script where one of the lines that it must say is missing.
must() {
  local out line
  out=$(cat)
  echo "$out"
  for line; do
    [[ $'\\n'$out$'\\n' == *$'\\n'"$line"$'\\n'* ]] || { echo "DOES NOT HOLD: \\"$line\\" is missing" >&2; exit 1; }
  done
}

${steps.join('\n\n')}

echo
if [ -e ${FINDINGS_FILE} ]; then
  echo "WHAT WAS CHECKED HOLDS, BUT NOT EVERYTHING DID WHEN THIS KIT WAS MADE: see ${FINDINGS_FILE}" >&2
  echo "WAS GEPRÜFT WURDE, STIMMT, ABER NICHT ALLES STIMMTE, ALS DIESE MAPPE ENTSTAND: siehe ${FINDINGS_FILE}" >&2
  exit 1
fi
echo "EVERYTHING HOLDS"
`;
}

/** Braces: the exit code of a list with && in it would not end the script. */
function checked({ command, expected }: KitLine): string {
  if (expected.length === 0) return command;
  return `{ ${command}; } | must ${expected.map((line) => `'${line}'`).join(' ')}`;
}
