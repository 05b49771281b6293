import { readFileSync } from 'node:fs';
import { httpRequest } from './messages';
import type { Running } from './processes';
import { startService, trialFolder } from './processes';
import { connect } from 'node:net';

/** Resident memory of a process in bytes. */
export function residentBytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(line ?? 0) * 1_024;
}

export interface MemoryFigures {
  readonly boxes: number;
  readonly emptyMegabytes: number;
  readonly megabytes: number;
}

/** Resident memory with so many boxes known, each having booted and being kept in memory. */
export async function benchMemory(boxes: number): Promise<MemoryFigures> {
  const folder = trialFolder();
  const service = await startService(folder.path, { CACHED_CHARGE_BOXES: String(boxes) });
  try {
    const emptyMegabytes = residentBytes(service.pid) / 1e6;
    await bootAll(service, boxes);
    return { boxes, emptyMegabytes, megabytes: residentBytes(service.pid) / 1e6 };
  } finally {
    await service.stop();
    folder.remove();
  }
}

async function bootAll({ port }: Running, boxes: number): Promise<void> {
  let next = 0;
  const work = async () => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    for (let index = next++; index < boxes; index = next++) {
      socket.write(
        httpRequest(
          'BootNotification',
          { chargePointVendor: 'Acme', chargePointModel: 'Duo', chargePointSerialNumber: `SN${index}` },
          `KNOWN-${index}`,
        ),
      );
      await new Promise((resolve) => socket.once('data', resolve));
    }
    socket.destroy();
  };
  await Promise.all(Array.from({ length: 64 }, work));
}

/** One request over HTTP; the time that it took in milliseconds. */
export function timed(port: number, bytes: Buffer): Promise<number> {
  const begin = performance.now();
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => socket.write(bytes));
    socket.once('data', () => {
      socket.destroy();
      resolve(performance.now() - begin);
    });
    socket.once('error', reject);
  });
}
