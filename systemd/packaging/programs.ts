// Our programs as `npm run build` leaves them: the same files as in the packages, but those of both packages in one folder.
import { join } from 'node:path';
import { bundle } from './bundle.ts';
import { AGENT, RECEIVER } from './parts.ts';

/** `code` is the folder with what was compiled; they go into its folder "programs". Errors: those of bundle(). */
export async function bundlePrograms(code: string): Promise<void> {
  const launched = [AGENT, RECEIVER].flatMap((part) => part.launched);
  await bundle({ code, modules: launched.map(({ module }) => module), out: join(code, 'programs') });
}
