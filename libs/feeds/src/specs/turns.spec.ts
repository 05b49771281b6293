import { Precedence, Turns } from '../turns';
import { until } from './fake-sink';

const gate = () => {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
};

describe('Turns', () => {
  it('let so much be done at a time, in order', async () => {
    const turns = new Turns(2);
    const begun: number[] = [];
    const gates = [gate(), gate(), gate()];
    for (const [number, { opened }] of gates.entries())
      turns.take(() => {
        begun.push(number);
        return opened;
      });
    await until(() => begun.length === 2);
    gates[1]?.open();
    await until(() => begun.length === 3);
    expect(begun).toEqual([0, 1, 2]);
  });

  it('wait while something goes before them, and go on behind it, though it fails', async () => {
    const precedence = new Precedence();
    const turns = new Turns(1, precedence);
    const order: string[] = [];
    const first = gate();
    const failing = precedence
      .during(async () => {
        await first.opened;
        order.push('first');
        throw new Error('no luck');
      })
      .catch(() => order.push('failed'));
    turns.take(() => void order.push('turn'));
    await new Promise((resolve) => setImmediate(resolve));
    first.open();
    await failing;
    await until(() => order.includes('turn'));
    expect(order).toEqual(['first', 'failed', 'turn']);
  });
});
