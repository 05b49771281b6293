import type { FastifyInstance } from 'fastify';

/** One operation that the HTTP server answers: `/api/charge-boxes/:identity`. */
export interface Route {
  readonly method: string;
  readonly path: string;
}

/** What the HTTP server answers, noted as it is registered. */
export class Routes {
  readonly all: Route[] = [];
  private readonly patterns = new Map<string, RegExp>();

  note(methods: string | readonly string[], path: string): void {
    for (const method of [methods].flat()) this.all.push({ method, path });
    this.patterns.set(path, patternOf(path));
  }

  /** Methods that the path of a URL serves. */
  methodsAt(url: string): readonly string[] {
    const path = url.split('?', 1)[0] ?? '';
    const matching = this.all.filter((route) => this.patterns.get(route.path)?.test(path));
    return [...new Set(matching.map(({ method }) => method))].sort();
  }
}

function patternOf(path: string): RegExp {
  const segments = path.split('/').map((segment) => {
    if (segment.startsWith(':')) return '[^/]+';
    return segment.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  });
  return new RegExp(`^${segments.join('/')}$`);
}

/** Notes every route that is registered from now on. */
export function routesOf(server: FastifyInstance): Routes {
  const routes = new Routes();
  server.addHook('onRoute', ({ method, url }) => routes.note(method, url));
  return routes;
}
