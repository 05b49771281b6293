import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@app/kernel';
import type { Log } from '@app/kernel';
import { storeForTests } from './store-for-tests';
import { readConfiguration } from '../../apps/central-system/src/configuration';
import type { Service } from '../../apps/central-system/src/service';
import { startService } from '../../apps/central-system/src/service';

export const apiKey = 'a-key-for-tests-only';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

/** The whole service in this process, on a store that forgets, with ways to call it. */
export interface TestService extends Service {
  readonly soapUrl: string;
  readonly apiKey: string;
  readonly dataDir: string;
  post(body: string | Buffer, headers?: Readonly<Record<string, string>>, path?: string): Promise<Answer>;
  get(path: string): Promise<Answer>;
  /** Calls the API; the answer as JSON. */
  api<Body = unknown>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ readonly status: number; readonly body: Body }>;
  /** Bytes straight onto the wire; resolves with what came back until the other side closed. */
  raw(bytes: string | Buffer, patience?: number): Promise<string>;
}

/** Starts a service with settings over those that suit a test, on the store that `TEST_EVENT_STORE` names. */
export async function startTestService(
  environment: Readonly<Record<string, string>> = {},
  log: Log = silentLog,
): Promise<TestService> {
  const dataDir = mkdtempSync(join(tmpdir(), 'ocpp-test-'));
  const store = 'EVENT_STORE' in environment ? undefined : await storeForTests();
  const configuration = readConfiguration({
    DATA_DIR: dataDir,
    ...store?.environment,
    SOAP_PORT: '0',
    SOAP_HOST: '127.0.0.1',
    API_PORT: '0',
    API_KEY: apiKey,
    CHARGE_BOX_REGISTRATION: 'open',
    ID_TAG_POLICY: 'open',
    ...environment,
  });
  if ('faults' in configuration) throw new Error(configuration.faults.join('\n'));
  const service = await startService(configuration, log);
  const soapUrl = `http://127.0.0.1:${service.soapPort}/ocpp`;
  return {
    ...service,
    soapUrl,
    apiKey,
    dataDir,
    post: (body, headers = {}, path = '/ocpp') =>
      call(
        service.soapPort,
        { method: 'POST', path, headers: { 'Content-Type': 'application/soap+xml; charset=utf-8', ...headers } },
        body,
      ),
    get: (path) => call(service.soapPort, { method: 'GET', path }),
    api: <Body>(method: string, path: string, body?: unknown) => callApi<Body>(service.apiPort, method, path, body),
    raw: (bytes, patience = 5_000) => raw(service.soapPort, bytes, patience),
    stop: async () => {
      await service.stop();
      await store?.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function call(port: number, { method, path, headers = {} }: Call, body?: string | Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length: Record<string, number> = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
    const outgoing = request(
      { port, host: '127.0.0.1', method, path, headers: { ...length, ...headers }, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString('latin1'),
          }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function callApi<Body>(
  port: number,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: Body }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${apiKey}`,
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: (text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text) as Body,
  };
}

function raw(port: number, bytes: string | Buffer, patience: number): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    const done = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(Buffer.concat(chunks).toString('latin1'));
    };
    const timer = setTimeout(done, patience);
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', done);
    socket.on('close', done);
  });
}
