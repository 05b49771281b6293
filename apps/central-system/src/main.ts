import 'reflect-metadata';
import { errorCode } from '@app/kernel';
import { readConfiguration } from './configuration';
import { createLogger } from './logger';
import { startService } from './service';

async function main(): Promise<void> {
  const configuration = readConfiguration(process.env);
  if ('faults' in configuration) {
    process.stderr.write(
      `The configuration is not usable:\n${configuration.faults.map((fault) => `  ${fault}\n`).join('')}`,
    );
    process.exitCode = 1;
    return;
  }
  const log = createLogger(configuration.LOG_LEVEL);
  const service = await startService(configuration, log);
  if (service.createdApiKey !== undefined) {
    process.stdout.write(`\nThe key of the API, shown this once: ${service.createdApiKey}\n\n`);
  }
  log.info({ soapPort: service.soapPort, soapPath: configuration.SOAP_PATH, apiPort: service.apiPort }, 'Ready');
  const stop = (signal: string) => {
    log.info({ signal }, 'Stopping');
    // Somebody who never reads an answer must not keep the service from ending.
    const longest = configuration.DRAIN_DELAY + configuration.DRAIN_TIMEOUT + 10;
    setTimeout(() => process.exit(1), longest * 1_000).unref();
    service.stop().then(
      () => log.info({}, 'Stopped'),
      (error: unknown) => {
        log.error({ err: error }, 'Stopping failed');
        process.exitCode = 1;
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

main().catch((error: unknown) => {
  const known = errorCode(error);
  process.stderr.write(
    known === undefined
      ? `The start failed: ${String((error as Error).stack ?? error)}\n`
      : `${(error as Error).message}\n`,
  );
  process.exitCode = 1;
});
