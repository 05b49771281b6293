import type { FeedFilter, Feeds } from '@app/feeds';
import { feedFilters, feedNames, ownFeedFilters } from '@app/feeds';
import { Controller, Get, Inject, OnModuleDestroy, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { InputOf } from './endpoint';
import { Described, Input } from './endpoint';
import { formatOf, openConnection } from './feed-connection';
import { followEvents, followProjection, listFeeds } from './feeds.endpoints';
import type { ApiOptions } from './options';
import { API_OPTIONS } from './options';
import { Problem } from './problem';
import { feedRows } from './schemas/feeds';

interface FeedQuery extends FeedFilter {
  readonly after?: string | undefined;
  readonly until?: 'caught-up' | undefined;
  readonly from?: 'now' | undefined;
}

interface Connection {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

@Controller('feeds')
export class FeedsController implements OnModuleDestroy {
  constructor(@Inject(API_OPTIONS) private readonly options: ApiOptions) {}

  @Get()
  @Described(listFeeds)
  list() {
    const rows = feedNames.map((name) => ({
      name,
      href: `/api/feeds/${name}`,
      filters: feedFilters[name],
      columns: Object.keys(feedRows[name].shape),
    }));
    const own = (this.options.feeds?.own() ?? []).map(({ name, columns, version }) => ({
      name,
      href: `/api/feeds/${name}`,
      filters: ownFeedFilters,
      columns,
      version,
    }));
    return { rows: [...rows, ...own] };
  }

  @Get('events')
  @Described(followEvents)
  events(
    @Input(followEvents) { query }: InputOf<typeof followEvents>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.follow('events', query, { request, reply });
  }

  @Get(':projection')
  @Described(followProjection)
  projection(
    @Input(followProjection) { path, query }: InputOf<typeof followProjection>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.follow(path.projection, query, { request, reply });
  }

  /** Feeds never end by themselves, and the server would wait for them. */
  onModuleDestroy(): void {
    this.options.feeds?.close();
  }

  private async follow(
    name: string,
    { after, until, from, ...filter }: FeedQuery,
    { request, reply }: Connection,
  ): Promise<void> {
    const feeds = this.openFeeds();
    requireFilters(feeds.filtersOf(name), filter);
    const format = formatOf(request.headers.accept);
    const last = request.headers['last-event-id'];
    const opening = await feeds.open(name, {
      filter,
      format,
      untilCaughtUp: until !== undefined,
      fromNow: from === 'now',
      after: typeof last === 'string' && last !== '' ? last : after,
    });
    if (request.raw.destroyed) return;
    const leave = opening.follow(openConnection(reply, format));
    reply.raw.once('close', leave);
  }

  private openFeeds(): Feeds {
    const { feeds } = this.options;
    if (feeds !== undefined && !feeds.isFull) return feeds;
    const detail = 'There are as many subscribers as there may be. Try again, or raise FEED_SUBSCRIBERS.';
    throw new Problem('unavailable', detail, { headers: { 'retry-after': '5' } });
  }
}

function requireFilters(known: readonly string[] | undefined, filter: FeedFilter): void {
  if (known === undefined) throw new Problem('not-found', 'No such feed is known. GET /api/feeds lists them.');
  const unknown = Object.entries(filter).filter(([field, value]) => value !== undefined && !known.includes(field));
  if (unknown.length === 0) return;
  const message = `This feed can be chosen from by ${known.join(', ')}.`;
  const violations = unknown.map(([path]) => ({ in: 'query' as const, path, code: 'unknown', message }));
  throw new Problem('invalid-request', undefined, { violations });
}
