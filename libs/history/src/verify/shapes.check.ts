import {
  heartbeatPrefix,
  idTagPrefix,
  isOfWebhooks,
  presetPrefix,
  snapshotPrefix,
  statePrefix,
  chargeBoxEventSchemas,
  idTagEventSchemas,
  presetEventSchemas,
  streamOf,
  telemetryPrefix,
  webhookEventSchemas,
} from '@app/charge-box';
import type { ChargeBoxEventType } from '@app/charge-box';
import type { RecordedEvent } from '@app/kernel';
import { knownSchemas, snapshotType } from '../selection';
import type { Check, Finding } from './check';
import { placeOf } from './check';

const newer = 'Read this history with the version of the program that wrote it, or a later one.';
const foreign =
  'Somebody else wrote it, or it was changed by hand. Export what you need without it (history export), or restore a backup.';

/** Every event is of a type and a version that are known, in a stream that holds its type. */
export const shapesCheck: Check = {
  name: 'shapes',
  doc: 'types and schema versions known, each in a stream of its kind, metadata whole',
  begin: (_evidence, report) => ({
    take: (event) => {
      const fault = faultOf(event);
      if (fault !== undefined) report({ ...fault, place: placeOf(event) });
    },
  }),
};

type Fault = Omit<Finding, 'place'>;

function faultOf(event: RecordedEvent): Fault | undefined {
  const { type, stream, metadata } = event;
  if (type === snapshotType && stream.startsWith(snapshotPrefix)) return undefined;
  const known = Object.hasOwn(knownSchemas, type) ? knownSchemas[type] : undefined;
  if (known === undefined)
    return { code: 'unknown-type', what: `The type ${type} is not known.`, todo: `${newer} Or: ${foreign}` };
  const { schema, receivedAt } = metadata;
  if (!Number.isSafeInteger(schema) || schema < 1)
    return { code: 'no-version', what: `${type} says no version of its schema.`, todo: foreign };
  if (schema > known)
    return {
      code: 'newer-version',
      what: `${type} has version ${schema} of its schema; ${known} is known here.`,
      todo: newer,
    };
  if (Number.isNaN(Date.parse(receivedAt)))
    return { code: 'no-time', what: `${type} does not say when it was received.`, todo: foreign };
  return isAtHome(type, stream)
    ? undefined
    : { code: 'misplaced', what: `${type} stands in a stream of another kind.`, todo: foreign };
}

function isAtHome(type: string, stream: string): boolean {
  if (Object.hasOwn(chargeBoxEventSchemas, type)) return stream.startsWith(prefixOf(type as ChargeBoxEventType));
  if (Object.hasOwn(idTagEventSchemas, type)) return stream.startsWith(idTagPrefix);
  if (Object.hasOwn(webhookEventSchemas, type)) return isOfWebhooks(stream);
  return Object.hasOwn(presetEventSchemas, type) ? stream.startsWith(presetPrefix) : true;
}

function prefixOf(type: ChargeBoxEventType): string {
  return { state: statePrefix, telemetry: telemetryPrefix, heartbeats: heartbeatPrefix }[streamOf(type)];
}
