import type { CentralSystemOperation } from '@app/ocpp';
import { ocpp15 } from '@app/ocpp';
import { z } from 'zod';

export const centralSystemOperations = Object.keys(ocpp15.centralSystem.operations) as [
  CentralSystemOperation,
  ...CentralSystemOperation[],
];

/** Who answers requests of charge boxes, by operation. */
export const answers = z
  .partialRecord(z.enum(centralSystemOperations), z.enum(['automatic', 'delegated']))
  .meta({ description: 'Who answers, by operation.', example: { Authorize: 'delegated' } });
