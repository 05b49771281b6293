import { z } from 'zod';
import { named } from '../schema-documents';

/** Describes a row; a field that is missing, or of another type, does not compile. */
export const described = <Row>(fields: { readonly [Field in keyof Row]-?: z.ZodType<Row[Field]> }) => z.object(fields);

/** One page of a list of rows. */
export const page = <Row extends z.ZodType>(row: Row, id: string) =>
  named(
    z.object({
      rows: z.array(row),
      next: z.string().optional().meta({ description: '`cursor` of the next page; absent on the last.' }),
    }),
    id,
    { description: 'A page of a list.' },
  );
