// Enters into a store's log that a witness outside said the very time of this process's clock, which a test may have moved: by it the store
// deletes what is due. `node outside-time-main.js RECEIVER.YAML`.
import { saysTime } from './outside-time.ts';

await saysTime(process.argv[2] ?? '');
