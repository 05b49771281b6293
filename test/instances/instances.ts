import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Running } from '../../bench/processes';
import { startService } from '../../bench/processes';
import { Link } from '../support/eventstoredb/link';

/** One instance of the service in a process of its own, with its link to the store. Its ports and its folder outlive it. */
export interface InstanceAtWork {
  readonly name: string;
  readonly folder: string;
  readonly soapUrl: string;
  readonly apiUrl: string;
  readonly link: Link;
  readonly isUp: () => boolean;
  /** Ends of the process that nobody asked for. */
  readonly failures: readonly string[];
  start(): Promise<void>;
  /** With SIGTERM it drains, with SIGKILL it is gone at once. */
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  remove(): Promise<void>;
}

export const apiKey = 'a-key-of-all-instances';

/** Prepares an instance on the server at a port; `start` starts it. */
export async function prepareInstance(name: string, storePort: number): Promise<InstanceAtWork> {
  const folder = mkdtempSync(join(tmpdir(), `ocpp-${name}-`));
  const link = await new Link({ port: storePort }).start();
  const [soapPort, apiPort] = [await freePort(), await freePort()];
  let running: Running | undefined;
  const failures: string[] = [];
  const environment = {
    EVENT_STORE: `esdb://127.0.0.1:${link.port}?tls=false`,
    INSTANCE_NAME: name,
    SOAP_PORT: String(soapPort),
    API_PORT: String(apiPort),
    API_KEY: apiKey,
    OUTBOUND_ALLOW: 'peer 127.0.0.0/8',
    DRAIN_TIMEOUT: '10',
  };
  return {
    name,
    folder,
    link,
    soapUrl: `http://127.0.0.1:${soapPort}/ocpp`,
    apiUrl: `http://127.0.0.1:${apiPort}`,
    isUp: () => running !== undefined,
    failures,
    start: async () => {
      const started = await startService(folder, environment);
      running = started;
      void started.exited.then((code) => {
        if (running === started) failures.push(`instance ${name} ended by itself with ${code}`);
      });
    },
    stop: async (signal) => {
      const stopped = running;
      running = undefined;
      await stopped?.stop(signal);
      const code = await stopped?.exited;
      if (signal === 'SIGTERM' && code !== undefined && code !== 0)
        failures.push(`instance ${name} ended with ${code} when it was told to stop`);
    },
    remove: async () => {
      await link.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
