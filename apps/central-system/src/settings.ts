import type { ApiOptions } from '@app/api';
import type { CaptureSettings } from '@app/capture';
import type { EgressSettings } from '@app/egress';
import { egressDefaults, overrideFault } from '@app/egress';
import type { FeedsSettings } from '@app/feeds';
import type { IngressSettings } from '@app/ingress';
import type { RuntimeSettings } from '@app/runtime';
import type { WebhookLimits } from '@app/webhooks';
import { webhookDefaults } from '@app/webhooks';
import type { Configuration } from './configuration';

/** The part of the configuration that steers decisions. */
export function runtimeSettings(configuration: Configuration): RuntimeSettings {
  const { OUTBOUND_PEER_PORT: port } = configuration;
  return {
    policy: {
      registration: configuration.CHARGE_BOX_REGISTRATION,
      heartbeatInterval: configuration.HEARTBEAT_INTERVAL,
      maximumPower: configuration.MAX_CONNECTOR_POWER,
    },
    idTagPolicy: configuration.ID_TAG_POLICY,
    vendors: configuration.DATA_TRANSFER_VENDORS,
    cachedChargeBoxes: configuration.CACHED_CHARGE_BOXES,
    maximumCandidates: configuration.MAX_CANDIDATES,
    keptHeartbeats: configuration.KEPT_HEARTBEATS,
    responseDeadline: configuration.RESPONSE_DEADLINE,
    outbound: {
      concurrent: configuration.OUTBOUND_CONCURRENT,
      ...(port === undefined ? {} : { peer: { port, path: configuration.OUTBOUND_PEER_PATH } }),
    },
  };
}

/** The part of the configuration that says how charge boxes are called. */
export function egressSettings(configuration: Configuration): EgressSettings {
  return {
    ...egressDefaults,
    connectTimeout: configuration.OUTBOUND_CONNECT_TIMEOUT * 1_000,
    maximumAnswer: configuration.OUTBOUND_MAX_ANSWER,
  };
}

/** The part of the configuration that the API needs. */
export function apiSettings(configuration: Configuration): Pick<ApiOptions, 'commandTimeToLive' | 'overrideFault'> {
  return {
    commandTimeToLive: configuration.COMMAND_TIME_TO_LIVE,
    overrideFault: (url) => overrideFault(url, configuration.OUTBOUND_ALLOW),
  };
}

/** The part of the configuration that bounds those who follow feeds. */
export function feedsSettings(configuration: Configuration): Partial<FeedsSettings> {
  return { most: configuration.FEED_SUBSCRIBERS, patience: configuration.FEED_PATIENCE * 1_000 };
}

/** The part of the configuration that bounds what is done for webhooks. */
export function webhookLimits(configuration: Configuration): WebhookLimits {
  return {
    ...webhookDefaults,
    attempts: configuration.WEBHOOK_ATTEMPTS,
    timeout: configuration.WEBHOOK_TIMEOUT * 1_000,
    retryAfter: configuration.WEBHOOK_RETRY_AFTER * 1_000,
  };
}

/** The part of the configuration that steers the listener for charge boxes. */
export function ingressSettings(configuration: Configuration): IngressSettings {
  return {
    host: configuration.SOAP_HOST,
    port: configuration.SOAP_PORT,
    path: configuration.SOAP_PATH,
    strict: configuration.OCPP_STRICT,
    maximumBody: configuration.MAX_BODY,
    maximumDecompressedBody: configuration.MAX_DECOMPRESSED_BODY,
    maximumBodies: Math.max(configuration.MAX_BODIES, configuration.MAX_BODY + configuration.MAX_DECOMPRESSED_BODY),
    receiveTimeout: configuration.RECEIVE_TIMEOUT * 1_000,
    keepAliveTimeout: configuration.KEEP_ALIVE_TIMEOUT * 1_000,
    silenceTimeout: (configuration.RESPONSE_DEADLINE + 60) * 1_000,
    maximumConnections: configuration.MAX_CONNECTIONS,
    maximumInFlight: configuration.MAX_IN_FLIGHT,
    faultStatus: configuration.FAULT_STATUS,
    unrecorded: configuration.UNRECORDED,
    logIdTags: configuration.LOG_ID_TAGS,
    proxies: configuration.TRUST_PROXY,
  };
}

/** The part of the configuration that says which messages are kept, and for how long. */
export function captureSettings(configuration: Configuration): CaptureSettings {
  return {
    mode: configuration.CAPTURE,
    milliseconds: configuration.CAPTURE_FOR * 3_600_000,
    bytes: configuration.CAPTURE_LIMIT * 1024 * 1024,
    idTags: configuration.CAPTURE_ID_TAGS,
  };
}
