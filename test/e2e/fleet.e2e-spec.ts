import fc from 'fast-check';
import type { FleetReport, SimulatedFaults } from '../../apps/charge-box-simulator/src';
import { runFleet } from '../../apps/charge-box-simulator/src';
import type { TestService } from '../support/service';
import { startTestService } from '../support/service';

// Whatever goes wrong on the way, one session leaves one transaction, one stop and its meter values, once each.

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ LOG_LEVEL: 'silent' });
});
afterAll(() => service.stop());

interface Row {
  readonly transactionId: number;
  readonly identity: string;
  readonly status: string;
  readonly meterStart: number;
  readonly meterStop: number;
}

async function all<Found>(path: string): Promise<readonly Found[]> {
  const rows: Found[] = [];
  for (let cursor: string | undefined = ''; cursor !== undefined;) {
    const page: { readonly body: { readonly rows: Found[]; readonly next?: string } } = await service.api(
      'GET',
      `${path}limit=1000${cursor === '' ? '' : `&cursor=${cursor}`}`,
    );
    rows.push(...page.body.rows);
    cursor = page.body.next;
  }
  return rows;
}

const probability = fc.constantFrom(0, 0.3, 0.7);
const anyFaults: fc.Arbitrary<SimulatedFaults> = fc.record({
  lostAnswer: probability,
  duplicate: probability,
  missingHeaders: probability,
  gzip: probability,
  deflate: probability,
  reorderedFields: probability,
  localTime: probability,
  reboot: probability,
  offline: probability,
  clockSkew: fc.constantFrom(0, -7_200, 3_600),
});

async function expectOnce(report: FleetReport, prefix: string, sessions: number): Promise<void> {
  expect(report.failures).toBe(0);
  expect(report.starts).toHaveLength(sessions);
  expect(report.stops).toHaveLength(sessions);
  await service.readModels.waitFor(await service.store.head(), 5_000);
  const rows = (await all<Row>('/api/transactions?')).filter(({ identity }) => identity.startsWith(prefix));
  expect(rows).toHaveLength(sessions);
  expect(new Set(rows.map(({ transactionId }) => transactionId)).size).toBe(sessions);
  for (const { transactionId, identity, meterStart } of report.starts) {
    const stop = report.stops.find((each) => each.transactionId === transactionId);
    const row = rows.find((each) => each.transactionId === transactionId);
    expect(row).toMatchObject({ identity, meterStart, status: 'stopped', meterStop: stop?.meterStop });
  }
  const orphans = (await all<{ identity: string }>('/api/orphans?')).filter(({ identity }) =>
    identity.startsWith(prefix),
  );
  expect(orphans).toEqual([]);
  for (const { identity } of report.starts) {
    const sent = report.readings
      .filter((reading) => reading.identity === identity)
      .map(({ transactionId, value }) => `${transactionId} ${value}`);
    const kept = await all<{ transactionId: number; value: string }>(`/api/meter-values?identity=${identity}&`);
    expect(kept.map(({ transactionId, value }) => `${transactionId} ${value}`).sort()).toEqual(sent.sort());
  }
}

describe('a fleet with faults', () => {
  it('leaves everything in the history exactly once', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(anyFaults, fc.nat(10_000), async (faults, seed) => {
        run += 1;
        const identityPrefix = `RUN${run}`;
        const report = await runFleet({
          url: service.soapUrl,
          boxes: 3,
          sessions: 2,
          seed,
          faults,
          identityPrefix,
          connectors: 2,
          retryFor: 2_000,
        });
        await expectOnce(report, identityPrefix, 6);
      }),
      { numRuns: 15 },
    );
  }, 240_000);

  it('does the same again with the same seed', async () => {
    const options = {
      url: service.soapUrl,
      boxes: 2,
      sessions: 2,
      seed: 5,
      identityPrefix: 'SEED',
      faults: { lostAnswer: 0.5, duplicate: 0.3 },
    };
    const first = await runFleet(options);
    const second = await runFleet({ ...options, identityPrefix: 'SEE2' });
    expect(second.requests).toBe(first.requests);
    expect(second.readings.map(({ value }) => value)).toEqual(first.readings.map(({ value }) => value));
  });
});
