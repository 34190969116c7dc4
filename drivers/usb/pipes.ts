// Which of an interface's endpoints are its pipes. Pure.
import { DockError } from '../../protocol/format/errors.ts';

/** bmAttributes, bits 0 and 1. Source: USB 2.0, 9.6.6. */
const TYPE_BULK = 2;
const TYPE_INTERRUPT = 3;

/** What of an endpoint decides. */
export interface EndpointFacts {
  readonly transferType: number;
  readonly direction: 'in' | 'out';
}

/** The first endpoint of each kind; undefined where the interface has none. */
export interface Pipes<Endpoint> {
  readonly input: Endpoint | undefined;
  readonly output: Endpoint | undefined;
  readonly events: Endpoint | undefined;
}

/** Never throws. */
export function pipesOf<Endpoint extends EndpointFacts>(endpoints: readonly Endpoint[]): Pipes<Endpoint> {
  const pick = (type: number, direction: 'in' | 'out'): Endpoint | undefined =>
    endpoints.find((each) => each.transferType === type && each.direction === direction);
  return {
    input: pick(TYPE_BULK, 'in'),
    output: pick(TYPE_BULK, 'out'),
    events: pick(TYPE_INTERRUPT, 'in'),
  };
}

/** True where data can go in both directions. Never throws. */
export function isBulkPair({ input, output }: Pipes<unknown>): boolean {
  return input !== undefined && output !== undefined;
}

/** The error of a driver that needs bulk pipes, at an interface without them. */
export function noBulkPipes(interfaceNumber: number): DockError {
  return new DockError('driver.refused', `interface ${interfaceNumber} has no pair of bulk pipes`, {
    retry: 'never',
  });
}
