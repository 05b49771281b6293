import 'reflect-metadata';
import { redacted } from '@app/event-store';
import { errorCode } from '@app/kernel';
import { setFlagsFromString } from 'node:v8';
import type { Configuration } from './configuration';
import { readConfiguration } from './configuration';
import { createLogger } from './logger';
import type { Service } from './service';
import { startService } from './service';
import { version } from './version';

function aboutService({ soapPort, apiPort, instance }: Service, configuration: Configuration) {
  const { SOAP_HOST, SOAP_PATH, API_HOST, DATA_DIR, EVENT_STORE } = configuration;
  const eventStore = EVENT_STORE.includes('://') ? redacted(EVENT_STORE) : EVENT_STORE;
  const places = { soapHost: SOAP_HOST, soapPath: SOAP_PATH, apiHost: API_HOST, dataDir: DATA_DIR, eventStore };
  return { soapPort, apiPort, ...places, instance, version };
}

// The room for young objects that `npm start` asks for is meant for this thread alone; the others fill it too, and are not faster for it.
setFlagsFromString('--max-semi-space-size=0');

/** Milliseconds that what had begun gets to end when a start failed. */
const graceOfFailure = 5_000;

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
  const running: { service?: Service } = {};
  const stop = (signal: string) => {
    log.info({ signal }, 'Stopping');
    // What is stored is on disk; of a start nothing else is worth waiting for, and it may take minutes.
    if (running.service === undefined) process.exit(0);
    // Somebody who never reads an answer must not keep the service from ending.
    const longest = configuration.DRAIN_DELAY + configuration.DRAIN_TIMEOUT + 10;
    setTimeout(() => {
      log.error({ seconds: longest }, 'Stopping took too long; what was still under way is given up');
      process.exit(1);
    }, longest * 1_000).unref();
    running.service.stop().then(
      () => log.info({}, 'Stopped'),
      (error: unknown) => {
        log.error({ err: error }, 'Stopping failed');
        process.exitCode = 1;
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  const service = await startService(configuration, log);
  running.service = service;
  if (service.createdApiKey !== undefined) {
    process.stdout.write(`\nThe key of the API, shown this once: ${service.createdApiKey}\n\n`);
  }
  log.info(aboutService(service, configuration), 'Ready');
  if (configuration.CHARGE_BOX_REGISTRATION === 'open')
    log.warn({}, 'Every charge box is served: CHARGE_BOX_REGISTRATION is open');
  if (configuration.EVENT_STORE === 'memory') log.warn({}, 'Everything is forgotten at the end: EVENT_STORE is memory');
}

main().catch((error: unknown) => {
  const known = errorCode(error);
  process.stderr.write(
    known === undefined
      ? `The start failed: ${String((error as Error).stack ?? error)}\n`
      : `${(error as Error).message}\n`,
  );
  process.exitCode = 1;
  // Who restarts the service waits for its end.
  setTimeout(() => process.exit(1), graceOfFailure).unref();
});
