export { apiAdapter } from './adapter';
export type { AdapterOptions } from './adapter';
export { ApiModule } from './api.module';
export { loadOrCreateApiKey } from './api-key';
export type { ApiKey, ApiKeySource } from './api-key';
export { configureApi, createApi } from './configure-api';
export type { CreateApiOptions } from './configure-api';
export { openApiOf } from './open-api';
export type { ApiOptions, KeyVerifier, ReadinessCheck, ReadinessReport } from './options';
