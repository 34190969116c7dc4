// A CDC-ACM device of the guest's own kernel: real USB, a port that comes and goes with the plug, and an end for the camera.
import { callGadget, loadGadgets } from './gadget-tool.ts';

/** The camera's end of the first gadget. */
export const GADGET_DEVICE = '/dev/ttyGS0';

/** One gadget. */
export class AcmGadget {
  readonly #tools: string;

  private constructor(tools: string) {
    this.#tools = tools;
  }

  /** Makes it, unplugged. */
  static async make(tools: string): Promise<AcmGadget> {
    const gadget = new AcmGadget(tools);
    await loadGadgets(tools);
    await callGadget(tools, 'up', 'camera', '-u', 'dummy_udc.0', '-a');
    await gadget.pull();
    return gadget;
  }

  async plugIn(): Promise<void> {
    await callGadget(this.#tools, 'replug', 'camera');
  }

  /** At once, whatever is under way. */
  async pull(): Promise<void> {
    await callGadget(this.#tools, 'unplug', 'camera');
  }

  /** So that the next one can be made. */
  async remove(): Promise<void> {
    await callGadget(this.#tools, 'down', 'camera');
  }
}
