import type { OwnProjectionRow, OwnRow } from '@app/read-models';
import { z } from 'zod';
import { named } from '../schema-documents';
import { anyObject, paging } from './fields';
import { described, page } from './shapes';

// Projections that live outside of the service.

const name = z.string().min(1).max(100).meta({ description: 'Name of the projection.', example: 'energy-by-day' });

export const ownPath = z.strictObject({ name });
export const ownRowPath = z.strictObject({
  name,
  key: z
    .string()
    .min(1)
    .max(1_000)
    .meta({ description: 'Key of the row, percent-encoded.', example: '2026-03-01 CB-0001' }),
});

/** Besides these, any column that the projection declares. */
export const ownRowsQuery = z.object(paging).catchall(z.string().max(1_000));

const ownProjection = named(
  described<OwnProjectionRow>({
    file: z.string(),
    name: z.string().optional().meta({ description: 'Absent as long as its file could not be read.' }),
    version: z.int().optional(),
    columns: z.array(z.string()).readonly().optional().meta({ description: 'By these its rows can be asked for.' }),
    state: z
      .enum(['loading', 'building', 'running', 'stopped'])
      .meta({ description: '`building` until its rows have shown everything once; `stopped`: it does not go on.' }),
    position: z.string().meta({ description: 'Up to where its rows show the log.' }),
    rows: z.int().meta({ description: 'Counted up to 100000.' }),
    lag: z.int().meta({ description: 'Seconds since its rows last showed everything; 0 while they do.' }),
    skipped: z.int().meta({ description: 'Events that it could not take.' }),
    fault: z.string().optional().meta({ description: 'Why it does not go on.' }),
  }),
  'OwnProjection',
  {
    description: 'How a projection that lives outside of the service is doing.',
    example: {
      file: 'energy-by-day.cjs',
      name: 'energy-by-day',
      version: 1,
      columns: ['identity', 'day'],
      state: 'running',
      position: '0000000000001234',
      rows: 31,
      lag: 0,
      skipped: 0,
    },
  },
);
export const ownProjectionList = named(z.object({ rows: z.array(ownProjection) }), 'OwnProjectionList', {
  description: 'All projections of the folder PROJECTIONS_DIR.',
});

export const ownRow = named(described<OwnRow>({ key: z.string(), row: anyObject }), 'OwnRow', {
  description: 'A row of a projection that lives outside of the service.',
  example: { key: '2026-03-01 CB-0001', row: { identity: 'CB-0001', day: '2026-03-01', energy: 3500 } },
});
export const ownRowPage = page(ownRow, 'OwnRowPage');
