import { boot, envelope, start } from '../support/envelopes';
import { EventStoreDbDouble } from '../support/eventstoredb/double';
import { Link } from '../support/eventstoredb/link';
import type { TestService } from '../support/service';
import { startTestService } from '../support/service';

// The service while its event store cannot be reached: gone, or behind a line on which nothing moves.

let double: EventStoreDbDouble;
let link: Link;
let service: TestService;
beforeEach(async () => {
  double = await new EventStoreDbDouble().start();
  link = await new Link(double).start();
  service = await startTestService({
    EVENT_STORE: `esdb://127.0.0.1:${link.port}?tls=false`,
    EVENT_STORE_PATIENCE: '2',
    MAX_IN_FLIGHT: '50',
  });
  await service.post(envelope({ body: boot }));
});
afterEach(async () => {
  await service.stop();
  await link.stop();
  if (double.isRunning) await double.stop();
});

const startAt = (meterStart: number) => service.post(envelope({ body: start({ meterStart }) }));
const ready = async () => (await service.api('GET', '/health/ready')).status;
const idIn = (body: string) => Number(/<(?:\w+:)?transactionId>(\d+)</.exec(body)?.[1]);
const starts = () => double.log.all.filter(({ type }) => type === 'TransactionStarted').length;

async function until(reached: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 15_000; Date.now() < end && !(await reached());)
    await new Promise((resolve) => setTimeout(resolve, 100));
}

describe('a service whose event store is gone', () => {
  it('refuses boxes cleanly within its patience, is not ready, and recovers by itself', async () => {
    await double.stop();
    const begin = Date.now();
    const [refused, fault] = await Promise.all([startAt(1), service.post(envelope())]);
    // No fault: a box does not repeat what was answered by one.
    expect([refused.status, refused.body]).toEqual([503, expect.stringContaining('may not have been recorded')]);
    expect([fault.status, fault.body]).toEqual([500, expect.stringContaining('InternalError')]);
    expect(Date.now() - begin).toBeLessThan(10_000);
    expect(await ready()).toBe(503);
    await double.start();
    await until(async () => (await ready()) === 200);
    expect(await ready()).toBe(200);
    expect(idIn((await startAt(1)).body)).toBeGreaterThan(0);
    expect(starts()).toBe(1);
  });

  it('answers a request that came meanwhile once the store is back in time', async () => {
    await double.stop();
    const answered = startAt(2);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await double.start();
    expect(idIn((await answered).body)).toBeGreaterThan(0);
  });

  it('keeps no more requests waiting than it was told', async () => {
    await double.stop();
    const answers = await Promise.all(Array.from({ length: 200 }, (_, meter) => startAt(meter)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 503));
    const overload = answers.filter(({ body }) => body.includes('Too many requests')).length;
    expect(overload).toBeGreaterThanOrEqual(140);
    expect(overload).toBeLessThan(200);
    await double.start();
    await until(async () => (await startAt(1_000)).status === 200);
    expect((await startAt(1_000)).status).toBe(200);
  }, 180_000);
});

describe('a service whose event store was replaced', () => {
  it('is not ready, and says that it must be started again', async () => {
    await startAt(1);
    await service.readModels.waitFor(await service.store.head(), 5_000);
    const { port } = double;
    await double.stop();
    double = await new EventStoreDbDouble({ port }).start();
    await until(async () => (await ready()) === 200);
    await until(async () => (await ready()) === 503);
    const { status, body } = await service.api<{ checks: { readModels: object } }>('GET', '/health/ready');
    expect(status).toBe(503);
    expect(body.checks.readModels).toMatchObject({
      status: 'down',
      detail: expect.stringContaining('replaced') as string,
    });
  });
});

describe('a service behind a frozen line', () => {
  it('refuses boxes cleanly, and gives the same answer to the repetition when the line is back', async () => {
    link.freeze();
    const refused = await startAt(3);
    expect(refused.status).toBe(503);
    expect(await ready()).toBe(503);
    link.thaw();
    await until(async () => (await ready()) === 200);
    const [one, again] = [await startAt(3), await startAt(3)];
    expect(idIn(one.body)).toBeGreaterThan(0);
    expect(idIn(again.body)).toBe(idIn(one.body));
    expect(starts()).toBe(1);
  }, 180_000);
});
