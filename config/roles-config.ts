// Keys of the two roles, in the files of both ends: typed form and rules.
import { parsePublicKey, type PublicKey } from '../protocol/documents/minisign.ts';
import { encodeBase64 } from '../protocol/format/bytes.ts';
import { placed, type PlacedText, type RuleReport } from './rules.ts';

/** Keys whose signatures make an order (SPEC 4.8). No key is in both lists. */
export interface RolesConfig {
  readonly officers: readonly PublicKey[];
  readonly supervisors: readonly PublicKey[];
}

/** Maps lists that passed the rules. */
export function mapRoles(roles: Readonly<Record<keyof RolesConfig, readonly string[]>>): RolesConfig {
  return { officers: roles.officers.map(parsePublicKey), supervisors: roles.supervisors.map(parsePublicKey) };
}

type Lines = readonly (string | undefined)[] | undefined;

/**
 * Reports mistyped keys and those that come twice. A key of both roles would make one person two, and one of a station (`others`) lies on a
 * machine that nobody attends.
 */
export function checkRoles(
  {
    officers,
    supervisors,
    evaluators,
  }: { readonly officers?: Lines; readonly supervisors?: Lines; readonly evaluators?: Lines } = {},
  others: readonly PlacedText[],
  report: RuleReport,
): void {
  const lists = Object.entries({ officers, supervisors, evaluators });
  const all = lists.flatMap(([name, lines]) => placed(lines, ['roles', name]));
  report.unique([...others, ...all], 'key', keyItself);
  for (const [name, lines] of lists) report.publicKeys(lines, ['roles', name]);
}

/** The key without its id, which anybody who holds the secret half can choose: two lines of two ids may be one key. */
function keyItself(line: string): string {
  try {
    return encodeBase64(parsePublicKey(line).key);
  } catch {
    return line; // is told as none
  }
}
