import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Running } from '../../bench/processes';
import { startScript } from '../../bench/processes';
import type { HandmadeBox } from '../support/charge-points';
import { handmadeBox, responseOf } from '../support/charge-points';
import { boot, envelope, start } from '../support/envelopes';
import type { Answer } from '../support/service';
import { call } from '../support/service';
import type { StoreForTests } from '../support/store-for-tests';
import { storeForTests } from '../support/store-for-tests';

// The service is killed between any two steps of an operation and of a delegated request: never sent twice unless that is safe, never
// lost, always explained. Cannot see: a power cut.

const dist = join(__dirname, '../../dist');
const key = 'bench-bench-bench-bench';
const identity = 'KILLED';

let folder: string;
let store: StoreForTests;
let service: Running | undefined;
let box: HandmadeBox | undefined;
beforeAll(() => expect(existsSync(join(dist, 'test/crash/dying-service.js'))).toBe(true));
beforeEach(async () => {
  store = await storeForTests('embedded');
  folder = mkdtempSync(join(tmpdir(), 'ocpp-killed-'));
});
afterEach(async () => {
  await service?.stop('SIGKILL').catch(() => undefined);
  await box?.close();
  await store.stop();
  rmSync(folder, { recursive: true, force: true });
});

const environment = { OUTBOUND_ALLOW: 'peer 127.0.0.0/8', RESPONSE_DEADLINE: '3', HEARTBEAT_INTERVAL: '3600' };

async function begin(step?: string, port?: number): Promise<Running> {
  const script = step === undefined ? ['apps/central-system/src/main.js'] : ['test/crash/dying-service.js', step];
  const [file = '', ...args] = script;
  const settings = { ...environment, ...store.environment, ...(port === undefined ? {} : { SOAP_PORT: String(port) }) };
  service = await startScript([join(dist, file), ...args], folder, settings);
  return service;
}

async function api<Body>(method: string, path: string, body?: object): Promise<Body> {
  const response = await fetch(`http://127.0.0.1:${service?.apiPort}${path}`, {
    method,
    headers: { Authorization: `Bearer ${key}`, ...(body && { 'Content-Type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  return (await response.json()) as Body;
}

const say = (body: string, headers?: string): Promise<Answer> =>
  call(
    service?.port ?? 0,
    { method: 'POST', path: '/ocpp', headers: { 'Content-Type': 'application/soap+xml' } },
    envelope({ identity, body, headers: headers ?? '' }),
  );

async function until<Value>(look: () => Promise<Value>, reached: (value: Value) => boolean): Promise<Value> {
  const end = Date.now() + 30_000;
  for (;;) {
    const value = await look();
    if (reached(value) || Date.now() > end) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Resolves when the service has killed itself. */
async function died({ pid }: Running): Promise<void> {
  const alive = async () => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  };
  expect(await until(alive, (is) => !is)).toBe(false);
}

interface Operation {
  readonly callId: string;
  readonly status: string;
  readonly attempts: number;
  readonly outcomeUnknown?: boolean;
  readonly failure?: { readonly detail: string };
  readonly waitsBecause?: { readonly reason: string };
  readonly evidence?: readonly { readonly evidence: string }[];
}

const isOver = ({ status }: Operation) => !['Scheduled', 'Sent'].includes(status);

describe('an operation', () => {
  const answers: Readonly<Record<string, string>> = {
    reset: '<resetResponse><status>Accepted</status></resetResponse>',
    clearCache: '<clearCacheResponse><status>Accepted</status></clearCacheResponse>',
  };

  /** A box that answers, or kills the service by its pid in place of the first answer. */
  async function boxThat(kills: boolean): Promise<HandmadeBox> {
    let isFirst = true;
    return handmadeBox((body, response) => {
      if (kills && isFirst) {
        isFirst = false;
        process.kill(service?.pid ?? 0, 'SIGKILL');
        return;
      }
      const name = /<(\w+)Request/.exec(body)?.[1] ?? '';
      response.writeHead(200, { 'Content-Type': 'application/soap+xml' }).end(responseOf(answers[name] ?? ''));
    });
  }

  async function killedAt(step: string, command: string): Promise<Operation> {
    const data = command === 'Reset' ? { type: 'Soft' } : {};
    box = await boxThat(step === 'after-bytes');
    const dying = await begin(step === 'after-bytes' ? undefined : step);
    await say(boot, `<wsa:From><wsa:Address>http://127.0.0.1:${box.port}/</wsa:Address></wsa:From>`);
    // The service may be gone before it answers.
    const scheduled = api<Operation>('POST', `/api/charge-boxes/${identity}/commands`, { command, data });
    const known = await scheduled.catch(() => undefined);
    await died(dying);
    await begin(undefined);
    const { callId } = known ?? (await until(newest, (row) => row !== undefined));
    return until(() => api<Operation>('GET', `/api/commands/${callId}`), isOver);
  }

  const newest = async () => (await api<{ rows: Operation[] }>('GET', '/api/commands')).rows[0] as Operation;

  it.each([
    ['before-sent', 'Reset', 'Answered', 1],
    ['before-sent', 'ClearCache', 'Answered', 1],
    ['after-sent', 'Reset', 'Expired', 0],
    ['after-bytes', 'Reset', 'Expired', 1],
    ['after-answer', 'Reset', 'Expired', 1],
  ])(
    'killed %s of %s ends as it must',
    async (step, command, status, sent) => {
      const operation = await killedAt(step, command);
      expect(operation.status).toBe(status);
      expect(box?.requests).toHaveLength(sent);
      if (status !== 'Expired') return;
      expect(operation).toMatchObject({ outcomeUnknown: true });
      expect(operation.failure?.detail).not.toBe('');
      // What the box does shows what became of it.
      await say(boot);
      const shown = await until(
        () => api<Operation>('GET', `/api/commands/${operation.callId}`),
        ({ evidence }) => evidence !== undefined,
      );
      expect(shown.evidence).toMatchObject([{ evidence: 'ChargeBoxBooted' }]);
      expect(shown.outcomeUnknown).toBeUndefined();
    },
    90_000,
  );

  it.each([
    ['after-sent', 1],
    ['after-bytes', 2],
    ['after-answer', 2],
  ])(
    'killed %s is sent again when that is safe, at the next contact',
    async (step, sent) => {
      box = await boxThat(step === 'after-bytes');
      const dying = await begin(step === 'after-bytes' ? undefined : step);
      await say(boot, `<wsa:From><wsa:Address>http://127.0.0.1:${box.port}/</wsa:Address></wsa:From>`);
      await api('POST', `/api/charge-boxes/${identity}/commands`, { command: 'ClearCache' }).catch(() => undefined);
      await died(dying);
      await begin();
      const waiting = await until(newest, (row) => row?.waitsBecause !== undefined);
      expect(waiting).toMatchObject({ status: 'Scheduled', waitsBecause: { reason: 'no-answer' } });
      // Contacts in quick succession count as one.
      const over = await until(async () => {
        await say('<cs:heartbeatRequest/>');
        await new Promise((resolve) => setTimeout(resolve, 500));
        return newest();
      }, isOver);
      expect(over).toMatchObject({ status: 'Answered', attempts: 2 });
      expect(box.requests).toHaveLength(sent);
    },
    90_000,
  );
});

describe('a delegated request', () => {
  interface Request {
    readonly msgId: string;
    readonly status: string;
    readonly delivered?: boolean;
    readonly response?: object;
    readonly claim?: object;
  }
  const stop = (transactionId: number) =>
    `<cs:stopTransactionRequest><cs:transactionId>${transactionId}</cs:transactionId><cs:timestamp>2026-03-01T13:00:00Z</cs:timestamp><cs:meterStop>2000</cs:meterStop></cs:stopTransactionRequest>`;
  const authorize = '<cs:authorizeRequest><cs:idTag>CARD</cs:idTag></cs:authorizeRequest>';
  const requests = async () => (await api<{ rows: Request[] }>('GET', '/api/requests')).rows;
  const pending = async () =>
    (await until(requests, (rows) => rows.some(({ status }) => status === 'Pending'))).find(
      ({ status }) => status === 'Pending',
    ) as Request;
  const delegate = (...operations: readonly string[]) =>
    api('PUT', '/api/answering', {
      answers: Object.fromEntries(operations.map((operation) => [operation, 'delegated'])),
      respondWithin: Object.fromEntries(operations.map((operation) => [operation, 30])),
    });
  /** The answer, or why there is none. */
  const asked = (body: string): Promise<Answer | 'lost'> => say(body).catch(() => 'lost');

  it('that was only stored is closed as interrupted; the box repeats it and is answered', async () => {
    const first = await begin();
    await delegate('Authorize');
    const lost = asked(authorize);
    const { msgId } = await pending();
    await first.stop('SIGKILL');
    expect(await lost).toBe('lost');
    await begin();
    expect(await until(requests, ([row]) => row?.status !== 'Pending')).toMatchObject([
      { msgId, status: 'Interrupted', delivered: false },
    ]);
    const repeated = asked(authorize);
    const again = await pending();
    expect(again.msgId).not.toBe(msgId);
    await api('POST', `/api/requests/${again.msgId}/response`, { payload: { idTagInfo: { status: 'Blocked' } } });
    expect(((await repeated) as Answer).body).toContain('Blocked');
  }, 180_000);

  it('that was claimed is free again, and what a stop reported is in the history once', async () => {
    const first = await begin();
    await say(boot);
    await say(start());
    await delegate('StopTransaction');
    const lost = asked(stop(1));
    const { msgId } = await pending();
    await api('POST', `/api/requests/${msgId}/claim`, { responder: 'flow' });
    await first.stop('SIGKILL');
    expect(await lost).toBe('lost');
    await begin();
    const rows = await until(requests, ([row]) => row?.status !== 'Pending');
    expect(rows).toMatchObject([{ msgId, status: 'Interrupted' }]);
    expect(await api<{ status: string; meterStop: number }>('GET', '/api/transactions/1')).toMatchObject({
      status: 'stopped',
      meterStop: 2000,
    });
    // The repetition of a stop that is recorded needs nobody outside.
    expect(((await asked(stop(1))) as Answer).status).toBe(200);
    const events = await api<{ rows: { type: string }[] }>(
      'GET',
      `/api/charge-boxes/${identity}/events?type=TransactionStopped`,
    );
    expect(events.rows).toHaveLength(1);
  }, 180_000);

  it.each([
    ['before-answer-stored', 'Interrupted', 0],
    ['after-id-claimed', 'Interrupted', 0],
    ['after-answer-stored', 'Answered', 1],
  ])(
    'killed %s: the start is judged by somebody outside, and recorded once',
    async (step, status, starts) => {
      const dying = await begin(step);
      await say(boot);
      await delegate('StartTransaction');
      const lost = asked(start());
      const { msgId } = await pending();
      const payload = { idTagInfo: { status: 'Accepted', parentIdTag: 'FAMILY' }, transactionId: 4711 };
      await api('POST', `/api/requests/${msgId}/response`, { payload }).catch(() => undefined);
      await died(dying);
      expect(await lost).toBe('lost');
      await begin();
      const row = await until(
        async () => (await requests())[0],
        (request) => request?.status !== 'Pending',
      );
      expect(row).toMatchObject({ msgId, status });
      const transactions = async () => (await api<{ rows: object[] }>('GET', '/api/transactions')).rows;
      expect(await transactions()).toHaveLength(starts);
      const repeated = asked(start());
      if (starts === 0) {
        const again = await pending();
        await api('POST', `/api/requests/${again.msgId}/response`, { payload });
      }
      const { body } = (await repeated) as Answer;
      expect(body).toContain('<transactionId>4711</transactionId>');
      expect(body).toContain('FAMILY');
      expect(await until(transactions, (rows) => rows.length > 0)).toMatchObject([{ transactionId: 4711 }]);
    },
    90_000,
  );
});
