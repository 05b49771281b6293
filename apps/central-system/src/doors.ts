import type { SoapListener } from '@app/ingress';
import { codedError, waitingConnections } from '@app/kernel';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Configuration } from './configuration';

/** Opens both doors, or says which address cannot be had. */
export async function openDoors(
  app: NestFastifyApplication,
  listener: SoapListener,
  { API_PORT, API_HOST, SOAP_PORT, SOAP_HOST }: Configuration,
): Promise<void> {
  await listening('API', `${API_HOST}:${API_PORT}`, () =>
    app.listen({ port: API_PORT, host: API_HOST, backlog: waitingConnections }),
  );
  await listening('SOAP', `${SOAP_HOST}:${SOAP_PORT}`, () => listener.listen());
}

async function listening(what: 'API' | 'SOAP', address: string, listen: () => Promise<unknown>): Promise<void> {
  try {
    await listen();
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw codedError('address-unavailable', `${what}_HOST and ${what}_PORT say ${address}: ${code}`, error);
  }
}
