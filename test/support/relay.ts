import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

/** A link on which bytes go both ways, until it is frozen (open, and nothing moves) or cut. */
export interface Relay {
  readonly port: number;
  freeze(): void;
  thaw(): void;
  /** Breaks every connection; new ones are taken. */
  cut(): void;
  close(): Promise<void>;
}

/** A link to a port of this machine. */
export async function openRelay(target: number): Promise<Relay> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let frozen = false;
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    const pair = [near, far] as const;
    pairs.add(pair);
    near.pipe(far);
    far.pipe(near);
    const end = () => {
      pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const side of pair) side.on('error', end).on('close', end);
    if (frozen) for (const side of pair) side.pause();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const sides = () => [...pairs].flat();
  return {
    port: (server.address() as AddressInfo).port,
    freeze: () => {
      frozen = true;
      for (const side of sides()) side.pause();
    },
    thaw: () => {
      frozen = false;
      for (const side of sides()) side.resume();
    },
    cut: () => sides().forEach((side) => side.destroy()),
    close: () => {
      sides().forEach((side) => side.destroy());
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
