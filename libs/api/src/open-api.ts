import type { INestApplication } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { namedSchemas } from './schema-documents';

/** Where the documentation is; its JSON is at the same path with `-json`. */
export const docsPath = '/api/docs';

const about = [
  'Every operation under `/api` needs the key: `Authorization: Bearer <key>`.',
  'What goes wrong is told as `application/problem+json` (RFC 9457), with all violations at once.',
  'Lists come in pages: `next` of one is `cursor` of the following.',
  'A change is answered when the read models show it, so that what is read next has it; 202 when that takes longer than two seconds.',
  'Any request may send the `X-Position` of an earlier answer: it is served once the read models show everything up to there, at whichever instance it arrives; 503 when that takes longer than five seconds.',
  'Identities and idTags in paths are percent-encoded.',
].join('\n\n');

/** The OpenAPI document of all operations that the application has. */
export function openApiOf(app: INestApplication, version: string): OpenAPIObject {
  const settings = new DocumentBuilder()
    .setTitle('OCPP Central System')
    .setDescription(about)
    .setVersion(version)
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'The API key.' }, 'key')
    .addSecurityRequirements('key')
    .build();
  const document = SwaggerModule.createDocument(app, settings, {
    operationIdFactory: (controller, method) => method + controller.replace(/Controller$/, ''),
  });
  const { components } = document;
  return { ...document, components: { ...components, schemas: { ...components?.schemas, ...namedSchemas() } } };
}

export function serveDocs(app: INestApplication, document: OpenAPIObject): void {
  SwaggerModule.setup(docsPath.slice(1), app, document, {
    raw: ['json'],
    customSiteTitle: 'OCPP Central System API',
    swaggerOptions: { persistAuthorization: false },
  });
}
