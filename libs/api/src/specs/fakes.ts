import type { Page, Paging } from '@app/read-models';
import type { Commanded, InvalidAnswer } from '@app/runtime';
import type { Provider, Type } from '@nestjs/common';
import { Inject } from '@nestjs/common';
import { CommandHandler, QueryHandler } from '@nestjs/cqrs';
import type { Sides } from './fake-sides';

/** Injection token of the sides. */
export const SIDES = Symbol('Sides');

/** What a command comes to; `undefined` for done. */
export type Told = Commanded | InvalidAnswer;

/** A page of rows whose cursors are the numbers of rows. */
export function page<Row>(rows: readonly Row[], { limit, cursor }: Paging): Page<Row> {
  const from = Number(cursor ?? 0);
  const next = from + limit < rows.length ? { next: String(from + limit) } : {};
  return { rows: rows.slice(from, from + limit), ...next };
}

/** A handler of a query over the sides. */
export function answering<Asked extends object>(
  query: Type<Asked>,
  answer: (query: Asked, sides: Sides) => unknown,
): Provider {
  @QueryHandler(query)
  class Handler {
    constructor(@Inject(SIDES) private readonly sides: Sides) {}

    async execute(asked: Asked): Promise<unknown> {
      this.sides.ask(asked);
      return answer(asked, this.sides);
    }
  }
  return Handler;
}

/** A handler of a command over the sides. */
export function telling<Given extends object>(
  command: Type<Given>,
  work: (command: Given, sides: Sides) => Told | void,
): Provider {
  @CommandHandler(command)
  class Handler {
    constructor(@Inject(SIDES) private readonly sides: Sides) {}

    async execute(given: Given): Promise<Told> {
      return this.sides.tell(given, () => work(given, this.sides));
    }
  }
  return Handler;
}
