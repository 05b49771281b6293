import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** The schema inside a WSDL, as a document of its own. */
export function schemaOf(wsdl: string): string {
  const schema = /<(\w+):schema\b[\s\S]*?<\/\1:schema>/.exec(wsdl)?.[0];
  const root = /<\w+:definitions\b[^>]*>/.exec(wsdl)?.[0];
  if (schema === undefined || root === undefined) throw new Error('The WSDL holds no schema.');
  const declared = [...root.matchAll(/xmlns:(\w+)="([^"]*)"/g)].filter(
    ([, prefix]) => !schema.slice(0, schema.indexOf('>')).includes(`xmlns:${prefix}=`),
  );
  return schema.replace(/^<\w+:schema/, (open) => `${open} ${declared.map(([text]) => text).join(' ')}`);
}

/** The child of the Body of an envelope, as a document of its own with the declarations that it needs. */
export function bodyOf(envelope: string): string {
  const body = /<(\w+:)?Body\b[^>]*>([\s\S]*)<\/\1?Body>/.exec(envelope)?.[2]?.trim();
  if (body === undefined) throw new Error(`There is no Body: ${envelope.slice(0, 200)}`);
  const declared = [...envelope.slice(0, envelope.indexOf(body)).matchAll(/xmlns:(\w+)="[^"]*"/g)].map(
    ([text]) => text,
  );
  const missing = [...new Set(declared)].filter(
    (text) => !body.slice(0, body.indexOf('>')).includes(text.split('=')[0] ?? ''),
  );
  return body.replace(/^<[\w:.-]+/, (open) => `${open} ${missing.join(' ')}`);
}

/** What a schema has against each document; empty text where it has nothing. */
export function schemaFaults(schema: string, documents: readonly string[]): readonly string[] {
  const child = spawnSync(process.execPath, [join(__dirname, 'xsd-process.mjs')], {
    input: JSON.stringify({ schema, documents }),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (child.status !== 0) throw new Error(`The validator failed: ${child.stderr}`);
  return JSON.parse(child.stdout) as readonly string[];
}
