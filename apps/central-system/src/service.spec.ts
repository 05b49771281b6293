import 'reflect-metadata';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@app/kernel';
import { readConfiguration } from './configuration';
import { instanceNameOf } from './data-dir';
import { startService } from './service';

const folder = mkdtempSync(join(tmpdir(), 'service-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function start(environment: Readonly<Record<string, string>>) {
  const usual = {
    DATA_DIR: folder,
    EVENT_STORE: 'memory',
    SOAP_PORT: '0',
    API_PORT: '0',
    SOAP_HOST: '127.0.0.1',
    API_KEY: 'a-key-for-tests-only',
  };
  const configuration = readConfiguration({ ...usual, ...environment });
  if ('faults' in configuration) throw new Error(configuration.faults.join());
  return startService(configuration, silentLog);
}

describe('the service', () => {
  it.each(['SOAP_PORT', 'API_PORT'])(
    'names the address that it cannot have, by %s, and leaves nothing running',
    async (variable) => {
      const other = createServer();
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', () => resolve()));
      const { port } = other.address() as AddressInfo;
      const host = variable.replace('PORT', 'HOST');
      await expect(start({ [variable]: String(port) })).rejects.toMatchObject({
        code: 'address-unavailable',
        message: expect.stringContaining(`${host} and ${variable} say 127.0.0.1:${port}: EADDRINUSE`) as string,
      });
      await new Promise((resolve) => other.close(resolve));
      const service = await start({ [variable]: String(port) });
      await service.stop();
      await service.stop();
    },
  );

  it('makes a key once, when none is given', async () => {
    const first = await start({ API_KEY: '' });
    await first.stop();
    const second = await start({ API_KEY: '' });
    await second.stop();
    expect(first.createdApiKey).toMatch(/^[\w-]{40,}$/);
    expect(second.createdApiKey).toBeUndefined();
  });

  it('removes rows at its start that nobody goes on with', async () => {
    const DATA_DIR = join(folder, 'left');
    mkdirSync(join(DATA_DIR, 'projections'), { recursive: true, mode: 0o700 });
    const left = ['read-models.next.db', join('projections', 'gone.v1.db')].map((name) => join(DATA_DIR, name));
    for (const file of left) writeFileSync(file, '');
    const service = await start({ DATA_DIR, EVENT_STORE: 'embedded' });
    await service.stop();
    expect(left.filter((file) => existsSync(file))).toEqual([]);
  });

  it('says which folder it cannot use', async () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    for (const DATA_DIR of [file, join(file, 'below')])
      await expect(start({ DATA_DIR })).rejects.toMatchObject({
        code: 'data-dir-unusable',
        message: expect.stringContaining(DATA_DIR) as string,
      });
  });

  it('has one name for all its starts in a folder, and another in another', () => {
    const [one, other] = [mkdtempSync(join(folder, 'i-')), mkdtempSync(join(folder, 'i-'))];
    const name = instanceNameOf(one);
    expect(name).toMatch(/^[A-Za-z0-9._-]{1,63}$/);
    expect(instanceNameOf(one)).toBe(name);
    expect(instanceNameOf(other)).not.toBe(name);
  });
});
