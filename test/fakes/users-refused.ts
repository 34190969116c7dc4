// A Node that does not let its process become another user, as Debian 13's (libuv with io_uring, CVE-2024-22017).
import { afterAll, beforeAll, vi } from 'vitest';

const CALLS = ['setuid', 'setgid', 'seteuid', 'setegid', 'setgroups'] as const;

/** For all tests of the file that calls this. */
export function refuseOtherUsers(): void {
  beforeAll(() => {
    for (const name of CALLS)
      vi.spyOn(process as Required<NodeJS.Process>, name).mockImplementation(() => {
        throw Object.assign(new Error(`${name}() disabled: io_uring may be enabled. See CVE-2024-22017.`), {
          code: 'ERR_INVALID_STATE',
        });
      });
  });
  afterAll(() => {
    vi.restoreAllMocks();
  });
}
