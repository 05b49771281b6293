import { z } from 'zod';
import { named } from '../schema-documents';
import { page } from './shapes';
import { chargeBox, connector, idTagRow, meterValue } from './rows';
import { orphan, transaction } from './transaction-rows';

export const chargeBoxPage = page(chargeBox, 'ChargeBoxPage');
export const transactionPage = page(transaction, 'TransactionPage');
export const orphanPage = page(orphan, 'OrphanPage');
export const meterValuePage = page(meterValue, 'MeterValuePage');
export const idTagPage = page(idTagRow, 'IdTagPage');
export const connectorList = named(z.object({ rows: z.array(connector) }), 'ConnectorList', {
  description: 'The connectors of a charge box.',
});

export const recordedEvent = named(
  z.object({
    id: z.string(),
    type: z.string(),
    data: z.record(z.string(), z.unknown()),
    metadata: z.record(z.string(), z.unknown()),
    stream: z.string(),
    revision: z.int(),
    position: z.string(),
    recordedAt: z.iso.datetime(),
  }),
  'RecordedEvent',
  {
    description: 'An event as the log has it.',
    example: {
      id: '0b6c2a3e-58d1-4e0c-8a2f-3f3b1f0a9c11',
      type: 'HeartbeatReceived',
      data: { at: '2026-03-01T09:30:00.000Z' },
      metadata: { schema: 1, actor: 'charge-box' },
      stream: 'chargeBoxHeartbeats-CB-0001',
      revision: 41,
      position: '0000000000001234',
      recordedAt: '2026-03-01T09:30:00.002Z',
    },
  },
);
export const eventPage = page(recordedEvent, 'EventPage');

export const pending = named(z.object({ position: z.string().optional() }), 'Pending', {
  description: 'The change is recorded; the read models do not show it yet.',
  example: { position: '0000000000001234' },
});

export const importCounts = named(
  z.object({ created: z.int(), changed: z.int(), unchanged: z.int() }),
  'ImportCounts',
  { description: 'What an import did.', example: { created: 120, changed: 3, unchanged: 877 } },
);

export const erasure = named(
  z.object({
    removed: z.boolean().meta({ description: 'It was among the known idTags.' }),
    tokens: z.int().meta({ description: 'Tokens in the history that mean nothing any more.' }),
    pseudonym: z.string().optional().meta({ description: 'Stands in its place from now on, letter case aside.' }),
    captures: z.int().meta({ description: 'Captured messages that had it in clear and were removed.' }),
    purged: z.boolean().meta({ description: 'False where the store forgets at its next scavenge.' }),
  }),
  'Erasure',
  {
    description: 'What was erased of an idTag.',
    example: { removed: true, tokens: 2, pseudonym: 'erased-0f3a9c51d2e4', captures: 0, purged: true },
  },
);

export const live = named(z.object({ status: z.literal('live') }), 'Live', {
  description: 'The process runs.',
  example: { status: 'live' },
});

export const readiness = named(
  z.object({
    status: z.enum(['ready', 'not-ready']),
    version: z.string(),
    checks: z.record(
      z.string(),
      z.object({ status: z.enum(['up', 'down']), lag: z.number().optional(), detail: z.string().optional() }),
    ),
  }),
  'Readiness',
  {
    description: 'Whether the service can do its work.',
    example: {
      status: 'ready',
      version: '0.1.0',
      checks: { store: { status: 'up' }, readModels: { status: 'up', lag: 0 } },
    },
  },
);

named(
  z.object({
    type: z.string().meta({ format: 'uri-reference', description: 'Stable code as a relative URI.' }),
    status: z.int(),
    title: z.string(),
    detail: z.string(),
    violations: z
      .array(
        z.object({
          in: z.enum(['path', 'query', 'header', 'body']),
          path: z.string(),
          message: z.string(),
          code: z.string(),
          line: z.int().optional(),
          column: z.string().optional(),
        }),
      )
      .optional(),
    violationCount: z.int().optional(),
    requestId: z.string(),
  }),
  'Problem',
  { description: 'Why a request is not served (RFC 9457).' },
);
