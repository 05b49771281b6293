import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

export const root = join(__dirname, '../..');
export const text = (file: string): string => readFileSync(join(root, file), 'utf8');

/** Any part of a YAML file. */
export type Node = Record<string, unknown>;

/** Every document of a YAML file. Throws at what is not YAML. */
export function documents(yaml: string): readonly Node[] {
  return parseAllDocuments(yaml, { merge: true }).map((document) => {
    const [fault] = [...document.errors, ...document.warnings];
    if (fault !== undefined) throw fault;
    return document.toJS() as Node;
  });
}

export const composeFiles = ['single', 'eventstore', 'cluster'].map((name) => `deploy/compose.${name}.yaml`);
/** The secret itself is the operator's own. */
export const manifests = readdirSync(join(root, 'deploy/kubernetes'))
  .filter((name) => name !== 'secret.yaml')
  .map((name) => `deploy/kubernetes/${name}`);

export interface ComposeService {
  readonly image: string;
  readonly build?: unknown;
  readonly user?: string;
  readonly privileged?: boolean;
  readonly read_only?: boolean;
  readonly cap_add?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly mem_limit?: string;
  readonly restart?: string;
  readonly stop_grace_period?: string;
  readonly ports?: readonly string[];
  readonly network_mode?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export function servicesOf(yaml: string): readonly (readonly [string, ComposeService])[] {
  return documents(yaml).flatMap(({ services }) => Object.entries(services as Record<string, ComposeService>));
}
