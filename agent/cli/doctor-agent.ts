// What the running agent says of itself: each condition that stands, with its own words.
import type { Severity } from '../monitoring/condition-kind.ts';
import { shownSubjects } from '../monitoring/shown-subjects.ts';
import type { ConditionDocument } from '../../protocol/transfer/monitoring.ts';
import type { DoctorContext, SpoolContext } from './doctor-context.ts';
import { found, type DoctorSeverity, type Finding } from './doctor-finding.ts';

const SEVERITIES: Readonly<Record<Severity, DoctorSeverity>> = {
  info: 'note',
  warning: 'warning',
  error: 'error',
  critical: 'error',
};
/** ... and code 69. */
const OUT_OF_REACH = /^(?:broker|store)\./;

export function agentFindings({ asked, config }: Pick<DoctorContext, 'asked'> & SpoolContext): Finding[] {
  if (asked === undefined) return [found('agent.path-length', config.spool.path)];
  if (asked.kind !== 'answered') return [found(`agent.${asked.kind}`, config.spool.path)];
  const findings = asked.says.conditions.map(conditionFinding);
  return findings.length > 0 ? findings : [found('agent.good')];
}

function conditionFinding({ code, severity, text, remedy, subjects }: ConditionDocument): Finding {
  const reach = OUT_OF_REACH.test(code) && severity !== 'info' && severity !== 'warning';
  return {
    code,
    where: shownSubjects(subjects),
    values: {},
    kind: { severity: SEVERITIES[severity], text, remedy, ...(reach ? { exit: 69 } : {}) },
  };
}
