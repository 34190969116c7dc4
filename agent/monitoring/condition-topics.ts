// Shows the board on MQTT: one retained document a code, and an empty one for every code that is not shown. What an earlier run left
// behind, or was cleared while the broker was away, goes at the next connect.
import { encodeMonitoring } from '../../protocol/transfer/messages.ts';
import { conditionSchema } from '../../protocol/transfer/monitoring.ts';
import type { StationTopics } from '../../protocol/transfer/topics.ts';
import type { RetainedTopics } from './retained-topics.ts';
import type { ConditionBoard } from './condition-board.ts';
import { conditionDocument } from './condition-document.ts';
import { CONDITION_TABLE } from './condition-table.ts';

export interface ConditionTopicsDeps {
  readonly board: ConditionBoard;
  readonly retained: RetainedTopics;
  readonly topics: StationTopics;
  readonly session: string;
}

/** Adds a topic for every code; the returned function tells that what is shown of a code changed. */
export function conditionTopics(deps: ConditionTopicsDeps): (code: string) => void {
  for (const code of Object.keys(CONDITION_TABLE)) addTopic(deps, code);
  return (code) => {
    addTopic(deps, code);
    deps.retained.changed(deps.topics.condition(code));
  };
}

function addTopic({ board, retained, topics, session }: ConditionTopicsDeps, code: string): void {
  const document = (): Uint8Array | undefined => {
    const shown = board.shown(code);
    const found = shown && conditionDocument(shown, session);
    return found && encodeMonitoring(conditionSchema, found);
  };
  retained.add({ topic: topics.condition(code), document });
}
