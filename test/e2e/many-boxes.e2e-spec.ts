import { deafPort, handmadeBox, responseOf } from '../support/charge-points';
import type { HandmadeBox } from '../support/charge-points';
import { envelope } from '../support/envelopes';
import type { TestService } from '../support/service';
import { startTestService } from '../support/service';

// A thousand boxes are commanded at once; a third says nothing until all quick ones have answered, a third is dead. Cannot see: networks
// that lose packets.

const each = 1_000;
const kinds = ['quick', 'slow', 'dead'] as const;
type Kind = (typeof kinds)[number];

interface Operation {
  readonly identity: string;
  readonly status: string;
  readonly sentAt: string;
  readonly settledAt: string;
  readonly waitsBecause?: { readonly reason: string };
}

let service: TestService;
let box: HandmadeBox;
let release: () => void = () => undefined;
const released = new Promise<void>((resolve) => (release = resolve));
beforeAll(async () => {
  service = await startTestService({ OUTBOUND_ALLOW: 'peer 127.0.0.0/8', RESPONSE_DEADLINE: '240' });
  box = await handmadeBox((body, response) => {
    const content = responseOf('<clearCacheResponse><status>Accepted</status></clearCacheResponse>');
    void (body.includes('>slow-') ? released : Promise.resolve()).then(() => response.end(content));
  });
});
afterAll(async () => {
  await box.close();
  await service.stop();
});

const rowsOf = async (batchId: string, status: string): Promise<readonly Operation[]> => {
  const { body } = await service.api<{ rows: Operation[] }>(
    'GET',
    `/api/commands?batchId=${batchId}&status=${status}&limit=1000`,
  );
  return body.rows;
};
const countOf = (rows: readonly Operation[], kind: Kind) =>
  rows.filter(({ identity }) => identity.startsWith(kind)).length;

it('a thousand boxes get their operation whatever the others do, and the report is complete', async () => {
  const dead = await deafPort();
  const expected = { quick: 0, slow: 0, dead: 0 };
  for (let index = 0; index < each; index += 1) {
    const kind = kinds[index % 3] as Kind;
    expected[kind] += 1;
    const from = `<wsa:From><wsa:Address>http://127.0.0.1:${kind === 'dead' ? dead : box.port}/</wsa:Address></wsa:From>`;
    await service.post(envelope({ identity: `${kind}-${index}`, headers: from }));
  }
  await service.readModels.waitFor(await service.store.head(), 30_000);
  const before = process.memoryUsage().rss;
  const { status, body } = await service.api<{ batchId: string; scheduled: number }>('POST', '/api/commands', {
    command: 'ClearCache',
    filter: {},
  });
  expect([status, body.scheduled]).toEqual([202, each]);
  const begin = Date.now();
  const until = async (status_: string, kind: Kind, patience: number) => {
    for (const end = Date.now() + patience; Date.now() < end;) {
      if (countOf(await rowsOf(body.batchId, status_), kind) === expected[kind]) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return countOf(await rowsOf(body.batchId, status_), kind);
  };
  expect(await until('Answered', 'quick', 120_000)).toBe(expected.quick);
  const quickDone = Date.now() - begin;
  expect(countOf(await rowsOf(body.batchId, 'Answered'), 'slow')).toBe(0);
  release();
  expect(await until('Answered', 'slow', 120_000)).toBe(expected.slow);
  expect(await until('Scheduled', 'dead', 30_000)).toBe(expected.dead);
  const waiting = await rowsOf(body.batchId, 'Scheduled');
  expect(new Set(waiting.map(({ waitsBecause }) => waitsBecause?.reason))).toEqual(new Set(['connection-refused']));
  const answered = await rowsOf(body.batchId, 'Answered');
  expect(answered).toHaveLength(expected.quick + expected.slow);
  expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1_048_576);
  process.stdout.write(
    `${expected.quick} quick boxes were done after ${quickDone} ms, ${expected.slow} slow ones after ${Date.now() - begin} ms; ${Math.round((process.memoryUsage().rss - before) / 1_048_576)} MB more memory\n`,
  );
}, 300_000);
