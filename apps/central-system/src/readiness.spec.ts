import type { Position } from '@app/kernel';
import { Readiness } from './readiness';
import type { History } from './stores';

/** A history that ends at `head`, with read models that show it up to `checkpoint`; their newest event of ours is at `anchor`. */
function readinessAt(
  places: { head: Position; checkpoint: Position; anchor: Position },
  check: History['check'] = async () => undefined,
): Readiness {
  const history = {
    store: { head: () => Promise.resolve(places.head) },
    readModels: {
      status: () => ({ checkpoint: places.checkpoint, caughtUp: true, skipped: 0, applied: 0, caughtUpAt: 0 }),
      anchor: () => places.anchor,
    },
    about: () => undefined,
    check,
  } as unknown as History;
  const readiness = new Readiness(history);
  readiness.open = true;
  return readiness;
}

/** What is reported at first, and six seconds later. */
async function reported(readiness: Readiness) {
  const first = await readiness.report();
  const now = performance.now();
  const later = jest.spyOn(performance, 'now').mockReturnValue(now + 6_000);
  const second = await readiness.report();
  later.mockRestore();
  return [first, second];
}

describe('readiness', () => {
  it('is given where events of others stand behind the newest of ours', async () => {
    const reports = await reported(readinessAt({ head: '3', checkpoint: '9', anchor: '3' }));
    expect(reports.map(({ ready }) => ready)).toEqual([true, true]);
  });

  it('is gone when the history stays without what the read models show', async () => {
    const [first, second] = await reported(readinessAt({ head: '3', checkpoint: '9', anchor: '5' }));
    expect(first).toMatchObject({ ready: true });
    expect(second).toMatchObject({ ready: false, checks: { readModels: { status: 'down' } } });
    expect(second?.checks['readModels']?.detail).toContain('restored or replaced');
  });

  it('tells of webhooks that are not told, and is given all the same', async () => {
    const readiness = readinessAt({ head: '3', checkpoint: '3', anchor: '3' });
    expect((await readiness.report()).checks).not.toHaveProperty('webhooks');
    readiness.webhooks = () => ({ faults: ['webhook 7: it is not told.'] });
    expect(await readiness.report()).toMatchObject({
      ready: true,
      checks: { webhooks: { status: 'up', detail: 'webhook 7: it is not told.' } },
    });
  });

  it('is gone while the store answers and takes nothing', async () => {
    let refusal: Error | undefined = new Error('The disk is full.');
    const readiness = readinessAt({ head: '3', checkpoint: '3', anchor: '3' }, async () => {
      if (refusal) throw refusal;
    });
    expect(await readiness.report()).toMatchObject({
      ready: false,
      checks: { store: { status: 'down', detail: 'The disk is full.' } },
    });
    refusal = undefined;
    expect(await readiness.report()).toMatchObject({ ready: true });
  });

  it('tells how far the read models are', async () => {
    const [report] = await reported(readinessAt({ head: '9', checkpoint: '3', anchor: '3' }));
    expect(report).toMatchObject({ ready: true, checks: { readModels: { status: 'up', detail: 'at 3 of 9' } } });
  });
});
