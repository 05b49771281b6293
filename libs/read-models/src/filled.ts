import { setImmediate as immediate } from 'node:timers/promises';
import type { Page, Paging } from './queries';

/** Steps to the rows of one page; after two million rows the caller may ask on. */
const mostSteps = 1_000;

/** A page made of as many short ones as it takes. Between them others have their turn. */
export async function filled<Row>(paging: Paging, step: (paging: Paging) => Page<Row>): Promise<Page<Row>> {
  let page = step(paging);
  const rows = [...page.rows];
  for (let steps = 1; page.next !== undefined && rows.length < paging.limit && steps < mostSteps; steps += 1) {
    await immediate();
    page = step({ limit: paging.limit - rows.length, cursor: page.next });
    rows.push(...page.rows);
  }
  return page.next === undefined ? { rows } : { rows, next: page.next };
}
