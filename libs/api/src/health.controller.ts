import { Controller, Get, Header, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Described, endpoint } from './endpoint';
import type { ApiOptions, ReadinessReport } from './options';
import { API_OPTIONS } from './options';
import { live, readiness } from './schemas/answers';

const tag = 'Service';

const showLive = endpoint({
  tag,
  summary: 'Tells that the process runs.',
  answers: { 200: { description: 'It runs.', schema: live } },
  problems: [],
  open: true,
});

const showReady = endpoint({
  tag,
  summary: 'Tells whether the service can do its work.',
  answers: {
    200: { description: 'It can.', schema: readiness },
    503: { description: 'It cannot; the checks tell why.', schema: readiness },
  },
  problems: [],
  open: true,
});

const showMetrics = endpoint({
  tag,
  summary: 'Gives every figure of the service.',
  description: 'Needs the key unless the service is set to show its figures to everybody.',
  answers: { 200: { description: 'The figures, as Prometheus reads them.', text: 'text/plain' } },
  problems: [],
});

/** What watches over the service ask. None of it is under `/api`. */
@Controller()
export class HealthController {
  constructor(@Inject(API_OPTIONS) private readonly options: ApiOptions) {}

  @Get('health/live')
  @Described(showLive)
  live() {
    return { status: 'live' };
  }

  @Get('health/ready')
  @Described(showReady)
  async ready(@Res({ passthrough: true }) reply: FastifyReply) {
    const { ready, checks } = await this.report();
    void reply.code(ready ? 200 : 503);
    return { status: ready ? 'ready' : 'not-ready', version: this.options.version, checks };
  }

  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  @Described(showMetrics)
  metrics(): Promise<string> {
    return this.options.metrics();
  }

  private async report(): Promise<ReadinessReport> {
    try {
      return await this.options.readiness();
    } catch {
      return { ready: false, checks: { readiness: { status: 'down', detail: 'The checks failed.' } } };
    }
  }
}

/** Paths outside `/api`. */
export const unprefixed = ['health/live', 'health/ready', 'metrics'];
