// What a condition is, as data. Each code stands once in condition-table.ts; what raises a code decides when it holds, the table how it is
// shown.
//
// To add a code: write its entry into the table, its words into config/texts/en/conditions.ts and de/conditions.ts, and run `npm run
// schemas`; raise and clear it through `Conditions` (protocol/format/ports.ts), and prove with a test that its real cause makes it appear and go. Write a code as a literal in the call, or in a
// constant whose name ends in CONDITION(S) or CODE(S): test/unit/monitoring/condition-table.test.ts finds codes there, and fails for one
// that the table lacks or nobody raises.

/**
 * How bad it is, and how it shows. "info": worth knowing, nothing to do, monitoring stays green. "warning": somebody should look within
 * days; work goes on. "error": something is not done and needs a person today. "critical": evidence, or taking recordings at all, is at
 * stake: call somebody now. From "error" on the station's status is "degraded"; a camera that is away on holiday does not degrade it.
 */
export type Severity = 'info' | 'warning' | 'error' | 'critical';

/** What the subject of a condition names; "none" where the code says it all. Never a serial number, a path or a name of a file. */
export type SubjectKind = 'none' | 'bay' | 'port' | 'camera' | 'recording' | 'led' | 'certificate';

/** One text for people in each language. */
export interface Words {
  readonly en: string;
  readonly de: string;
}

/** All that is known of a code before it is raised. */
export interface ConditionKind {
  readonly severity: Severity;
  readonly subject: SubjectKind;
  /** What is wrong, in one sentence without technical words where that goes. */
  readonly text: Words;
  /** What a person does about it. */
  readonly remedy: Words;
  /** It must stand for so long before it is shown, in ms. The log has it at once. */
  readonly afterMs: number;
  /** Codes that explain it: as long as one of them is shown, this one is not. */
  readonly causes: readonly string[];
  /** Keys of the facts that monitoring may see: numbers, and texts that are words of our own. Others stay in the log. */
  readonly facts: readonly string[];
}

/** Conditions of one area by code, "<area>.<what>". */
export type ConditionTable = Readonly<Record<string, ConditionKind>>;
