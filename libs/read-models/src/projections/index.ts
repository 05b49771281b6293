import type { Projection } from '../projection';
import { chargeBoxes } from './charge-boxes.projection';
import { connectors } from './connectors.projection';
import { configuration } from './configuration.projection';
import { idTags } from './id-tags.projection';
import { operationsProjection } from './operations.projection';
import { orphans } from './orphans.projection';
import { presets } from './presets.projection';
import { requestsProjection } from './requests.projection';
import { reservations } from './reservations.projection';
import { tasks } from './tasks.projection';
import { transactions } from './transactions.projection';

/** Every projection with rows of its own. Readings, quirks and addresses only ever grow; the engine appends them. */
export const projections = [
  chargeBoxes,
  connectors,
  transactions,
  orphans,
  idTags,
  operationsProjection,
  requestsProjection,
  reservations,
  configuration,
  presets,
  tasks,
] as readonly Projection<never>[] as readonly Projection<object>[];
