import { SimulatedChargeBox } from './charge-box';
import { serveChargePoint } from './charge-point-service';

/** The charge point sides of a fleet, one port each. */
export async function serveBoxes(url: string, boxes: number, connectors: number) {
  const services = new Map<string, Awaited<ReturnType<typeof serveChargePoint>>>();
  for (let index = 1; index <= boxes; index += 1) {
    const identity = `SIM-${String(index).padStart(4, '0')}`;
    services.set(identity, await serveChargePoint(new SimulatedChargeBox({ identity, url }), { connectors }));
  }
  return {
    addressOf: (identity: string) => {
      const port = services.get(identity)?.port;
      return port === undefined ? undefined : `http://127.0.0.1:${port}/`;
    },
    /** Serves until the signal. */
    async until(signal: AbortSignal): Promise<void> {
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      await Promise.all([...services.values()].map((service) => service.close()));
    },
  };
}
