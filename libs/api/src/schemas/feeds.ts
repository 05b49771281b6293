import type { FeedName } from '@app/feeds';
import { feedNames, projectionFeeds } from '@app/feeds';
import type { ProjectionFeedName } from '@app/feeds';
import { z } from 'zod';
import { named, schemaOf } from '../schema-documents';
import { recordedEvent } from './answers';
import { operationRow, preset } from './commands';
import { configurationEntry, reservation } from './consequences';
import { requestRow } from './delegation';
import { connectorId, ofBox, transactionId } from './fields';
import { chargeBox, connector, idTagRow, meterValue, quirk } from './rows';
import { orphan, transaction } from './transaction-rows';

// What can be followed, and how.

/** What the messages of a feed are about. */
export const feedRows: Readonly<Record<FeedName, z.ZodObject>> = {
  'charge-boxes': chargeBox,
  connectors: connector,
  transactions: transaction,
  'meter-values': meterValue,
  'id-tags': idTagRow.omit({ openTransactions: true }),
  commands: operationRow,
  requests: requestRow,
  reservations: reservation,
  configuration: configurationEntry,
  presets: preset,
  quirks: quirk.omit({ meaning: true }).extend({ identity: z.string() }),
  orphans: orphan,
  events: recordedEvent,
};

/** The same as JSON Schema. */
export const feedRowSchemas = (): Readonly<Record<string, object>> =>
  Object.fromEntries(Object.entries(feedRows).map(([name, row]) => [name, schemaOf(row)]));

const list = (about: string) =>
  z
    .preprocess(
      (value) => (typeof value === 'string' ? value.split(',') : value),
      z.array(z.string().min(1).max(100)).max(100),
    )
    .optional()
    .meta({ description: `Only ${about}; with commas or repeated.` });

const how = {
  after: z.string().max(8_000).optional().meta({
    description: 'Id of the last message that was got. The header Last-Event-ID stands above it.',
  }),
  until: z
    .enum(['caught-up'])
    .optional()
    .meta({ description: '`caught-up`: the answer ends once everything that there is was told.' }),
};

const chosen = { identity: ofBox, connectorId: connectorId.optional(), transactionId: transactionId.optional() };

export const projectionFeedQuery = z.strictObject({
  ...chosen,
  id: z.string().min(1).max(1_000).optional().meta({ description: 'Only the row of this id.' }),
  command: list('these operations'),
  ...how,
});
export const eventFeedQuery = z.strictObject({
  ...chosen,
  type: list('these types of events'),
  ...how,
  from: z
    .enum(['now'], {
      error: '`now` is all that this may be. To go on from a place, give the id of a message as `after`.',
    })
    .optional()
    .meta({ description: '`now`: leaves out what is recorded already. An id of a message stands above it.' }),
});

const projections = Object.keys(projectionFeeds) as [ProjectionFeedName, ...ProjectionFeedName[]];
export const feedPath = z.strictObject({
  projection: z
    .union([z.enum(projections), z.string().regex(/^[a-z][a-z0-9_-]{0,40}$/)])
    .meta({ description: 'What is followed: one of these, or a projection of your own.', example: 'transactions' }),
});

export const feedList = named(
  z.object({
    rows: z.array(
      z.object({
        name: z.union([z.enum(feedNames), z.string()]),
        href: z.string(),
        filters: z.array(z.string()),
        columns: z.array(z.string()).meta({ description: 'Its fields; of a projection of your own, its columns.' }),
        version: z.int().optional().meta({ description: 'Of a projection of your own.' }),
      }),
    ),
  }),
  'FeedList',
  {
    description: 'Everything that can be followed: how it may be chosen from, and what fields it has.',
    example: {
      rows: [
        {
          name: 'connectors',
          href: '/api/feeds/connectors',
          filters: ['identity', 'connectorId'],
          columns: ['identity', 'connectorId', 'status', 'errorCode', 'since'],
        },
      ],
    },
  },
);
